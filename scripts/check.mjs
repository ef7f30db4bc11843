/**
 * Everything CI runs, in order. `pnpm check lint knip` runs the named steps only.
 * A test runner counts its tests, any other step counts as one. The last line is the sum.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { findNode24 } from './node-24.mjs';
import { root } from './packages.mjs';

const STEPS = {
  format: tool('pnpm', 'format:check'),
  // The lint asks for types, and packages see each other's as they were built.
  build: tool('pnpm', 'build'),
  lint: tool('pnpm', 'lint'),
  typecheck: tool('pnpm', 'typecheck'),
  api: tool('node', 'scripts/api.mjs'),
  size: tool('pnpm', 'size'),
  pack: tool('node', 'scripts/pack.mjs'),
  knip: tool('knip'),
  unit: vitest('unit'),
  without: tool('node', 'scripts/without-static.mjs'),
  dist: vitest('dist', { env: { SPANSTREAM_TEST_DIST: '1' } }),
  node24: vitest('node24', { node: findNode24, args: ['packages/core', 'packages/node', 'packages/opentelemetry'] }),
  e2e: existsSync(`${root}e2e/vitest.config.ts`) ? vitest('e2e', { args: ['--config', 'e2e/vitest.config.ts'] }) : () => ({ skipped: 1 }),
};

function tool(command, ...args) {
  return () => {
    const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    return status === 0 ? { passed: 1 } : { failed: 1 };
  };
}

function vitest(name, { node = () => process.execPath, args = [], env = {} } = {}) {
  return () => {
    const report = `${root}.cache/tests/${name}.json`;
    rmSync(report, { force: true });
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = spawnSync(node(), ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
    const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = counts;
    // A file that does not load or an unhandled rejection fails the run without failing a test; no test at all is a failure too.
    const failed = status === 0 && numPassedTests > 0 ? 0 : Math.max(numFailedTests, 1);
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  };
}

function runStep(name) {
  const start = Date.now();
  console.log(`\n── ${name}`);
  let counts;
  try {
    counts = STEPS[name]();
  } catch (error) {
    console.error(error);
    counts = { failed: 1 };
  }
  return { name, passed: 0, failed: 0, skipped: 0, ...counts, seconds: Math.round((Date.now() - start) / 1000) };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STEPS));
if (unknown.length > 0) throw new Error(`no such step: ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}`);

mkdirSync(`${root}.cache/tests`, { recursive: true });
const results = (wanted.length > 0 ? wanted : Object.keys(STEPS)).map(runStep);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);

console.log('');
console.table(Object.fromEntries(results.map(({ name, ...counts }) => [name, counts])));
if (sum('failed') > 0) process.exitCode = 1;
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`);
