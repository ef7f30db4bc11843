import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const errors = 'globalThis.errors ?? []';
const LOG = `globalThis.lines = []; console.debug = console.warn = (line) => lines.push(line);`;

test.each([
  ['no PerformanceObserver', 'delete globalThis.PerformanceObserver'],
  ['no entries', 'performance.getEntriesByType = undefined; PerformanceObserver.prototype.observe = () => {}'],
  ['no types of entries', 'Object.defineProperty(PerformanceObserver, "supportedEntryTypes", { value: [] })'],
  ['getters that throw', 'Object.defineProperty(globalThis, "PerformanceObserver", { get() { throw new Error("hostile") } })'],
])('without performance entries a page is traced with less: %s', async (_what, before) => {
  site.routes.set('/x', (_request, response) => response.end('ok'));
  const page = await site.open({ before: `${LOG}${before}`, options: 'debug: true' });
  expect(await page.evaluate(`fetch('/x').then((r) => r.text())`)).toBe('ok');
  await site.span('pageload');
  await page.evaluate(`SpanStream.tracing.startSpan({ name: 'own' }, () => {}); SpanStream.flush()`);
  expect(site.spans.some(({ name }) => name === 'own')).toBe(true);
  expect(await page.evaluate(errors)).toEqual([]);
  if (!before.includes('observe =')) expect(String(await page.evaluate('lines.join()'))).toContain('Performance');
});

test('a sandboxed frame is traced, and its requests to its own server carry nothing that this server must allow', async () => {
  site.routes.set('/x', (_request, response) => response.writeHead(200, { 'access-control-allow-origin': '*' }).end('ok'));
  site.routes.set('/frame', (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(
      `<script src="/sdk.js"></script><script>onerror = (message) => parent.postMessage(['error', message], '*');
        const client = SpanStream.init({ tracesSampleRate: 1, traceLifecycle: 'stream' });
        try { history.pushState({}, '', '/other') } catch (error) { void error }
        fetch('/x').then((r) => r.text()).then((text) => parent.postMessage([origin, text, client.stats().started > 1], '*'));</script>`,
    ),
  );
  const page = await site.open({
    before: `globalThis.told = new Promise((resolve) => addEventListener('message', ({ data }) => resolve(data)))`,
    body: '<iframe sandbox="allow-scripts" src="/frame"></iframe>',
  });
  expect(await page.evaluate('told')).toEqual(['null', 'ok', true]);
  expect(site.seen.find(({ path }) => path === '/x')!.headers['sentry-trace']).toBeUndefined();
});

test('a fetch that somebody has replaced works as it did', async () => {
  const page = await site.open({
    before: `const native = window.fetch; globalThis.fetch = function mock(input, init) {
      if (String(input).startsWith('/mock')) return Promise.resolve({ ok: true, status: 200, json: () => ({ input, keys: Object.keys(init ?? {}) }) });
      if (String(input).startsWith('/throw')) throw new RangeError('mine');
      return native(input, init);
    }`,
    options: 'debug: true',
  });
  expect(await page.evaluate(`fetch('/mock').then((r) => r.json())`)).toEqual({ input: '/mock', keys: ['headers'] });
  expect(await page.evaluate(`(() => { try { fetch('/throw') } catch (error) { return error.name } })()`)).toBe('RangeError');
  expect(await page.evaluate('fetch.name')).toBe('mock');
});

test('input that is none fails as it always did', async () => {
  const page = await site.open();
  const names =
    await page.evaluate(`Promise.all([() => fetch(), () => fetch('http://['), () => fetch({ toString() { throw new RangeError('mine') } }), () => fetch('/', { get headers() { throw new RangeError('mine') } })]
    .map((call) => call().then(() => 'ok', (error) => error.name)))`);
  expect(names).toEqual(['TypeError', 'TypeError', 'RangeError', 'RangeError']);
});

test('with a frozen history the way back is seen, and under debug what is missing is said', async () => {
  const page = await site.open({
    before: `${LOG} Object.defineProperty(globalThis, 'navigation', { value: undefined }); Object.freeze(history); Object.freeze(History.prototype);`,
    options: 'debug: true',
  });
  await site.span('pageload');
  await page.evaluate(`history.pushState({}, '', '/a'); history.pushState({}, '', '/b'); history.back()`);
  await site.span('navigation');
  expect(await page.evaluate(errors)).toEqual([]);
  expect(String(await page.evaluate('lines.join()'))).toContain('Navigation failed');
});

test('two copies of the SDK of one version trace each request once', async () => {
  site.routes.set('/x', (_request, response) => response.end('ok'));
  const page = await site.open({ body: `<script src="/sdk.js"></script><script>${site.start()}</script>` });
  await page.evaluate(`fetch('/x').then((r) => r.text()).then(() => SpanStream.flush())`);
  await site.span('http.client');
  expect(site.withOp('http.client')).toHaveLength(1);
  expect(await page.evaluate(errors)).toEqual([]);
});
