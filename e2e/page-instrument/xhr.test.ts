import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site, type WireSpan } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const value = (span: WireSpan, key: string): unknown => span.attributes[key]?.value;
const to = (path: string) => (span: WireSpan) => value(span, 'url.path') === path;

/** A request whose end is awaited; `more` runs between `open` and `send`. */
const xhr = (url: string, more = '', { method = 'GET', isAsync = true } = {}): string => `new Promise((resolve) => {
  const xhr = globalThis.xhr = new XMLHttpRequest();
  xhr.onloadend = (event) => resolve([xhr.status, xhr.responseText]);
  xhr.open('${method}', '${url}', ${isAsync}); ${more}; xhr.send();
})`;

test('a request is a span below the page load with its own headers', async () => {
  site.routes.set('/x', (_request, response) => {
    response.write('a');
    setTimeout(() => response.end('b'), 200);
  });
  const page = await site.open();
  expect(await page.evaluate(xhr('/x?key=secret', `xhr.setRequestHeader('baggage', 'mine=1'); xhr.setRequestHeader('x-a', '1')`))).toEqual([
    200,
    'ab',
  ]);
  const span = await site.span('http.client', to('/x'));
  const root = await site.span('pageload');
  expect(span).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id, name: 'GET 127.0.0.1', status: 'ok' });
  expect(value(span, 'sentry.origin')).toBe('auto.http.xhr');
  expect(value(span, 'url.full')).toBe(`${site.origin}/x?key=[Filtered]`);
  expect(span.end_timestamp - span.start_timestamp).toBeGreaterThan(0.18);
  const { headers } = site.seen.find(({ path }) => path.startsWith('/x'))!;
  expect(headers['sentry-trace']).toBe(`${span.trace_id}-${span.span_id}-1`);
  expect(headers['baggage']).toMatch(/^mine=1,sentry-/);
  expect(headers['x-a']).toBe('1');
});

test('R25: a request with trace headers of its own is left alone', async () => {
  const page = await site.open();
  await page.evaluate(
    xhr(
      '/x',
      `xhr.setRequestHeader('Sentry-Trace', 'mine'); xhr.setRequestHeader('baggage', 'a=1'); xhr.setRequestHeader('baggage', 'b=2')`,
    ),
  );
  const { headers } = site.seen.find(({ path }) => path === '/x')!;
  expect([headers['sentry-trace'], headers['baggage'], headers['traceparent']]).toEqual(['mine', 'a=1,b=2', undefined]);
});

test.each([
  ['abort', 'setTimeout(() => xhr.abort(), 50)', 'ok', 'aborted', undefined],
  ['timeout', 'xhr.timeout = 50', 'error', undefined, 'timeout'],
])('how it ends: %s', async (_how, more, status, reason, type) => {
  site.routes.set('/never', () => undefined);
  const page = await site.open();
  await page.evaluate(xhr('/never', more));
  const span = await site.span('http.client', to('/never'));
  expect([span.status, value(span, 'sentry.cancellation_reason'), value(span, 'error.type')]).toEqual([status, reason, type]);
});

test('how it ends: no connection, a status from 400, a new open', async () => {
  site.routes.set('/never', () => undefined);
  const page = await site.open();
  await page.evaluate(xhr('http://127.0.0.1:1/x'));
  await page.evaluate(xhr('/missing'));
  await page.evaluate(`globalThis.again = new XMLHttpRequest(); again.open('GET', '/never'); again.send(); again.open('GET', '/never')`);
  expect(value(await site.span('http.client', (one) => value(one, 'server.port') === 1), 'error.type')).toBe('error');
  expect(value(await site.span('http.client', to('/missing')), 'error.type')).toBe('404');
  expect(value(await site.span('http.client', to('/never')), 'sentry.cancellation_reason')).toBe('aborted');
});

test('an object that a listener of its own uses again makes two spans, each with its own end', async () => {
  site.routes.set('/first', (_request, response) => response.end('a'));
  site.routes.set('/second', (_request, response) => void setTimeout(() => response.end('b'), 300));
  const page = await site.open();
  await page.evaluate(`new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    xhr.onload = () => {
      if (xhr.responseText === 'b') return resolve();
      xhr.open('GET', '/second'); xhr.send();
    };
    xhr.open('GET', '/first'); xhr.send();
  })`);
  const [first, second] = await Promise.all([site.span('http.client', to('/first')), site.span('http.client', to('/second'))]);
  for (const span of [first, second])
    expect([span.status, value(span, 'http.response.status_code'), value(span, 'sentry.cancellation_reason')]).toEqual([
      'ok',
      200,
      undefined,
    ]);
  expect(second.end_timestamp - second.start_timestamp).toBeGreaterThan(0.28);
});

test('a listener that stops the event does not keep the span open', async () => {
  site.routes.set('/x', (_request, response) => response.end('ok'));
  const page = await site.open();
  await page.evaluate(xhr('/x', `xhr.addEventListener('load', (event) => event.stopImmediatePropagation())`));
  expect((await site.span('http.client', to('/x'))).status).toBe('ok');
});

test('a synchronous request is a span, too, and its failure is thrown as it is', async () => {
  site.routes.set('/x', (_request, response) => response.end('ok'));
  const page = await site.open();
  expect(
    await page.evaluate(
      `(() => { const xhr = new XMLHttpRequest(); xhr.open('GET', '/x', false); xhr.send(); return xhr.responseText; })()`,
    ),
  ).toBe('ok');
  const thrown = `(() => { const xhr = new XMLHttpRequest(); xhr.open('GET', 'http://127.0.0.1:1/x', false); try { xhr.send() } catch (error) { return error.name } })()`;
  expect(await page.evaluate(thrown)).toBe('NetworkError');
  expect((await site.span('http.client', to('/x'))).status).toBe('ok');
  expect((await site.span('http.client', (one) => value(one, 'server.port') === 1)).status).toBe('error');
});

test('misuse throws what it always threw', async () => {
  const page = await site.open();
  const names = await page.evaluate(`(() => {
    const caught = [];
    for (const misuse of [(x) => x.send(), (x) => x.setRequestHeader('baggage', 'a=1'), (x) => x.open('GET', 'http://['), (x) => x.open(), ...[['baggage'], ['baggage', 'a\\nb'], ['baggage', '\\u20ac']].map((given) => (x) => { x.open('GET', '/'); x.setRequestHeader(...given) })])
      try { misuse(new XMLHttpRequest()) } catch (error) { caught.push(error.name) }
    return caught;
  })()`);
  expect(names).toEqual(['InvalidStateError', 'InvalidStateError', 'SyntaxError', 'TypeError', 'TypeError', 'SyntaxError', 'TypeError']);
});

test('R28: another origin gets no headers unless it is listed', async () => {
  site.apiRoutes.set('/x', (_request, response) => response.writeHead(200, { 'access-control-allow-origin': '*' }).end('ok'));
  const page = await site.open();
  expect(await page.evaluate(xhr(`${site.apiOrigin}/x`))).toEqual([200, 'ok']);
  expect(site.apiSeen.map(({ method, headers }) => [method, headers['sentry-trace']])).toEqual([['GET', undefined]]);
});

test.each([1, 0])(
  'R28: a redirect to another origin that refuses the headers fails once and then without them no more (rate %s)',
  async (rate) => {
    site.apiRoutes.set('/file', (_request, response) => response.writeHead(200, { 'access-control-allow-origin': '*' }).end('file'));
    site.routes.set('/download', (_request, response) => response.writeHead(302, { location: `${site.apiOrigin}/file` }).end());
    const page = await site.open({ options: `tracesSampleRate: ${rate}` });
    expect(await page.evaluate(xhr('/download'))).toEqual([0, '']);
    await expect.poll(() => site.apiSeen.map(({ method }) => method)).toContain('GET');
    await expect.poll(() => page.evaluate(xhr('/download'))).toEqual([200, 'file']);
  },
);

test('R36: the methods keep name and length, and close restores them', async () => {
  const methods = `['open', 'send', 'setRequestHeader'].map((name) => XMLHttpRequest.prototype[name])`;
  const page = await site.open({ before: `globalThis.natives = ${methods}` });
  const facts = await page.evaluate(`(async () => {
    const during = ${methods}.map((method, at) => method !== natives[at] && method.name === natives[at].name && method.length === natives[at].length);
    await SpanStream.close();
    return [...during, ...${methods}.map((method, at) => method === natives[at])];
  })()`);
  expect(facts).toEqual(Array(6).fill(true));
});
