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

test.each([
  ['no promise', `() => ({ ok: 'mine' })`, 'r.ok'],
  ['a thenable', `() => ({ then: (take) => take({ ok: 'mine' }) })`, 'r.ok'],
  ['nothing', `() => undefined`, `r ?? 'mine'`],
  ['a promise of nothing', `() => Promise.resolve()`, `r ?? 'mine'`],
  [
    'a response of its own',
    `() => Promise.resolve({ status: 200, url: '/x', body: 'mine', json: () => 'sync' })`,
    `r.json() === 'sync' && r.body`,
  ],
  [
    'a proxy',
    `() => Promise.resolve(new Proxy(new Response('m'), { get: (it, key) => (key === 'url' ? '/x' : typeof it[key] === 'function' ? it[key].bind(it) : it[key]) }))`,
    `r.body && 'mine'`,
  ],
  ['a response of another frame', `frames[0].fetch.bind(frames[0])`, `r.status === 404 && 'mine'`],
])('a fetch that somebody has replaced may answer with %s', async (_what, mock, read) => {
  const page = await site.open({
    before: `document.documentElement.append(document.createElement('iframe')); globalThis.fetch = ${mock};`,
  });
  expect(await page.evaluate(`(async () => { const r = await fetch(location.origin + '/mocked'); return ${read}; })()`)).toBe('mine');
  expect(await page.evaluate(`client.openSpans().filter(({ name }) => name !== 'Pageload')`)).toEqual([]);
});

test.each([
  `var performance = 'tonight'`,
  `performance.now = () => NaN`,
  `var origin = 'Paris'`,
  `var navigation = document.createElement('nav')`,
  `var navigation = ['home']`,
  `var AsyncContext = {}`,
  `var Zone = { current: { fork() {} } }`,
])('a page may have variables of these names: %s', async (before) => {
  site.routes.set('/x', (_request, response) => response.end('ok'));
  const page = await site.open({ before });
  expect(await page.evaluate(`fetch('/x').then((r) => r.text())`)).toBe('ok');
  expect(site.seen.find(({ path }) => path === '/x')!.headers['sentry-trace']).toMatch(/-1$/);
  await page.evaluate(`history.pushState({}, '', '/b')`);
  const [root, next] = await Promise.all([site.span('pageload'), site.span('navigation')]);
  expect(next.start_timestamp).toBeGreaterThan(root.start_timestamp);
  expect(await page.evaluate(errors)).toEqual([]);
  expect(site.refusals).toEqual([]);
});

test('a frame without an address sends to the tunnel of the page around it', async () => {
  site.routes.set('/tunnel', (_request, response) => response.end('{}'));
  const page = await site.open({
    before: `globalThis.told = new Promise((resolve) => addEventListener('message', ({ data }) => resolve(data)))`,
  });
  await page.evaluate(`document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: \`<script src="/sdk.js"></script><script>
    SpanStream.init({ dsn: 'https://0123456789abcdef0123456789abcdef@ingest.example.com/1', tunnel: '/tunnel', tracesSampleRate: 1, traceLifecycle: 'stream' });
    SpanStream.tracing.startSpan({ name: 'own' }, () => {}); SpanStream.flush().then((isSent) => parent.postMessage(isSent, '*'));</script>\` }))`);
  expect(await page.evaluate('told')).toBe(true);
  expect(site.seen.find(({ path }) => path === '/tunnel')!.headers['content-type']).toBe('application/x-sentry-envelope');
});

test('R34: what is no worker and no router is left alone', async () => {
  const page = await site.open();
  const kinds = await page.evaluate(`[undefined, null, {}, Object.freeze({ postMessage() {} })].flatMap((none) =>
    [SpanStream.propagateTo, SpanStream.traceReactRouter, SpanStream.traceVueRouter].map((call) => { const stop = call(none); stop(); return typeof stop; }))`);
  expect(kinds).toEqual(Array(12).fill('function'));
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
