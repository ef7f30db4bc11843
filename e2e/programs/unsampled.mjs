// Very many spans that are not sampled: top-level ones and children in equal parts. Run with --expose-gc. Argument: how many.
import { setImmediate as turn } from 'node:timers/promises';
import * as SpanStream from '@spanstream/node';

const count = Number(process.argv[2]);
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 0 });
const { tracing } = SpanStream;

async function start(spans) {
  for (let index = 0; index < spans / 2; index++) {
    tracing.startSpan({ name: 'root', attributes: { index } }, () =>
      tracing.startSpan({ name: 'child', active: false }).setAttribute('index', index).end(),
    );
    if (index % 5000 === 0) await turn();
  }
}

async function settledHeap() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

await start(20_000);
const before = await settledHeap();
const startMs = performance.now();
await start(count);
const ms = performance.now() - startMs;
console.log(JSON.stringify({ heapGrowth: (await settledHeap()) - before, ms, stats: client.stats() }));
