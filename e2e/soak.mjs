/** A busy service with its backend down for long, 10 minutes unless told otherwise: `node soak.mjs [seconds]`. */
import { measureBackendDown } from './volume/measure.mjs';

const seconds = Number(process.argv[2] ?? 600);
const { samples, summary } = await measureBackendDown({ seconds, tracesPerSecond: 1000, sampleEverySeconds: seconds / 20 });
const mebibytes = (bytes) => Number((bytes / 1024 / 1024).toFixed(1));

console.table(
  samples.map(({ second, heapUsed, rss, started, lost, isBalanced }) => ({
    second,
    'heap MiB': mebibytes(heapUsed),
    'rss MiB': mebibytes(rss),
    started,
    lost,
    balanced: isBalanced,
  })),
);
const late = samples.filter(({ second }) => second >= seconds / 4).map(({ heapUsed }) => heapUsed);
console.log(`spans started: ${summary.spans.toLocaleString('en')}`);
console.log(`heap after the first quarter: ${mebibytes(Math.min(...late))} to ${mebibytes(Math.max(...late))} MiB`);
console.log(`lost, by reason: ${JSON.stringify(Object.fromEntries(Object.entries(summary.dropped).filter(([, count]) => count > 0)))}`);
