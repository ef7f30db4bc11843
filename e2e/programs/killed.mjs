// Flushes one span, has another one waiting and is killed.
import * as SpanStream from '@spanstream/node';

SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, batching: { flushIntervalMs: 60_000, flushOnSegmentEndMs: 60_000 } });
const { tracing } = SpanStream;
const job = tracing.startSpan({ name: 'job', active: false });
tracing.startSpan({ name: 'flushed child', parentSpan: job }, () => {});
await SpanStream.flush();
tracing.startSpan({ name: 'waiting child', parentSpan: job }, () => {});
setInterval(() => {}, 1000);
console.log('ready');
