import { report } from './report.mjs';

Object.assign(process.env, {
  SENTRY_DSN: process.env.BENCH_DSN,
  SENTRY_RELEASE: 'bench@1.0.0',
  SENTRY_TRACE_LIFECYCLE: 'stream',
  SENTRY_TRACES_SAMPLE_RATE: '1',
});
await import('@spanstream/node/register');
report();
