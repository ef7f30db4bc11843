// A busy service whose backend does not answer. Run with --expose-gc. Argument: JSON { seconds, tracesPerSecond, sampleEverySeconds, maxMemoryBytes }.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import * as SpanStream from '@spanstream/node';

const { seconds, tracesPerSecond = 1000, sampleEverySeconds = 1, maxMemoryBytes } = JSON.parse(process.argv[2]);
const SPANS_PER_TRACE = 5;
const TICK_MS = 50;
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, maxMemoryBytes });
const { tracing } = SpanStream;

function serveRequest(index) {
  tracing.startSpan({ name: 'GET /products/:id', attributes: { index } }, () => {
    for (let query = 1; query < SPANS_PER_TRACE; query++)
      tracing.startSpan({ name: 'SELECT products', attributes: { 'db.system.name': 'postgresql', query } }, () => {});
  });
}

async function sample(startMs) {
  globalThis.gc();
  await turn();
  const { heapUsed, rss } = process.memoryUsage();
  const { started, open, buffered, inFlight, delivered, dropped } = client.stats();
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const isBalanced = started === open + buffered + inFlight + delivered + lost;
  console.log(
    JSON.stringify({
      second: Math.round((performance.now() - startMs) / 1000),
      heapUsed,
      rss,
      started,
      buffered,
      inFlight,
      lost,
      isBalanced,
    }),
  );
}

const startMs = performance.now();
let served = 0;
let nextSampleMs = 0;
for (;;) {
  const elapsedMs = performance.now() - startMs;
  if (elapsedMs >= nextSampleMs) {
    await sample(startMs);
    nextSampleMs += sampleEverySeconds * 1000;
  }
  if (elapsedMs >= seconds * 1000) break;
  for (const due = (elapsedMs / 1000) * tracesPerSecond; served < due; served++) serveRequest(served);
  await sleep(TICK_MS);
}
const { dropped } = client.stats();
console.log(JSON.stringify({ served, spans: served * SPANS_PER_TRACE, dropped }));
process.exit();
