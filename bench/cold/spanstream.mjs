import { init } from '@spanstream/node';
import { report } from './report.mjs';

init({ dsn: process.env.BENCH_DSN, release: 'bench@1.0.0', traceLifecycle: 'stream', tracesSampleRate: 1 });
report();
