// Very many ended and sent children under one parent that stays open. Run with --expose-gc. Argument: how many.
import { setImmediate as turn } from 'node:timers/promises';
import * as SpanStream from '@spanstream/node';

const count = Number(process.argv[2]);
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
const { tracing } = SpanStream;
const parent = tracing.startSpan({ name: 'parent', active: false });

async function addChildren(children) {
  for (let index = 1; index <= children; index++) {
    tracing.startSpan({ name: 'child', parentSpan: parent, attributes: { index } }, () => {});
    if (index % 500 === 0) await turn();
  }
  await SpanStream.flush(60_000);
}

async function settledHeap() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

// The first ones pay for compiled code, connections and the log of recent outcomes, which has a fixed size.
await addChildren(20_000);
const before = await settledHeap();
const startMs = performance.now();
await addChildren(count);
const heapGrowth = (await settledHeap()) - before;
console.log(JSON.stringify({ heapGrowth, ms: performance.now() - startMs, open: client.openSpans().length, stats: client.stats() }));
parent.end();
