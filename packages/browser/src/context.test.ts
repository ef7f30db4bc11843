import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a program of the tests, in plain JavaScript
import { buildPage } from '../test-context/build-page.mjs';
// @ts-expect-error another program of the tests, in plain JavaScript
import { samplePlans } from '../test-context/plans.mjs';
import { createContextPlugin } from './build/plugin.ts';

interface Verdict {
  /** What SPANSTREAM_TEST_SEED must be to see this again. */
  readonly seed: number;
  readonly plans: number;
  readonly spans: number;
  readonly exact: number;
  readonly marked: number;
  readonly wrong: number;
  readonly examples: string[];
}

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const alias = {
  '@spanstream/core': source('../../core/src/index.ts'),
  '@spanstream/browser/async': source('async.ts'),
  '@spanstream/browser/zone': source('zone.ts'),
  '@spanstream/browser': source('index.ts'),
};
const SEED = Number(process.env['SPANSTREAM_TEST_SEED'] ?? Date.now() % 1e9);

/** Each way in a process of its own: zone.js replaces globals. */
async function judge(page: object, plans: unknown[], before = ''): Promise<Verdict> {
  const script = await (buildPage as (options: object) => Promise<string>)({ alias, ...page });
  const directory = await mkdtemp(join(tmpdir(), 'spanstream-context-'));
  const file = join(directory, 'page.cjs');
  await writeFile(join(directory, 'plans.json'), JSON.stringify(plans));
  await writeFile(
    file,
    `${before}\n${script}\npage.judgeParents(require('./plans.json')).then((verdict) => console.log(JSON.stringify(verdict)));`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  await rm(directory, { recursive: true });
  if (code !== 0) throw new Error(errors.slice(-2000)); // zone.js says things there even when all is well
  return { ...(JSON.parse(output) as Verdict), seed: SEED };
}

const sample = samplePlans as (count: number, seed: number, options?: object) => unknown[];

describe('parents of 2 to 8 interleaved flows', { timeout: 180_000 }, () => {
  it('are never wrong on a synchronous stack: what cannot be known is below the root and says so', async () => {
    const { wrong, exact, marked } = await judge({}, sample(1000, SEED, { blocks: 'outside branches', later: true }));
    expect(wrong).toBe(0);
    expect(exact).toBeGreaterThan(0);
    expect(marked).toBeGreaterThan(0);
  });

  it('are exact in functions that the plugin has prepared, blocks included', async () => {
    const exact = { wrong: 0, marked: 0 };
    expect(await judge({ plugin: createContextPlugin() }, sample(200, SEED, { blocks: 'everywhere' }))).toMatchObject(exact);
  });

  it('are never wrong in callbacks between such functions', async () => {
    const plans = sample(100, SEED, { blocks: 'everywhere', later: true });
    expect(await judge({ plugin: createContextPlugin() }, plans)).toMatchObject({ wrong: 0 });
  });

  it('are exact with zone.js when async functions are lowered, through timers, then and events', async () => {
    const exact = { wrong: 0, marked: 0 };
    expect(await judge({ zone: true, isLowered: true }, sample(200, SEED, { later: true }))).toMatchObject(exact);
  });

  it.each([
    ['blocks', { zone: true, isLowered: true }],
    ['native async functions, which it loses', { zone: true }],
    ['functions that the plugin has prepared', { zone: true, plugin: createContextPlugin() }],
  ])('are never wrong with zone.js and %s', async (_, page) => {
    expect(await judge(page, sample(100, SEED, { blocks: 'outside branches', later: true }))).toMatchObject({ wrong: 0 });
  });

  it('are exact where the platform has AsyncContext', async () => {
    expect(await judge({}, sample(200, SEED, { later: true }), ASYNC_CONTEXT)).toMatchObject({ wrong: 0, marked: 0 });
  });

  it('are never wrong with AsyncContext and blocks, exact with the plugin', async () => {
    const plans = sample(100, SEED, { blocks: 'outside branches' });
    expect(await judge({}, plans, ASYNC_CONTEXT)).toMatchObject({ wrong: 0 });
    expect(await judge({ plugin: createContextPlugin() }, plans, ASYNC_CONTEXT)).toMatchObject({ wrong: 0, marked: 0 });
  });
});

/** `AsyncContext` as proposed, on what Node has. */
const ASYNC_CONTEXT = `
const { AsyncLocalStorage } = require('node:async_hooks');
globalThis.AsyncContext = {
  Variable: class {
    #storage = new AsyncLocalStorage();
    get() { return this.#storage.getStore(); }
    run(value, callback, ...args) { return this.#storage.run(value, callback, ...args); }
  },
};`;
