import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { type Options, tracing } from '@spanstream/core';
import { Agent, Pool, request, stream } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listen, type ReceivedSpan, type Rig, spansEnded, startRig } from './test-rig.ts';
import { undiciIntegration } from './undici.ts';
import { addTraceHeaders, type UndiciRequest } from './undici-headers.ts';

const TRACE_ID = '0123456789abcdef0123456789abcdef';
const SPAN_ID = '0123456789abcdef';

interface Echo {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly url: string;
}

let rig: Rig;
let echo: Awaited<ReturnType<typeof listen>>;
let finish: () => void = () => undefined;
beforeAll(async () => {
  echo = await listen((incoming, response) => {
    const path = incoming.url!;
    if (path === '/redirect') return void response.writeHead(302, { location: '/target' }).end();
    if (path === '/break') return void response.writeHead(200, { 'content-length': 10 }).write('1', () => response.destroy());
    if (path === '/silent') return;
    if (path === '/slow') {
      response.write('1');
      finish = () => response.end('2');
      return;
    }
    response.statusCode = Number(/^\/(\d+)$/.exec(path)?.[1] ?? 200);
    incoming
      .resume()
      .on('end', () => response.end(JSON.stringify({ headers: incoming.headers, rawHeaders: incoming.rawHeaders, url: path })));
  });
});
afterAll(() => echo.close());
afterEach(() => rig.close());

function start(options: Options = {}): void {
  rig = startRig([undiciIntegration()], options);
}

async function inParent<T>(work: () => Promise<T>, clientSpans = 1): Promise<{ result: T; parent: ReceivedSpan; spans: ReceivedSpan[] }> {
  const result = await tracing.startSpan({ name: 'parent' }, work);
  await spansEnded(rig, clientSpans + 1);
  const all = await rig.spans();
  return { result, parent: all.find((span) => span.name === 'parent')!, spans: all.filter((span) => span.name !== 'parent') };
}

/** The clients, each asked in its own way: Node's own undici behind `fetch`, and the package. */
describe.each<[string, (url: string, headers?: [string, string][]) => Promise<{ status: number; text: string }>]>([
  [
    'fetch',
    async (url, headers = []) => {
      const response = await fetch(url, { headers });
      return { status: response.status, text: await response.text() };
    },
  ],
  [
    'fetch of a Request',
    async (url, headers = []) => {
      const response = await fetch(new Request(url, { headers: new Headers(headers) }));
      return { status: response.status, text: await response.text() };
    },
  ],
  [
    'undici.request',
    async (url, headers = []) => {
      const { statusCode, body } = await request(url, { headers: Object.fromEntries(headers) });
      return { status: statusCode, text: await body.text() };
    },
  ],
  [
    'undici.request with raw headers',
    async (url, headers = []) => {
      const { statusCode, body } = await request(url, { headers: headers.flat() });
      return { status: statusCode, text: await body.text() };
    },
  ],
  [
    'undici.stream',
    async (url, headers = []) => {
      let status = 0;
      const chunks: Buffer[] = [];
      const { PassThrough } = await import('node:stream');
      await stream(url, { method: 'GET', headers: Object.fromEntries(headers) }, ({ statusCode }) => {
        status = statusCode;
        return new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
      });
      return { status, text: Buffer.concat(chunks).toString() };
    },
  ],
])('%s', (_name, ask) => {
  const askEcho = async (headers?: [string, string][]): Promise<Echo> =>
    JSON.parse((await ask(`${echo.url}/x?token=secret`, headers)).text) as Echo;

  it('has a span with the names and attributes of the conventions, and the headers of that span', async () => {
    start();
    const { result, parent, spans } = await inParent(() => askEcho());
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({ name: 'GET 127.0.0.1', status: 'ok', parent_span_id: parent.span_id, trace_id: parent.trace_id });
    expect(spans[0]!.attributes).toMatchObject({
      'sentry.op': 'http.client',
      'sentry.origin': 'auto.http.undici',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': `${echo.url}/x?token=[Filtered]`,
      'server.address': '127.0.0.1',
      'server.port': echo.port,
    });
    expect(result.headers['sentry-trace']).toBe(`${spans[0]!.trace_id}-${spans[0]!.span_id}-1`);
    for (const name of ['sentry-trace', 'baggage', 'traceparent'])
      expect(result.rawHeaders.filter((header) => header.toLowerCase() === name)).toHaveLength(1);
  });

  it('R27: propagates without a span', async () => {
    start();
    expect((await askEcho()).headers['sentry-trace']).toMatch(/^[\da-f]{32}-[\da-f]{16}$/);
    expect(await rig.spans()).toEqual([]);
  });

  it.each(['Sentry-Trace', 'TraceParent'])('R25: a request that carries %s is left alone', async (name) => {
    start();
    const { headers, rawHeaders } = await askEcho([[name, 'own']]);
    expect(headers[name.toLowerCase()]).toBe('own');
    expect(rawHeaders.filter((header) => /^(sentry-trace|traceparent|baggage)$/i.test(header))).toHaveLength(1);
  });

  it('R25: a request that carries baggage keeps its members', async () => {
    start();
    const { headers, rawHeaders } = await tracing.continueTrace(
      { 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-1`, baggage: 'tenant=upstream,other=1' },
      () => askEcho([['Baggage', 'tenant=mine;p=1']]),
    );
    expect(rawHeaders.filter((header) => header.toLowerCase() === 'baggage')).toHaveLength(1);
    expect(headers['baggage']).toMatch(/^tenant=mine;p=1,other=1,sentry-/);
  });

  it.each([
    [404, 'error'],
    [500, 'error'],
    [204, 'ok'],
  ])('has for %i the status %s', async (code, status) => {
    start();
    const { spans } = await inParent(() => ask(`${echo.url}/${code}`));
    expect(spans[0]).toMatchObject({ status, attributes: { 'http.response.status_code': code } });
  });

  it('is an error when the server breaks off', async () => {
    start();
    const { spans } = await inParent(() => ask(`${echo.url}/break`).catch(() => undefined));
    expect(spans[0]).toMatchObject({ status: 'error', attributes: { 'http.response.status_code': 200, 'error.type': expect.any(String) } });
  });

  it("R28: keeps to tracePropagationTargets and leaves the SDK's own requests alone", async () => {
    start({ dsn: `http://${'0'.repeat(32)}@127.0.0.1:${echo.port}/1`, tracePropagationTargets: ['/only'] });
    const { result, spans } = await inParent(async () => [
      await askEcho(),
      JSON.parse((await ask(`${echo.url}/api/1/envelope/?x=/only`)).text) as Echo,
    ]);
    for (const { headers } of result) expect(headers).not.toHaveProperty('sentry-trace');
    expect(spans.map((span) => span.attributes['url.path'])).toEqual(['/x']);
  });

  it('R36: is out of the way after teardown', async () => {
    start();
    await rig.close();
    expect((await askEcho()).headers).not.toHaveProperty('sentry-trace');
  });
});

describe('the end', () => {
  it('comes with the last byte of the body', async () => {
    start();
    await inParent(async () => {
      const response = await fetch(`${echo.url}/slow`);
      expect(rig.client.openSpans().map((span) => span.name)).toContain('GET 127.0.0.1');
      finish();
      expect(await response.text()).toBe('12');
    });
  });

  it('comes for each hop of a redirect', async () => {
    start();
    const { spans } = await inParent(async () => (await fetch(`${echo.url}/redirect`)).text(), 2);
    expect(spans.map((span) => [span.attributes['url.path'], span.attributes['http.response.status_code']])).toEqual([
      ['/redirect', 302],
      ['/target', 200],
    ]);
  });

  it('comes with an error when nobody answers or the application gives up before', async () => {
    start();
    const gone = await listen(() => undefined);
    await gone.close();
    const { spans } = await inParent(async () => {
      await fetch(gone.url).catch(() => undefined);
      const controller = new AbortController();
      const asked = once(echo.server, 'request');
      const answer = fetch(`${echo.url}/silent`, { signal: controller.signal }).catch(() => undefined);
      await asked;
      controller.abort();
      await answer;
    }, 2);
    expect(spans.map((span) => [span.status, span.attributes['error.type']])).toEqual([
      ['error', 'ECONNREFUSED'],
      ['error', expect.stringMatching(/Abort|ABORT/)],
    ]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['fetch', async () => (await fetch(`${echo.url}/slow`)).body!.cancel()],
    ['undici.request', async () => (await request(`${echo.url}/slow`)).body.on('error', () => undefined).destroy()],
  ])('comes without an error when %s stops reading', async (_name, stop) => {
    start();
    const { spans } = await inParent(stop);
    expect(spans[0]).toMatchObject({
      status: 'ok',
      attributes: { 'sentry.cancellation_reason': 'aborted', 'http.response.status_code': 200 },
    });
  });
});

describe('a pool', () => {
  it('R1: gives a request that waits for a connection its own parent', async () => {
    start();
    const pool = new Pool(echo.url, { connections: 1 });
    const ask = (name: string) =>
      tracing.startNewTrace(() =>
        tracing.startSpan({ name }, async () => {
          const { body } = await pool.request({ path: `/${name}`, method: 'GET' });
          return JSON.parse(await body.text()) as Echo;
        }),
      );
    await Promise.all(['a', 'b', 'c', 'd'].map(ask));
    await pool.close();
    await spansEnded(rig, 8);
    const spans = await rig.spans();
    for (const name of ['a', 'b', 'c', 'd']) {
      const parent = spans.find((span) => span.name === name)!;
      expect(spans.find((span) => span.attributes['url.path'] === `/${name}`)).toMatchObject({
        parent_span_id: parent.span_id,
        trace_id: parent.trace_id,
      });
    }
  });

  it('R1: the same for fetch with an agent of one connection', async () => {
    start();
    const dispatcher = new Agent({ connections: 1 });
    const { fetch: undiciFetch } = await import('undici');
    const ask = (name: string) =>
      tracing.startNewTrace(() =>
        tracing.startSpan({ name }, async () => (await undiciFetch(`${echo.url}/${name}`, { dispatcher })).text()),
      );
    await Promise.all(['a', 'b', 'c', 'd'].map(ask));
    await dispatcher.close();
    await spansEnded(rig, 8);
    const spans = await rig.spans();
    for (const name of ['a', 'b', 'c', 'd']) {
      const parent = spans.find((span) => span.name === name)!;
      expect(spans.find((span) => span.attributes['url.path'] === `/${name}`)).toMatchObject({
        parent_span_id: parent.span_id,
        trace_id: parent.trace_id,
      });
    }
  });
});

describe('header forms', () => {
  const fake = (headers: UndiciRequest['headers']): UndiciRequest => ({
    path: '/',
    method: 'GET',
    headers,
    addHeader(name, value) {
      if (typeof this.headers === 'string') this.headers += `${name}: ${value}\r\n`;
      else this.headers.push(name, value);
    },
  });

  it.each<[string, UndiciRequest['headers'], UndiciRequest['headers']]>([
    ['text', 'a: b\r\nBaggage: mine=1\r\n', 'a: b\r\nsentry-trace: t\r\nbaggage: mine=1,sentry-x=1\r\n'],
    ['a list', ['a', 'b', 'Baggage', 'mine=1'], ['a', 'b', 'sentry-trace', 't', 'baggage', 'mine=1,sentry-x=1']],
    ['a list with arrays', ['Baggage', ['mine=1', 'my=2'], 'a', 'b'], ['a', 'b', 'sentry-trace', 't', 'baggage', 'mine=1,my=2,sentry-x=1']],
    ['text that has its own', 'SENTRY-TRACE: own\r\n', 'SENTRY-TRACE: own\r\n'],
  ])('R25: %s', (_name, before, after) => {
    const waiting = fake(before);
    addTraceHeaders(waiting, { 'sentry-trace': 't', baggage: 'sentry-x=1' });
    expect(waiting.headers).toEqual(after);
  });

  it('R34: messages of somebody else on the channels hurt nobody', async () => {
    const { channel } = await import('node:diagnostics_channel');
    start();
    for (const name of ['create', 'headers', 'trailers', 'error'])
      for (const message of [undefined, {}, { request: {} }]) channel(`undici:request:${name}`).publish(message);
    expect(await rig.spans()).toEqual([]);
  });
});
