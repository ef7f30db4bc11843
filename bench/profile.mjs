#!/usr/bin/env node
/**
 * node bench/profile.mjs <adapter> <workload> [--heap] [--top N] [--interval µs]
 *
 * One run under --cpu-prof (or --heap-prof). Prints where the time went and leaves the profile in bench/.cache/ for the
 * profile viewers of Chrome DevTools or VS Code.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runOnce, startReceiver } from './harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { heap: { type: 'boolean' }, top: { type: 'string', default: '40' }, interval: { type: 'string', default: '200' } },
});
const [adapter = 'spanstream', workload = 'active'] = positionals;
const folder = join(here, '.cache', `${adapter}-${workload}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const module = await import(`./workloads/${workload}.mjs`);
const receiver = await startReceiver();
const nodeFlags = values.heap
  ? ['--heap-prof', `--heap-prof-dir=${folder}`]
  : ['--cpu-prof', `--cpu-prof-interval=${values.interval}`, `--cpu-prof-dir=${folder}`];
const run = await runOnce({ adapter, workload, module, size: module.size, receiver, nodeFlags });
receiver.stop();

if (run.cpuUs)
  process.stdout.write(
    `${(run.cpuUs / 1000).toFixed(0)} ms CPU${run.delivered ? `, ${(run.cpuUs / run.delivered).toFixed(2)} µs per delivered span` : ''}, profiler included\n`,
  );
for (const file of readdirSync(folder)) {
  process.stdout.write(`${relative(process.cwd(), join(folder, file))}\n`);
  if (file.endsWith('.cpuprofile')) summarise(JSON.parse(readFileSync(join(folder, file), 'utf8')), run.delivered || run.expected || 1);
}

function summarise({ nodes, samples, timeDeltas }, spans) {
  const selfUs = new Map();
  samples.forEach((id, i) => selfUs.set(id, (selfUs.get(id) ?? 0) + timeDeltas[i]));
  const functions = new Map();
  const files = new Map();
  let total = 0;
  for (const { id, callFrame } of nodes) {
    const time = selfUs.get(id) ?? 0;
    if (time === 0 || callFrame.functionName === '(idle)') continue;
    total += time;
    const file = callFrame.url
      .replace(/^.*\/node_modules\//, '')
      .replace(/^file:\/\//, '')
      .replace(dirname(here), '.');
    const where = `${callFrame.functionName || '(anonymous)'}  ${file}:${callFrame.lineNumber + 1}`;
    functions.set(where, (functions.get(where) ?? 0) + time);
    const owner = file || callFrame.functionName;
    files.set(owner, (files.get(owner) ?? 0) + time);
  }
  const print = (title, map) => {
    process.stdout.write(`\n${title} (main thread, self time)\n`);
    for (const [name, time] of [...map].sort((a, b) => b[1] - a[1]).slice(0, Number(values.top))) {
      process.stdout.write(
        `${((time / total) * 100).toFixed(1).padStart(5)} %  ${(time / spans).toFixed(3).padStart(8)} µs/span  ${name}\n`,
      );
    }
  };
  print('functions', functions);
  print('files', files);
}
