/** Drives the built page in Chromium and fails on what does not hold: `pnpm --filter @spanstream/viewer test:page [folder for screenshots]`. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
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
const row = (name) => page.getByRole('row', { name });

async function checkWelcome() {
  await page.goto(viewer.url);
  await page.getByRole('heading', { name: 'Waiting for the first span' }).waitFor();
  await shoot('welcome');
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

try {
  await checkWelcome();
  await checkDistributedTrace();
  await checkRunningParent();
  await checkSearch();
  await checkDrawer();
  const figures = await measureScrolling();
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
