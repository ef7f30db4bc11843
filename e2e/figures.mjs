/** Measures what the rules promise in numbers and prints a table: `node figures.mjs [--long]`; `--long` adds a minute with the backend down. */
import { measureBackendDown, measureManyTraces, measureOneTrace, measureOpenParent, measureUnsampled } from './volume/measure.mjs';

const rows = [];
const add = (rule, what, figure) => {
  rows.push({ rule, what, figure });
  console.error(`${rule} ${what}: ${figure}`);
};
const number = (value) => value.toLocaleString('en');
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const kibibytes = (bytes) => `${number(Math.round(bytes / 1024))} KiB`;
const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const manyTraces = await measureManyTraces(5000);
add(
  'R17',
  'traces of one span each, arrived with one flush',
  `${number(manyTraces.backend.spanCount)} of 5,000 in ${seconds(manyTraces.flushMs)}`,
);

const oneTrace = await measureOneTrace(100_000);
add('R10', 'spans of one trace, arrived', `${number(oneTrace.backend.spanCount)} of 100,000 in ${seconds(oneTrace.totalMs)}`);
add('R10', 'envelopes they came in', number(oneTrace.backend.requests.length));

const openParent = await measureOpenParent(1_000_000);
add(
  'R9',
  'children of one open parent, arrived',
  `${number(openParent.backend.spanCount - 20_001)} of 1,000,000 in ${seconds(openParent.ms)}`,
);
add('R9', 'heap they leave behind', kibibytes(openParent.heapGrowth));

const unsampled = await measureUnsampled(1_000_000);
add('R8', 'unsampled spans', `${number(unsampled.stats.dropped.unsampled - 20_000)} in ${seconds(unsampled.ms)}`);
add('R8', 'heap they leave behind', kibibytes(unsampled.heapGrowth));

const load = { seconds: process.argv.includes('--long') ? 60 : 20, tracesPerSecond: 4000 };
const { samples, summary } = await measureBackendDown(load);
const heaps = samples.filter(({ second }) => second >= load.seconds / 2).map(({ heapUsed }) => heapUsed);
add('R16', `spans of ${load.seconds} s with the backend down`, number(summary.spans));
add(
  'R16',
  'heap at the start; least and most in the second half, 32 MiB allowed',
  [samples[0].heapUsed, Math.min(...heaps), Math.max(...heaps)].map(mebibytes).join('; '),
);
add('R30', 'samples in which the balance holds', `${samples.filter(({ isBalanced }) => isBalanced).length} of ${samples.length}`);

console.table(rows);
