import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { endSpans, launchChromium, type PageGlobals } from './chromium.ts';
import { type Site, startSite } from './start-site.mjs';

let browser: Browser;
let page: Page;
let site: Site;
let backend: Awaited<ReturnType<typeof startBackend>>;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  backend = await startBackend({ isForPages: true });
  const { username, origin } = new URL(backend.dsn);
  site = await startSite(() => `${origin}/api/42/envelope/?sentry_version=7&sentry_key=${username}`);
  site.options = { dsn: backend.dsn, tracesSampleRate: 1, traceLifecycle: 'stream', debug: true };
  page = await browser.newPage();
});
afterEach(async () => {
  await page.close();
  await site.close();
  await backend.close();
});

test('R29: what a blocker eats is counted, with one line that names the tunnel and none beside it', async () => {
  const lines: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('[spanstream]')) lines.push(message.text());
  });
  await page.route('**/envelope/**', (route) => route.abort('blockedbyclient'));
  await page.goto(site.origin);
  await endSpans(page, 'blocked', 5);
  await page.evaluate(() => (globalThis as unknown as PageGlobals).client.flush(20_000));
  const { network } = await page.evaluate(() => (globalThis as unknown as PageGlobals).client.stats().dropped);
  expect(network).toBe(5);
  expect(lines).toEqual([expect.stringContaining('see the option tunnel')]);
});

test('R29: envelopes pass a tunnel of the own origin, compressed when they are long', async () => {
  site.options = { ...site.options, tunnel: '/tunnel' };
  const encodings: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/tunnel')) encodings.push(request.headers()['content-encoding']);
  });
  await page.goto(site.origin.replace('127.0.0.1', 'shop.test'));
  await endSpans(page, 'short', 1);
  await page.evaluate(() => (globalThis as unknown as PageGlobals).client.flush());
  await endSpans(page, 'long', 20, { textLength: 500 });
  await page.evaluate(() => (globalThis as unknown as PageGlobals).client.flush());
  expect(backend.refusals).toEqual([]);
  expect(backend.spanCount).toBe(21);
  expect(encodings).toEqual([undefined, 'gzip']);
  expect(backend.preflightCount).toBe(0);
});

test('R28: another origin is never asked first: no preflight, and text where the type of an envelope would need one', async () => {
  const types: (string | undefined)[] = [];
  await page.route('http://ingest.test/**', (route) => {
    types.push(`${route.request().method()} ${route.request().headers()['content-type']}`);
    return route.fulfill({ status: 200, headers: { 'access-control-allow-origin': '*' }, body: '{}' });
  });
  site.options = { ...site.options, dsn: backend.dsn.replace(/127\.0\.0\.1:\d+/, 'ingest.test') };
  await page.goto(site.origin);
  await endSpans(page, 'long', 20, { textLength: 500 });
  expect(await page.evaluate(() => (globalThis as unknown as PageGlobals).client.flush())).toBe(true);
  expect(types).toEqual(['POST text/plain;charset=UTF-8']);
});
