// Buffers many traces of one span each and sends them with one flush. Argument: how many.
import * as SpanStream from '@spanstream/node';

const count = Number(process.argv[2]);
const batching = { flushIntervalMs: 600_000, flushOnSegmentEndMs: 600_000 };
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, batching });
for (let index = 0; index < count; index++) SpanStream.tracing.startSpan({ name: `trace ${index}` }, () => {});
const { buffered } = client.stats();
const startMs = performance.now();
const flushed = await SpanStream.flush(30_000);
console.log(JSON.stringify({ buffered, flushed, flushMs: performance.now() - startMs, stats: client.stats() }));
