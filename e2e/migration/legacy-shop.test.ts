/**
 * A program in the old API and the same after the codemod: the spans are the same, and `compare` says beforehand what changes.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startViewer, type ViewerSpan } from '@spanstream/viewer';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, formatTree, traceRows, traceSpans } from '../demo/viewer-client.ts';
import { startProgram } from '../process/start-program.mjs';

const shop = fileURLToPath(new URL('../../examples/legacy-shop/', import.meta.url));
const require = createRequire(import.meta.url);
const codemod = join(dirname(require.resolve('@spanstream/codemod')), 'cli.js');

interface Output {
  readonly text: string;
  readonly stats: { readonly started: number; readonly delivered: number };
  readonly compare: { readonly spans: number; readonly differences: readonly { kind: string; what: string; count: number }[] };
}

async function output(program: ReturnType<typeof startProgram>): Promise<Output> {
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Output;
}

/** Runs the shop in that folder against a viewer of its own; answers with its output and all trees, sorted. */
async function runShop(folder: string, env: Record<string, string>): Promise<Output & { readonly trees: string[] }> {
  const viewer = await startViewer({ port: 0 });
  onTestFinished(() => viewer.close());
  const printed = await output(startProgram(join(folder, 'start.mjs'), { env: { SENTRY_DSN: viewer.dsn, ...env } }));
  const traces = await eventually(async () => {
    const rows = await traceRows(viewer.url);
    const found = await Promise.all(rows.map(({ trace_id: id }) => traceSpans(viewer.url, id)));
    return found.flat().length === printed.stats.started ? found : undefined;
  }, 'the viewer has every span');
  return { ...printed, trees: traces.map(describeTrace).toSorted() };
}

/** The tree, and below it what each span carries of the application's own. */
function describeTrace(spans: ViewerSpan[]): string {
  const own = spans.map(({ name, status, attributes }) => {
    const entries = Object.entries(attributes).filter(([key]) => !OF_THE_SDK.test(key));
    return `${name} ${status} ${JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
  });
  return [...formatTree(spans), ...own.toSorted()].join('\n');
}

const OF_THE_SDK = /^(?:sentry\.(?!op$|status\.message$)|server\.|process\.|runtime\.|os\.)/;

function copyOfShop(): string {
  // Beside the original, so that it finds the same packages.
  const folder = mkdtempSync(join(dirname(shop.replace(/\/$/, '')), '.moved-shop-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(shop, folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

test('the codemod moves the shop to streams with the same spans', async () => {
  const before = await runShop(shop, { SENTRY_TRACE_LIFECYCLE: 'static' });
  expect(before.stats).toMatchObject({ started: 17, delivered: 17 });
  expect(before.trees).toHaveLength(4);

  const folder = copyOfShop();
  const { code, stdout } = await startProgram(codemod, { args: [folder] }).ended;
  expect(stdout).toContain('4 files changed, 0 places to look at, 0 skipped');
  expect(code).toBe(0);

  const after = await runShop(folder, {});
  expect(after.trees).toEqual(before.trees);
  expect(after.stats).toMatchObject({ started: 17, delivered: 17 });
  // What was planted is there in the form of streams.
  const moved = after.trees.join('\n');
  expect(moved.match(/"customer\.kind":/g)).toHaveLength(3);
  expect(moved.match(/"basket":\{"value":\d,"unit":"none"\}/g)).toHaveLength(2);
  expect(moved.match(/checkout error .*"sentry\.status\.message":"out_of_range"/g)).toHaveLength(1);
});

test('compare lists what was planted and sends transactions only', async () => {
  const { compare, stats } = await runShop(shop, { SENTRY_TRACE_LIFECYCLE: 'compare' });
  expect(stats).toMatchObject({ started: 17, delivered: 17 });
  expect(compare.spans).toBe(17);
  expect(compare.differences).toMatchObject([
    { kind: 'no_place', what: 'tag customer.kind', count: 3 },
    { kind: 'no_place', what: 'measurement basket', count: 2 },
    { kind: 'attribute', what: 'status out_of_range', count: 1 },
  ]);
});

test('compare has nothing to say once what it listed is mended in the old API', async () => {
  const folder = copyOfShop();
  const file = join(folder, 'checkout.mjs');
  const mended = readFileSync(file, 'utf8')
    .replace("setTag('customer.kind'", "setData('customer.kind'")
    .replace("setMeasurement('basket', order.items.length, 'none')", "setData('basket', order.items.length)")
    .replace("setStatus('out_of_range')", "setStatus('error')");
  writeFileSync(file, mended);
  const { compare } = await runShop(folder, { SENTRY_TRACE_LIFECYCLE: 'compare' });
  expect(compare).toEqual({ spans: 17, differences: [] });
});
