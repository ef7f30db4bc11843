/** Drives the built page in Chromium and fails on what does not hold: `pnpm --filter @spanstream/viewer test:page [folder for screenshots]`. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { startViewer } from '../dist/index.js';
import { checkoutTrace, clientReport, createTrace, inEnvelopes, largeTrace, runningTrace, send, spanEnvelope } from './sample-traces.mjs';

const folder = process.argv[2];
if (folder !== undefined) await mkdir(folder, { recursive: true });
const viewer = await startViewer({ port: 0 });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
const faults = [];
const foreign = [];
page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
page.on('pageerror', (error) => faults.push(String(error)));
page.on('request', (request) => request.url().startsWith(viewer.url) || request.url().startsWith('data:') || foreign.push(request.url()));

const shoot = async (name) => {
  if (folder === undefined) return;
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
};
/** What the accessibility checker finds in the page as it stands. */
async function checkAccess(where) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  assert.deepEqual(told, [], `accessibility of ${where}`);
}
const row = (name) => page.getByRole('row', { name });

async function checkWelcome() {
  await page.goto(viewer.url);
  await page.getByRole('heading', { name: 'Waiting for the first span' }).waitFor();
  await shoot('welcome');
  await checkAccess('the welcome');
}

async function checkDistributedTrace() {
  const trace = checkoutTrace();
  for (let index = 0; index < 12; index++) {
    const other = createTrace(5000 + index * 900);
    const root = other.add(
      undefined,
      index % 3 === 0 ? 'web' : 'api',
      ['GET /products/:id', 'GET /cart', 'Pageload', 'POST /login'][index % 4],
      [0, 20 + index * 17],
    );
    other.add(root, root.service, 'SELECT products', [2, 9 + index], { 'sentry.op': 'db.query' }, index % 5 === 2 ? 'error' : 'ok');
    await send(viewer.url, spanEnvelope(other.spans));
  }
  // One envelope per service, as they arrive in life.
  for (const service of ['web', 'api', 'stock', 'payments']) {
    assert.equal(
      await send(viewer.url, spanEnvelope(trace.spans.filter((span) => span.attributes['service.name'].value === service))),
      200,
    );
  }
  await page.getByRole('option', { name: /Checkout/ }).click();
  await row(/POST \/charges/).waitFor();
  await shoot('distributed');
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('e');
  await page.getByRole('complementary', { name: 'Selected span' }).waitFor();
  await page.keyboard.press('End');
  await page.getByText('connect ETIMEDOUT').first().waitFor();
  await shoot('details');
  await checkAccess('a trace with details');
  await page.emulateMedia({ colorScheme: 'dark' });
  await checkAccess('the same in the dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await row(/POST \/charges/).count(), 0, 'a closed parent hides its children');
  assert.equal(
    await row(/^Close|Checkout/)
      .first()
      .getAttribute('aria-expanded'),
    'false',
  );
  await page.keyboard.press('ArrowRight');
  await row(/POST \/charges/).waitFor();
  await page.keyboard.press('Escape');
}

async function checkRunningParent() {
  const trace = runningTrace();
  await send(viewer.url, spanEnvelope(trace.arrived));
  await page.getByRole('option', { name: /nightly export/ }).click();
  await row(/nightly export.*still running/).waitFor();
  await shoot('running');
  await checkAccess('a running trace');
  await send(viewer.url, spanEnvelope(trace.late));
  await row(/read orders/).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.row-running').length === 0);
}

async function checkSearch() {
  await page.keyboard.press('/');
  await page.keyboard.type('ETIMEDOUT');
  await page.waitForFunction(() => document.querySelectorAll('.trace').length === 1);
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => document.querySelectorAll('.trace').length > 5);
  await page.keyboard.press('Escape');
}

async function checkDrawer() {
  const broken = checkoutTrace().spans;
  assert.equal(await send(viewer.url, spanEnvelope(broken, { sample_rate: 0.5 })), 400);
  assert.equal(await send(viewer.url, spanEnvelope(broken, { public_key: 'short' })), 400);
  assert.equal(await send(viewer.url, 'not an envelope'), 400);
  assert.equal(await send(viewer.url, clientReport()), 200);
  await page.getByRole('button', { name: /refused/ }).click();
  await page.getByText('sample_rate in the trace header').waitFor();
  await page.getByRole('cell', { name: 'buffer_overflow' }).waitFor();
  await shoot('drawer');
  await checkAccess('the drawer');
  await page.keyboard.press('Escape');
}

/** Scrolls through 20,000 spans and reads the times between frames. */
async function measureScrolling() {
  const trace = largeTrace(20_000);
  for (const body of inEnvelopes(trace.spans)) assert.equal(await send(viewer.url, body), 200);
  const opened = Date.now();
  await page.getByRole('option', { name: /import catalogue/ }).click();
  await page.getByText('20,000 spans').first().waitFor();
  await row(/import catalogue/).waitFor();
  const openMs = Date.now() - opened;
  const frames = await page.evaluate(async () => {
    const scroller = document.querySelector('.waterfall');
    const times = [];
    let last = await new Promise(requestAnimationFrame);
    for (let frame = 0; frame < 300; frame++) {
      scroller.scrollTop += frame % 50 === 49 ? 20_000 : 120;
      const now = await new Promise(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times.sort((one, other) => one - other);
  });
  await shoot('large');
  const rowsInDocument = await page.locator('.row').count();
  assert.ok(rowsInDocument < 120, `${rowsInDocument} rows in the document`);
  const keyed = Date.now();
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('.row-selected[aria-rowindex="20001"]') !== null);
  const at = (share) => frames[Math.floor((frames.length - 1) * share)].toFixed(1);
  return {
    spans: 20_000,
    openMs,
    frameMs: { median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    rowsInDocument,
    endKeyMs: Date.now() - keyed,
  };
}

/** Lets 10,000 spans arrive in an open trace and reads the times between frames meanwhile. */
async function measureArriving() {
  const trace = largeTrace(10_000, 'reindex');
  const [first, ...rest] = inEnvelopes(trace.spans, 100);
  await send(viewer.url, first);
  await page.getByRole('option', { name: /reindex/ }).click();
  await page.locator('.headline-facts', { hasText: '100 spans' }).waitFor();
  await page.evaluate(() => {
    globalThis.frames_ = [];
    let last = performance.now();
    const onFrame = (now) => {
      globalThis.frames_.push(now - last);
      last = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
  });
  const sent = Date.now();
  for (const body of rest) await send(viewer.url, body);
  const sentMs = Date.now() - sent;
  await page.waitForFunction(() => document.querySelector('.headline-facts')?.textContent.includes('10,000 spans'));
  const frames = (await page.evaluate(() => globalThis.frames_)).sort((one, other) => one - other);
  const at = (share) => frames[Math.floor((frames.length - 1) * share)].toFixed(1);
  return { spans: 10_000, sentMs, shownMs: Date.now() - sent, frameMs: { median: at(0.5), p95: at(0.95), max: at(1) } };
}

try {
  await checkWelcome();
  await checkDistributedTrace();
  await checkRunningParent();
  await checkSearch();
  await checkDrawer();
  const figures = { scrolling: await measureScrolling(), arriving: await measureArriving() };
  assert.deepEqual(
    faults.filter((text) => !/favicon/.test(text)),
    [],
  );
  assert.deepEqual(foreign, [], 'the page asks nobody but the viewer');
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} catch (error) {
  if (folder !== undefined) await page.screenshot({ path: join(folder, 'failure.png') });
  process.stderr.write(`${faults.join('\n')}\n`);
  throw error;
} finally {
  await browser.close();
  await viewer.close();
}
