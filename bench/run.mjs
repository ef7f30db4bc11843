#!/usr/bin/env node
/**
 * node bench/run.mjs [--only a,b] [--adapters a,b] [--rounds N] [--json file] [--merge file] [--write] [--quick] [--verify] [--check]
 *
 * --json file    write raw results            --merge file   start from earlier raw results; workloads run now replace theirs
 * --write        write docs/benchmarks.md     --quick        four workloads, three rounds, peers fewer
 * --verify       decode and check everything that arrived, one round
 * --check        exit with 1 when a target is missed
 */
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runOnce, startReceiver } from './harness.mjs';
import { formatConsole, formatMarkdown } from './report.mjs';
import { evaluate, workloads } from './targets.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    adapters: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
    merge: { type: 'string' },
    write: { type: 'boolean' },
    quick: { type: 'boolean' },
    verify: { type: 'boolean' },
    check: { type: 'boolean' },
  },
});

const ADAPTERS = ['spanstream', 'spanstream-static', 'sentry-stream', 'sentry-static', 'otel', 'dd'];
const KNOWN = ['none', ...ADAPTERS, 'otel-default', 'spanstream-otlp', 'spanstream-otel-api', 'empty-module', 'spanstream-register'];
const QUICK = ['active', 'manual', 'small-traces', 'one-trace'];
// Rounds cost time where peers are slow; what is fast and noisy gets more of them.
const ROUNDS = { 'backend-refusing': 3, 'backend-hanging': 3, 'cold-start': 15, retained: 3, unsampled: 3, burst: 3, 'burst-yield': 3 };

// The streaming and the static Sentry client take most of the time and vary little. What stays alive is watched once.
const roundsOf = (workload, adapter, rounds) =>
  /^backend-hanging (sentry|dd)|^unsampled sentry/.test(`${workload} ${adapter}`)
    ? 1
    : adapter.startsWith('sentry')
      ? Math.min(rounds, 3)
      : rounds;

const list = (text, known, what) => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  for (const name of names) if (!known.includes(name)) throw new Error(`unknown ${what} "${name}"; known: ${known.join(', ')}`);
  return names;
};

function versionOf(packageName) {
  const folder = join(here, 'node_modules', packageName);
  return existsSync(folder) ? JSON.parse(readFileSync(join(realpathSync(folder), 'package.json'), 'utf8')).version : undefined;
}

/** An adapter takes part if its packages resolve to something that can be imported. */
function isPresent(packages = []) {
  const require = createRequire(join(here, 'run.mjs'));
  return packages.every((name) => {
    if (versionOf(name) === undefined) return false;
    const folder = realpathSync(join(here, 'node_modules', name));
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const find = (entry) =>
      typeof entry === 'string'
        ? entry
        : entry && typeof entry === 'object'
          ? find(entry.import ?? entry.default ?? entry.node ?? Object.values(entry)[0])
          : undefined;
    const entry = find(manifest.exports?.['.'] ?? manifest.exports) ?? manifest.main;
    if (entry !== undefined) return existsSync(join(folder, entry)) || canResolve(require, name);
    return canResolve(require, name);
  });
}

function canResolve(require, name) {
  try {
    return existsSync(require.resolve(name));
  } catch {
    return false;
  }
}

const chosen = flags.only
  ? list(flags.only, Object.keys(workloads), 'workload')
  : flags.quick || flags.verify
    ? QUICK
    : Object.keys(workloads);
const previous = flags.merge && existsSync(flags.merge) ? JSON.parse(readFileSync(flags.merge, 'utf8')) : undefined;
const isThere = (name) => chosen.includes(name) || previous?.workloads[name] !== undefined;
for (const name of [...chosen]) for (const need of workloads[name].needs ?? []) if (!isThere(need)) chosen.unshift(need);
const wanted = flags.adapters ? list(flags.adapters, KNOWN, 'adapter') : undefined;

const labels = {};
const present = {};
const versions = {};
for (const name of KNOWN) {
  const { label, packages } = await import(`./adapters/${name}.mjs`);
  labels[name] = label;
  present[name] = isPresent(packages);
  if (!present[name]) process.stderr.write(`${name}: ${packages.join(', ')} not installed or not built; left out\n`);
  for (const packageName of packages ?? []) if (present[name]) versions[packageName] = versionOf(packageName);
}

const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0].model.trim() || process.arch,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release().split('-')[0]}`,
    node: process.version.slice(1),
  },
  versions: { ...previous?.versions, ...versions },
  labels,
  workloads: { ...previous?.workloads },
};

const scaled = (size, factor) =>
  size.traces > 1 ? { ...size, traces: Math.round(size.traces * factor) } : { ...size, spans: Math.round(size.spans * factor) };

const receiver = await startReceiver();
const started = performance.now();
let failures = 0;
try {
  for (const name of chosen) {
    const spec = workloads[name];
    const module = await import(`./workloads/${name}.mjs`);
    let adapters = (wanted ?? spec.adapters ?? ADAPTERS).filter((adapter) => present[adapter]);
    if (flags.quick && !wanted) adapters = adapters.filter((adapter) => adapter !== 'sentry-static');
    if (spec.baseline && !adapters.includes('none')) adapters = ['none', ...adapters];
    const rounds = flags.verify ? 1 : Number(flags.rounds ?? (flags.quick ? 3 : (ROUNDS[name] ?? 5)));
    const runs = Object.fromEntries(adapters.map((adapter) => [adapter, []]));
    results.workloads[name] = { runs };
    for (let round = 0; round < rounds; round += 1) {
      // Every other round runs backwards: no adapter always follows the same neighbour.
      for (const adapter of round % 2 ? [...adapters].reverse() : adapters) {
        const slow = adapter.startsWith('sentry');
        if (flags.quick ? slow && round > 0 : flags.rounds === undefined && round >= roundsOf(name, adapter, rounds)) continue;
        const size = flags.quick && slow ? scaled(module.size, 0.25) : module.size;
        process.stderr.write(`${Math.round((performance.now() - started) / 1000)} s  ${name} ${round + 1}/${rounds} ${adapter}`);
        try {
          const run = await runOnce({ adapter, workload: name, module, size, receiver, verify: flags.verify });
          runs[adapter].push(run);
          process.stderr.write(`  ${summaryOf(run)}\n`);
        } catch (error) {
          failures += 1;
          process.stderr.write(`  failed: ${error.message}\n`);
        }
      }
    }
  }
} finally {
  receiver.stop();
}

function summaryOf(run) {
  const parts = [];
  if (run.cpuUs !== undefined) parts.push(`${(run.cpuUs / 1000).toFixed(0)} ms CPU`);
  if (run.cpuUs !== undefined && run.delivered) parts.push(`${(run.cpuUs / run.delivered).toFixed(2)} µs/span`);
  if (run.expected !== undefined)
    parts.push(`${run.delivered}/${run.expected} in ${run.requests} requests, ${(run.bytes / 1e6).toFixed(1)} MB`);
  if (run.bytesPerSpan !== undefined) parts.push(`${run.bytesPerSpan.toFixed(2)} B/span`);
  if (run.goneMs !== undefined) parts.push(`gone after ${(run.goneMs / 1000).toFixed(2)} s`);
  parts.push(`RSS ${(run.peakRss / 1e6).toFixed(0)} MB`);
  if (run.problems?.length) parts.push(`problems: ${run.problems.slice(0, 3).join('; ')}`);
  if (run.verified) parts.push(JSON.stringify(run.verified));
  return parts.join(', ');
}

process.stdout.write(`${formatConsole(results)}\n`);
if (flags.quick)
  process.stdout.write(
    'quick: @sentry/node ran a quarter of the work once, which makes it look up to a fifth slower than a full run does\n',
  );
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results)}\n`);
if (flags.write) {
  if (flags.quick || flags.verify) throw new Error('--write needs a full run: leave out --quick and --verify');
  writeFileSync(join(here, '../docs/benchmarks.md'), formatMarkdown(results));
}
const missed = Object.keys(results.workloads)
  .flatMap((name) => evaluate(name, results).targets)
  .filter((target) => target.pass === false).length;
process.exitCode = failures || (flags.check && missed) ? 1 : 0;
