import { init, tracing } from '@spanstream/node/edge';

// A program that has nothing more to do, with a span that waits for its batch and a loss that waits for its report.
init({
  dsn: SETTINGS.dsn,
  traceLifecycle: 'stream',
  tracesSampleRate: 1,
  batching: { flushOnSegmentEndMs: 60_000, flushIntervalMs: 60_000 },
});
tracing.startSpan({ name: 'waiting' }, () => {});
tracing.startSpan({ name: 'nothing', onlyIfParent: true }, () => {});
console.log('done');
