import { manualChild, nameOf } from './spans.mjs';

export const size = { traces: 200, spans: 500 };
export const adapterOptions = { retain: true };
export const nodeFlags = ['--expose-gc'];

// Node counts array buffers within `external` already.
const heap = () => {
  for (let i = 0; i < 4; i += 1) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

export async function run({ adapter, job: { size }, sleep }) {
  // Code, inline caches and id pools exist before the scale is set to zero; these spans stay unsent as well.
  const warm = adapter.startManualRoot('warm');
  for (let i = 0; i < 200; i += 1) manualChild(adapter, warm, i);
  const roots = Array.from({ length: size.traces }, (_, i) => adapter.startManualRoot(nameOf(i)));
  await sleep(20);
  const before = heap();
  for (const root of roots) for (let i = 0; i < size.spans; i += 1) manualChild(adapter, root, i);
  const after = heap();
  const spans = size.traces * size.spans;
  const stats = adapter.stats();
  return { bytesPerSpan: (after - before) / spans, expected: spans, stats, roots: roots.length };
}
