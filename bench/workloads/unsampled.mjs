import { activeTrace } from './spans.mjs';

export const size = { traces: 10_000, spans: 100 };
export const adapterOptions = { sampleRate: 0 };
export const nodeFlags = ['--expose-gc'];
const PASSES = 5;

const heap = () => {
  for (let i = 0; i < 4; i += 1) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

export async function run({ adapter, job: { size }, cpuUs, sleep }) {
  const work = async (traces) => {
    for (let i = 0; i < traces; i += 1) {
      activeTrace(adapter, i, size.spans);
      if (i % 100 === 99) await new Promise(setImmediate);
    }
  };
  const settled = async () => {
    await adapter.flush(10_000);
    await sleep(50);
    return heap();
  };
  await work(size.traces / 5);
  await settled();
  const cpu = cpuUs();
  await work(size.traces);
  const spent = cpuUs() - cpu;
  // What is kept for a span shows in each of some equal passes; compiled code, timers and the heap's own pages do not.
  const growth = [];
  let before = await settled();
  for (let pass = 0; pass < PASSES; pass += 1) {
    await work(size.traces);
    const after = await settled();
    growth.push(after - before);
    before = after;
  }
  const spans = size.traces * size.spans;
  const retained = growth.sort((a, b) => a - b)[PASSES >> 1];
  return { cpuUs: spent, usPerSpan: spent / spans, bytesPerSpan: retained / spans, expected: spans, stats: adapter.stats() };
}
