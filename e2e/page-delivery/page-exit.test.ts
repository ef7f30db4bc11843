import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { status } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { countStored, endSpans, endSpansInFrame, launchChromium, type PageGlobals, readStats } from './chromium.ts';
import { type Site, startSite } from './start-site.mjs';

let browser: Browser;
let context: BrowserContext;
let site: Site;
let backend: Awaited<ReturnType<typeof startBackend>>;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  backend = await startBackend({ isForPages: true });
  site = await startSite();
  site.options = { dsn: backend.dsn, tracesSampleRate: 1, traceLifecycle: 'stream' };
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await site.close();
  await backend.close();
});

async function openPage(path = '/'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.origin + path);
  return page;
}

/** Nothing came twice, nothing was refused. */
function expectEachOnce(count: number): void {
  expect(backend.refusals).toEqual([]);
  expect({ spans: backend.spanCount, different: new Set(backend.names).size }).toEqual({ spans: count, different: count });
}

test('R32: a tab that closes leaves nothing behind', async () => {
  const page = await openPage();
  await endSpans(page, 'closing', 20);
  await page.close({ runBeforeUnload: true });
  await backend.until(() => backend.spanCount >= 20);
  expectEachOnce(20);
});

test('R32: what was recorded before a navigation in the same tab arrives', async () => {
  const page = await openPage();
  await endSpans(page, 'leaving', 20);
  await page.goto('about:blank');
  await backend.until(() => backend.spanCount >= 20);
  expectEachOnce(20);
});

test('R32: of 500 KB what fits leaves with the page, top-level spans and errors first, and the rest with the next page', async () => {
  const options = site.options;
  site.options = undefined;
  const page = await openPage();
  site.options = options;
  await endSpansInFrame(page, 'much', 500, 1000);
  await backend.until(() => backend.spanCount > 0);
  expect(backend.requests[0]?.names).toContain('much');
  expect(await countStored(page)).toBeGreaterThan(5);
  await page.goto(`${site.origin}/next`);
  await backend.until(() => backend.spanCount >= 500);
  expectEachOnce(500);
  await page.waitForFunction(() => (globalThis as unknown as PageGlobals).client.stats().inFlight === 0);
  const { started, sum, delivered } = await readStats(page);
  expect(sum).toBe(started);
  expect(delivered).toBeGreaterThan(400);
  expect(await countStored(page)).toBe(0);
});

test('R32: two tabs that load at once deliver what was stored once', async () => {
  const page = await openPage();
  await endSpans(page, 'much', 500, { textLength: 1000 });
  await page.goto('about:blank');
  await Promise.all([openPage('/a'), openPage('/b'), openPage('/c')]);
  await backend.until(() => backend.spanCount >= 500);
  expectEachOnce(500);
});

test('R32, R33: the page comes back from the back/forward cache, and goes on', async () => {
  const page = await openPage('/first');
  await endSpans(page, 'before', 300, { textLength: 1000 });
  await page.evaluate(() => location.assign('/second'));
  await page.waitForURL('**/second');
  await page.evaluate(() => history.back());
  await page.waitForFunction(() => (globalThis as unknown as PageGlobals).shown?.includes(true));
  await endSpans(page, 'after', 20);
  await backend.until(() => backend.spanCount >= 320);
  expectEachOnce(320);
  // The backend counts a span before the page has its answer.
  await page.waitForFunction(() => (globalThis as unknown as PageGlobals).client.stats().inFlight === 0);
  const { started, sum, inFlight } = await readStats(page);
  expect({ started, sum, inFlight }).toEqual({ started: 320, sum: 320, inFlight: 0 });
});

test('R32: a backend that is down gets everything when it is up again', async () => {
  backend.answerWith(status(503));
  const page = await openPage();
  await endSpans(page, 'down', 20);
  // The second attempt says that the page has had the answer to the first.
  await backend.until(() => backend.requests.length > 1);
  await endSpans(page, 'also down', 20);
  await page.goto('about:blank');
  backend.answerWith(status(200));
  await openPage('/later');
  await backend.until(() => backend.spanCount >= 40);
  expectEachOnce(40);
});

test('R29, R30: a backend that answered 429 gets no more, and each span that it did not get is counted', async () => {
  backend.answerWith(status(429, { 'retry-after': '60' }));
  const page = await openPage();
  await endSpans(page, 'refused', 20);
  await backend.until(() => backend.requests.length > 0);
  await page.waitForFunction(() => (globalThis as unknown as PageGlobals).client.stats().dropped.throttled === 20);
  await endSpans(page, 'held back', 20);
  backend.answerWith(status(200));
  await page.goto('about:blank');
  await openPage('/later');
  await backend.until(() => (backend.reportedLosses['ratelimit_backoff'] ?? 0) > 0);
  expect(backend.reportedLosses).toEqual({ ratelimit_backoff: 20 });
  expect(backend.spanCount).toBe(0);
});

test('R32: a page that is offline when it ends leaves all to the next one', async () => {
  const page = await openPage();
  await context.setOffline(true);
  await endSpans(page, 'offline', 20, { thenGoTo: 'about:blank' });
  await page.waitForURL('about:blank');
  await context.setOffline(false);
  await openPage('/later');
  await backend.until(() => backend.spanCount >= 20);
  expectEachOnce(20);
});

test('R29, R32: a backend that takes no connections gets everything once it does', async () => {
  const page = await openPage();
  await backend.close();
  await endSpans(page, 'refused', 20);
  await page.evaluate(() => (globalThis as unknown as PageGlobals).client.flush(300));
  await page.goto('about:blank');
  await backend.listen();
  await openPage('/later');
  await backend.until(() => backend.spanCount >= 20);
  expectEachOnce(20);
});

test('R32: in a sandboxed frame, which has no storage, what neither fits nor can be stored is counted and reported', async () => {
  const page = await openPage();
  await page.evaluate(async () => {
    const frame = Object.assign(document.createElement('iframe'), { sandbox: 'allow-scripts', src: '/frame' });
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
  });
  await endSpans(page.frames()[1]!, 'sandboxed', 300, { textLength: 1000, thenGoTo: 'about:blank' });
  await backend.until(() => (backend.reportedLosses['cache_overflow'] ?? 0) > 0);
  expect(backend.refusals).toEqual([]);
  expect(backend.spanCount).toBeGreaterThan(20);
  expect(backend.spanCount + (backend.reportedLosses['cache_overflow'] ?? 0)).toBe(300);
});

test('R32: a hidden tab that lives on sends what it stored', async () => {
  const page = await openPage();
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    const { tracing } = (globalThis as unknown as PageGlobals).SpanStream;
    for (let i = 0; i < 300; i++) tracing.startSpan({ name: `hidden ${i}`, attributes: { text: 'a'.repeat(1000) } }).end();
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
  await backend.until(() => backend.spanCount >= 300);
  expectEachOnce(300);
  await page.waitForFunction(() => (globalThis as unknown as PageGlobals).client.stats().delivered === 300);
  expect(await readStats(page)).toMatchObject({ started: 300, sum: 300, inFlight: 0 });
});

test('R32: spans that onPageExit and late listeners end leave, too, and no page gets an unload handler', async () => {
  const page = await openPage();
  await page.evaluate(() => {
    const { tracing } = (globalThis as unknown as PageGlobals).SpanStream;
    const root = tracing.startSpan({ name: 'until the end', active: false });
    addEventListener('pagehide', () => root.end());
  });
  await page.goto('about:blank');
  await backend.until(() => backend.spanCount >= 1);
  expectEachOnce(1);
});

test('R29: without keepalive and CompressionStream a page still delivers, its last spans by beacon', async () => {
  await context.addInitScript(() => {
    Reflect.deleteProperty(Request.prototype, 'keepalive');
    Reflect.deleteProperty(globalThis, 'CompressionStream');
    Reflect.deleteProperty(Navigator.prototype, 'locks');
  });
  const page = await openPage();
  await endSpans(page, 'alive', 5);
  await page.evaluate(() => (globalThis as unknown as PageGlobals).client.flush());
  await endSpans(page, 'last', 5, { thenGoTo: 'about:blank' });
  await backend.until(() => backend.spanCount >= 10);
  expectEachOnce(10);
});
