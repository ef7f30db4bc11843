import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Site, type WireSpan } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const value = (span: WireSpan, key: string): unknown => span.attributes[key]?.value;
const durationMs = (span: WireSpan): number => (span.end_timestamp - span.start_timestamp) * 1000;
const to = (path: string) => (span: WireSpan) => value(span, 'url.path') === path;

/** Answers at once and ends the body 300 ms later. */
const slowBody = (_request: unknown, response: { write(text: string): void; end(text: string): void }): void => {
  response.write('first ');
  setTimeout(() => response.end('last'), 300);
};

describe('fetch', () => {
  test('a request is a span below the page load with its own headers, and its response is unchanged', async () => {
    site.routes.set('/data', (_request, response) => response.writeHead(201, { 'x-a': 'b' }).end('{"a":1}'));
    const page = await site.open();
    const answer = await page.evaluate(`(async () => {
      const response = await fetch('/data?key=secret', { method: 'post', body: 'x', headers: { 'x-own': '1' } });
      return [response instanceof Response, response.url, response.status, response.headers.get('x-a'), Object.keys(response), response.bodyUsed, await response.json(), response.bodyUsed];
    })()`);
    expect(answer).toEqual([true, `${site.origin}/data?key=secret`, 201, 'b', [], false, { a: 1 }, true]);
    const span = await site.span('http.client', to('/data'));
    const root = await site.span('pageload');
    expect(span).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id, name: 'POST 127.0.0.1', status: 'ok' });
    expect(span.attributes).toMatchObject({
      'http.request.method': { value: 'POST' },
      'url.scheme': { value: 'http' },
      'http.response.status_code': { value: 201 },
      'http.response.body.size': { value: 7 },
      'url.full': { value: `${site.origin}/data?key=[Filtered]` },
      'sentry.origin': { value: 'auto.http.fetch' },
    });
    expect(value(span, 'http.request.method_original')).toBeUndefined();
    const { headers } = site.seen.find(({ path }) => path.startsWith('/data'))!;
    expect(headers['sentry-trace']).toBe(`${span.trace_id}-${span.span_id}-1`);
    expect(headers['traceparent']).toBe(`00-${span.trace_id}-${span.span_id}-01`);
    expect(headers['baggage']).toContain(`sentry-trace_id=${span.trace_id}`);
    expect(headers['x-own']).toBe('1');
  });

  test.each([
    ['reads it as text', 'await response.text()'],
    ['reads it with a reader', 'const reader = response.body.getReader(); while (!(await reader.read()).done);'],
    ['iterates over it', 'for await (const chunk of response.body);'],
    ['pipes it', 'await response.body.pipeTo(new WritableStream())'],
    ['reads a clone of it', 'await response.clone().text()'],
    ['puts it into a cache', `await (await caches.open('c')).put('/slow', response)`],
    ['never reads it', ''],
  ])('the span ends with the body when the page %s', async (_how, read) => {
    site.routes.set('/slow', slowBody);
    const page = await site.open();
    await page.evaluate(`(async () => { const response = await fetch('/slow'); ${read} })()`);
    const span = await site.span('http.client', to('/slow'));
    expect(durationMs(span)).toBeGreaterThan(280);
    expect(span.status).toBe('ok');
    expect(value(span, 'sentry.cancellation_reason')).toBeUndefined();
  });

  test('the span has ended when reading is done', async () => {
    site.routes.set('/slow', slowBody);
    const page = await site.open();
    await page.evaluate(`fetch('/slow').then((response) => response.text()).then(() => SpanStream.flush())`);
    expect(site.withOp('http.client')).toHaveLength(1);
  });

  test('a reader that hands the stream on to another one is no failure, and not the end', async () => {
    site.routes.set('/slow', slowBody);
    const page = await site.open();
    await page.evaluate(`(async () => {
      const { body } = await fetch('/slow');
      const first = body.getReader();
      await first.read();
      first.releaseLock();
      const second = body.getReader();
      while (!(await second.read()).done);
    })()`);
    const span = await site.span('http.client', to('/slow'));
    expect([span.status, value(span, 'error.type'), durationMs(span) > 280]).toEqual(['ok', undefined, true]);
  });

  test('a body that breaks off while a reader reads is an error', async () => {
    site.routes.set('/broken', (_request, response) => {
      response.write('a');
      setTimeout(() => response.socket!.destroy(), 50);
    });
    const page = await site.open();
    const names = await page.evaluate(`(async () => {
      const reader = (await fetch('/broken')).body.getReader();
      await reader.read();
      return Promise.all([reader.read(), reader.closed].map((promise) => promise.catch((error) => error.name)));
    })()`);
    expect(names).toEqual(['TypeError', 'TypeError']);
    const span = await site.span('http.client', to('/broken'));
    expect([span.status, value(span, 'error.type')]).toEqual(['error', 'TypeError']);
  });

  test('a body that breaks off is an error of the span and of the page', async () => {
    site.routes.set('/broken', (_request, response) => {
      response.write('a');
      setTimeout(() => response.socket!.destroy(), 50);
    });
    const page = await site.open();
    const thrown = await page.evaluate(
      `fetch('/broken').then((r) => r.text()).catch((error) => [error instanceof TypeError, error.message])`,
    );
    expect(thrown).toEqual([true, 'Failed to fetch']);
    const span = await site.span('http.client', to('/broken'));
    expect([span.status, value(span, 'error.type')]).toEqual(['error', 'TypeError']);
  });

  test('a request that is given up passes its error on; to give up the body is no error', async () => {
    for (const path of ['/before', '/during'])
      site.routes.set(path, (_request, response) => void (path === '/during' && response.write('a')));
    const page = await site.open();
    const reasons = await page.evaluate(`(async () => {
      const reason = new Error('mine');
      const first = new AbortController();
      setTimeout(() => first.abort(reason), 50);
      const isSame = await fetch('/before', { signal: first.signal }).catch((error) => error === reason);
      const second = new AbortController();
      await fetch('/during', { signal: second.signal });
      second.abort();
      return isSame;
    })()`);
    expect(reasons).toBe(true);
    expect((await site.span('http.client', to('/before'))).status).toBe('error');
    const during = await site.span('http.client', to('/during'));
    expect([during.status, value(during, 'sentry.cancellation_reason')]).toEqual(['ok', 'aborted']);
  });

  test('a failure is unchanged, and unhandled where nobody handles it', async () => {
    const page = await site.open({
      before: `addEventListener('unhandledrejection', (e) => (globalThis.unhandled ??= []).push(e.reason.name))`,
    });
    await page.evaluate(`void fetch('http://127.0.0.1:1/', { method: 'POST' })`);
    const span = await site.span('http.client', (one) => value(one, 'server.port') === 1);
    expect([span.status, value(span, 'error.type')]).toEqual(['error', 'TypeError']);
    expect(await page.evaluate('globalThis.unhandled')).toEqual(['TypeError']);
  });

  test('a status from 400 is an error', async () => {
    const page = await site.open();
    await page.evaluate(`fetch('/missing')`);
    const span = await site.span('http.client', to('/missing'));
    expect([span.status, value(span, 'error.type')]).toEqual(['error', '404']);
  });

  test('R25: headers in any form are kept, and a request with trace headers is left alone', async () => {
    site.routes.set('/h', (_request, response) => response.end());
    const page = await site.open();
    await page.evaluate(`Promise.all([
      fetch('/h?record', { headers: { 'x-a': '1', baggage: 'mine=1' } }),
      fetch('/h?pairs', { headers: [['x-a', '1'], ['X-B', '2']] }),
      fetch('/h?headers', { headers: new Headers({ 'x-a': '1' }) }),
      fetch(new Request('/h?request', { headers: { 'x-a': '1' }, referrer: '/from', cache: 'no-store' })),
      fetch(new Request('/h?both', { headers: { 'x-b': '1' } }), { headers: { 'x-a': '1' } }),
      fetch(new URL('/h?url', location.href), Object.freeze({ headers: Object.freeze({ 'x-a': '1' }) })),
      fetch('/h?asinit', new Request('/other', { headers: { 'x-a': '1' } })),
      fetch('/h?own', { headers: { 'x-a': '1', traceparent: '00-11111111111111111111111111111111-1111111111111111-00' } }),
    ])`);
    const of = (query: string) => site.seen.find(({ path }) => path === `/h?${query}`)!.headers;
    for (const query of ['record', 'pairs', 'headers', 'request', 'both', 'url', 'asinit']) {
      expect(of(query)['x-a'], query).toBe('1');
      expect(of(query)['sentry-trace'], query).toMatch(/^[0-9a-f]{32}-[0-9a-f]{16}-1$/);
    }
    expect(of('record')['baggage']).toMatch(/^mine=1,sentry-/);
    expect(of('pairs')['x-b']).toBe('2');
    expect(of('both')['x-b']).toBeUndefined();
    expect(of('request')['referer']).toBe(`${site.origin}/from`);
    expect(of('own')).toMatchObject({ traceparent: '00-11111111111111111111111111111111-1111111111111111-00' });
    expect(of('own')['sentry-trace']).toBeUndefined();
  });

  test.each([
    ['of another frame', `const { Request } = frames[0];`, ''],
    ['of a page that has put something else into the place of Request', '', 'globalThis.Request = class Request {};'],
  ])('R28: a Request %s keeps its method, headers and body', async (_whose, before, after) => {
    site.routes.set('/h', (_request, response) => response.end());
    const page = await site.open({ body: '<iframe></iframe>' });
    await page.evaluate(`(async () => {
      ${before} const request = new Request(location.origin + '/h', { method: 'POST', body: 'b', headers: { 'x-a': '1' } }); ${after}
      await fetch(request);
    })()`);
    const seen = site.seen.find(({ path }) => path === '/h')!;
    expect([seen.method, seen.headers['x-a'], seen.headers['content-length']]).toEqual(['POST', '1', '1']);
    expect(seen.headers['sentry-trace']).toMatch(/-1$/);
    expect((await site.span('http.client', to('/h'))).name).toBe('POST 127.0.0.1');
  });

  test('R28: headers that can be read once arrive', async () => {
    site.routes.set('/h', (_request, response) => response.end());
    const page = await site.open();
    await page.evaluate(`fetch('/h', { headers: new Map([['sentry-trace', 'mine'], ['x-a', '1']]).entries() })`);
    const { headers } = site.seen.find(({ path }) => path === '/h')!;
    expect([headers['sentry-trace'], headers['x-a']]).toEqual(['mine', '1']);
  });

  test('a request that the browser refuses for its headers leaves no span open', async () => {
    const page = await site.open();
    expect(await page.evaluate(`fetch('/', { headers: { 'no name': '1' } }).catch((error) => error.name)`)).toBe('TypeError');
    expect(await page.evaluate(`client.openSpans().map(({ name }) => name)`)).toEqual(['Pageload']);
    expect((await site.span('http.client')).status).toBe('error');
  });

  test('R34: what somebody added to all objects is no header', async () => {
    site.routes.set('/h', (_request, response) => response.end());
    const page = await site.open({ before: `Object.prototype.extend = function (other) {\n return other; };` });
    await page.evaluate(`fetch('/h').then(() => new Promise((resolve) => {
      const xhr = new XMLHttpRequest(); xhr.open('GET', '/h?xhr'); xhr.onload = resolve; xhr.send(); }))`);
    expect(
      site.seen.filter(({ path }) => path.startsWith('/h')).map(({ headers }) => [typeof headers['sentry-trace'], headers['extend']]),
    ).toEqual(Array(2).fill(['string', undefined]));
    for (const library of ['fetch', 'xhr']) await site.span('http.client', (one) => value(one, 'sentry.origin') === `auto.http.${library}`);
  });

  test('R34: a reason that cannot be looked at passes through', async () => {
    site.routes.set('/never', () => undefined);
    const page = await site.open();
    const isSame = await page.evaluate(`(async () => {
      const trap = () => { throw new Error('trap') };
      const reason = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap });
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason));
      return fetch('/never', { signal: controller.signal }).catch((error) => error === reason);
    })()`);
    expect(isSame).toBe(true);
    expect((await site.span('http.client')).status).toBe('error');
  });

  test('what is no Request is asked for by its text', async () => {
    site.routes.set('/text', (_request, response) => response.end());
    const page = await site.open();
    await page.evaluate(`fetch({ url: '/none', toString: () => '/text' })`);
    expect((await site.span('http.client', to('/text'))).status).toBe('ok');
  });

  test('what the page passed in is not changed', async () => {
    site.routes.set('/h', (_request, response) => response.end());
    const page = await site.open();
    const left = await page.evaluate(`(async () => {
      const init = { headers: { 'x-a': '1' } };
      const request = new Request('/h');
      await fetch('/h', init); await fetch(request);
      return [JSON.stringify(init), [...request.headers.keys()]];
    })()`);
    expect(left).toEqual(['{"headers":{"x-a":"1"}}', []]);
  });

  test('R36: fetch keeps name, length and identity, and close restores it', async () => {
    const page = await site.open({
      before: 'globalThis.native = fetch; globalThis.descriptor = JSON.stringify(Object.getOwnPropertyDescriptor(globalThis, "fetch"))',
    });
    const facts = await page.evaluate(`(async () => {
      const during = [fetch.name, fetch.length, fetch === native, JSON.stringify(Object.getOwnPropertyDescriptor(globalThis, "fetch")) === descriptor, await fetch.call({}, '/').catch((e) => e.name)];
      await SpanStream.close();
      return [...during, fetch === native];
    })()`);
    expect(facts).toEqual(['fetch', 1, false, true, 'TypeError', true]);
  });

  test('R36: a wrapper that somebody put around ours stays', async () => {
    const page = await site.open();
    const isKept = await page.evaluate(`(async () => {
      const ours = fetch;
      const theirs = globalThis.fetch = (...args) => ours(...args);
      await SpanStream.close();
      return fetch === theirs && (await fetch('/')).ok;
    })()`);
    expect(isKept).toBe(true);
  });
});

describe('R28: other origins', () => {
  const cors = { 'access-control-allow-origin': '*' };

  test('get no headers unless they are listed', async () => {
    site.apiRoutes.set('/x', (_request, response) => response.writeHead(200, cors).end('ok'));
    const page = await site.open();
    expect(await page.evaluate(`fetch('${site.apiOrigin}/x').then((r) => r.text())`)).toBe('ok');
    expect(site.apiSeen.map(({ method }) => method)).toEqual(['GET']);
    expect(site.apiSeen[0]!.headers['sentry-trace']).toBeUndefined();
    expect((await site.span('http.client', to('/x'))).status).toBe('ok');
  });

  test('get them when they are listed', async () => {
    site.apiRoutes.set('/x', (_request, response) => response.writeHead(200, { ...cors, 'access-control-allow-headers': '*' }).end('ok'));
    const page = await site.open({ options: `tracePropagationTargets: ['${site.apiOrigin}', '/own']` });
    await page.evaluate(`fetch('${site.apiOrigin}/x')`);
    await page.evaluate(`Promise.all([fetch('/own'), fetch('/unlisted')])`);
    expect(site.apiSeen.at(-1)!.headers['sentry-trace']).toMatch(/-1$/);
    const own = (path: string) => site.seen.find((one) => one.path === path)!.headers['sentry-trace'];
    expect([typeof own('/own'), own('/unlisted')]).toEqual(['string', undefined]);
  });

  test('a listed server that refuses the headers breaks no request that asks', async () => {
    site.apiRoutes.set('/x', (_request, response) => response.writeHead(200, cors).end('ok'));
    const page = await site.open({ options: `tracePropagationTargets: [/127/]` });
    const get = `fetch('${site.apiOrigin}/x').then((r) => r.text())`;
    expect(await page.evaluate(get)).toBe('ok');
    expect(await page.evaluate(get)).toBe('ok');
    expect(site.apiSeen.map(({ method }) => method)).toEqual(['OPTIONS', 'GET', 'GET']);
  });

  test('a redirect to one that refuses the headers breaks no request', async () => {
    site.apiRoutes.set('/file', (_request, response) => response.writeHead(200, cors).end('file'));
    site.routes.set('/download', (_request, response) => response.writeHead(302, { location: `${site.apiOrigin}/file` }).end());
    const page = await site.open();
    expect(await page.evaluate(`fetch('/download').then((r) => r.text())`)).toBe('file');
    expect((await site.span('http.client', to('/download'))).status).toBe('ok');
  });

  const probing = (): string =>
    `tracePropagationTargets: [/127/], integrations: [SpanStream.fetchIntegration({ probeCors: true }), SpanStream.xhrIntegration({ probeCors: true })]`;
  const post = (): string => `fetch('${site.apiOrigin}/x', { method: 'POST', body: 'a' }).then((r) => r.text())`;

  test('with probeCors they get the headers after a probe with them was accepted', async () => {
    site.apiRoutes.set('/x', (_request, response) => response.writeHead(200, { ...cors, 'access-control-allow-headers': '*' }).end('ok'));
    const page = await site.open({ options: probing() });
    await page.evaluate(post());
    await expect.poll(() => site.apiSeen.map(({ method }) => method).toSorted()).toEqual(['HEAD', 'OPTIONS', 'POST']);
    expect(site.apiSeen.find(({ method }) => method === 'POST')!.headers['sentry-trace']).toBeUndefined();
    await expect
      .poll(async () => {
        await page.evaluate(post());
        return site.apiSeen.at(-1)!.headers['sentry-trace'];
      })
      .toMatch(/-1$/);
    expect(site.apiSeen.filter(({ method }) => method === 'HEAD')).toHaveLength(1);
  });

  test('with probeCors they never get them when the probe was refused, and no request fails', async () => {
    site.apiRoutes.set('/x', (request, response) => {
      if (request.method === 'OPTIONS') response.writeHead(403).end();
      else response.writeHead(200, cors).end('ok');
    });
    const page = await site.open({ options: probing() });
    for (let round = 0; round < 4; round++) expect(await page.evaluate(post())).toBe('ok');
    expect(site.apiSeen.filter(({ method }) => method === 'OPTIONS')).toHaveLength(1);
    expect(site.apiSeen.filter(({ headers }) => headers['sentry-trace'] !== undefined)).toEqual([]);
  });

  test.each(['/tunnel', 'tunnel?a=1', '//HOST/tunnel', 'http://HOST/tunnel'])(
    'requests to the tunnel %s are never traced',
    async (tunnel) => {
      site.routes.set('/tunnel', (_request, response) => response.end('{}'));
      const page = await site.open({ options: `tunnel: '${tunnel.replace('HOST', new URL(site.origin).host)}'` });
      await page.evaluate(`SpanStream.tracing.startSpan({ name: 'own' }, () => {}); SpanStream.flush()`);
      await expect.poll(() => site.seen.filter(({ path }) => path.startsWith('/tunnel')).length).toBeGreaterThan(0);
      const { started, open } = (await page.evaluate('client.stats()')) as { started: number; open: number };
      const named = await page.evaluate('client.openSpans().map(({ name }) => name)');
      expect(named).not.toContain('POST 127.0.0.1');
      expect(started - open).toBeGreaterThan(0);
      expect(site.seen.find(({ path }) => path.startsWith('/tunnel'))!.headers['sentry-trace']).toBeUndefined();
    },
  );

  test("the SDK's own requests are never traced", async () => {
    const page = await site.open();
    await page.evaluate(`SpanStream.tracing.startSpan({ name: 'a' }, () => {}); SpanStream.flush()`);
    await site.span('pageload');
    await page.evaluate(`SpanStream.flush()`);
    expect(site.withOp('http.client')).toEqual([]);
  });
});
