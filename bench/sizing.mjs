/**
 * What one process sends, by how many spans a trace has: requests, bytes, CPU. `node bench/sizing.mjs` prints the table, `--write` puts
 * it into docs/operations.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runOnce, startReceiver } from './harness.mjs';
import * as active from './workloads/active.mjs';

const DOCUMENT = `${import.meta.dirname}/../docs/operations.md`;
const MAX_SPANS = 100_000;
/** More at a time than the receiver takes would wait, and then be lost. */
const MAX_TRACES = 8000;
const SHAPES = [1, 5, 20, 100, 1000];
const ROUNDS = 3;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const receiver = await startReceiver();
const rows = [];
for (const spans of SHAPES) {
  const size = { traces: Math.min(MAX_TRACES, MAX_SPANS / spans), spans };
  const total = size.traces * spans;
  const run = (isFar) => runOnce({ adapter: 'spanstream', workload: 'active', module: active, size, receiver, isFar });
  const near = [];
  const far = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    near.push(await run(false));
    far.push(await run(true));
  }
  const all = [...near, ...far];
  if (all.some(({ delivered }) => delivered !== total)) throw new Error(`not all spans of traces of ${spans} arrived`);
  const cpu = (runs) => median(runs.map(({ cpuUs }) => cpuUs / total));
  const bytes = (runs) => median(runs.map((each) => each.bytes / total));
  rows.push([
    String(spans),
    (median(near.map(({ requests }) => requests)) / size.traces).toFixed(2),
    bytes(near).toFixed(0),
    bytes(far).toFixed(0),
    cpu(near).toFixed(1),
    cpu(far).toFixed(1),
    `${Math.floor(1000 / cpu(far))},000`,
  ]);
}
receiver.stop();

const heading = [
  'spans a trace',
  'requests a trace',
  'bytes a span',
  'gzip',
  'CPU a span, µs',
  'with gzip',
  'spans a second that take one core',
];
const line = (cells) => `| ${cells.join(' | ')} |`;
const table = [line(heading), line(heading.map(() => '---:')), ...rows.map(line)].join('\n');
console.log(table);
if (process.argv.includes('--write')) {
  const [before, , after] = readFileSync(DOCUMENT, 'utf8').split(/<!-- sizing(?: end)? -->\n/);
  writeFileSync(DOCUMENT, `${before}<!-- sizing -->\n${table}\n<!-- sizing end -->\n${after}`);
}
