import * as Sentry from '@sentry/node';
import { report } from './report.mjs';

Sentry.init({ dsn: process.env.BENCH_DSN, release: 'bench@1.0.0', traceLifecycle: 'static', tracesSampleRate: 1 });
report();
