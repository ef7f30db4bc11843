// One trace with very many spans. Argument: how many.
import { setImmediate as turn } from 'node:timers/promises';
import * as SpanStream from '@spanstream/node';

const count = Number(process.argv[2]);
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
const { tracing } = SpanStream;
const startMs = performance.now();
await tracing.startSpan({ name: 'root' }, async () => {
  for (let index = 1; index < count; index++) {
    tracing.startSpan({ name: 'child', attributes: { index } }, () => {});
    if (index % 500 === 0) await turn();
  }
});
const recordMs = performance.now() - startMs;
const flushed = await SpanStream.flush(30_000);
const { heapUsed, rss } = process.memoryUsage();
console.log(JSON.stringify({ recordMs, totalMs: performance.now() - startMs, flushed, heapUsed, rss, stats: client.stats() }));
