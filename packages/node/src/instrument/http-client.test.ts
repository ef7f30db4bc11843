import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { createRequire } from 'node:module';
import { createServer, type Server, Socket } from 'node:net';
import { type Options, tracing } from '@spanstream/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { httpClientIntegration } from './http-client.ts';
import { httpServerIntegration } from './http-server.ts';
import { listen, type ReceivedSpan, type Rig, spansEnded, startRig } from './test-rig.ts';

const TRACE_ID = '0123456789abcdef0123456789abcdef';
const SPAN_ID = '0123456789abcdef';

let rig: Rig;
let echo: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  echo = await listen((incoming, response) => {
    response.statusCode = Number(/^\/(\d+)$/.exec(incoming.url!)?.[1] ?? 200);
    incoming
      .resume()
      .on('end', () => response.end(JSON.stringify({ headers: incoming.headers, rawHeaders: incoming.rawHeaders, url: incoming.url })));
  });
});
afterAll(() => echo.close());
afterEach(() => rig.close());

function start(options: Options = {}): void {
  rig = startRig([httpClientIntegration()], options);
}

async function read(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return body;
}

async function answerTo(sent: ClientRequest): Promise<{ headers: IncomingHttpHeaders; rawHeaders: string[]; url: string }> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return JSON.parse(await read(response)) as Awaited<ReturnType<typeof answerTo>>;
}

/** Runs it in a span of its own and answers with that and the client's spans. */
async function inParent<T>(work: () => Promise<T>, clientSpans = 1): Promise<{ result: T; parent: ReceivedSpan; spans: ReceivedSpan[] }> {
  const result = await tracing.startSpan({ name: 'parent' }, work);
  await spansEnded(rig, clientSpans + 1);
  const all = await rig.spans();
  return { result, parent: all.find((span) => span.name === 'parent')!, spans: all.filter((span) => span.name !== 'parent') };
}

describe('the client span', () => {
  it('has the names and attributes of the conventions, below the active span', async () => {
    start();
    const { parent, spans, result } = await inParent(() =>
      answerTo(request(`http://user:pass@127.0.0.1:${echo.port}/users/7?token=secret#frag`).end()),
    );
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({ name: 'GET 127.0.0.1', status: 'ok', parent_span_id: parent.span_id, trace_id: parent.trace_id });
    expect(spans[0]!.attributes).toMatchObject({
      'sentry.op': 'http.client',
      'sentry.origin': 'auto.http.node',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': `http://127.0.0.1:${echo.port}/users/7?token=[Filtered]`,
      'url.path': '/users/7',
      'server.address': '127.0.0.1',
      'server.port': echo.port,
      'network.protocol.version': '1.1',
    });
    expect(result.headers['sentry-trace']).toBe(`${spans[0]!.trace_id}-${spans[0]!.span_id}-1`);
    expect(result.headers['traceparent']).toBe(`00-${spans[0]!.trace_id}-${spans[0]!.span_id}-01`);
    expect(rig.envelopes.join()).not.toMatch(/secret|pass/);
  });

  const target = (): RequestOptions => ({ host: '127.0.0.1', port: echo.port, path: '/x' });
  it.each<[string, () => ClientRequest]>([
    ['get(string)', () => get(`${echo.url}/x`)],
    ['get(URL)', () => get(new URL(`${echo.url}/x`))],
    ['get(options)', () => get(target())],
    ['get(string, options)', () => get(`${echo.url}/y`, { path: '/x' })],
    ['get(URL, options, callback)', () => get(new URL(`${echo.url}/y`), { path: '/x' }, () => undefined)],
    ['get(string, callback)', () => get(`${echo.url}/x`, () => undefined)],
    ['request(options, callback)', () => request(target(), () => undefined).end()],
    ['request(null-prototype options)', () => request(Object.assign(Object.create(null) as RequestOptions, target())).end()],
    ['request of the module object', () => http.request(target()).end()],
    ['request of require', () => (createRequire(import.meta.url)('http') as typeof http).request(target()).end()],
    ['request without an agent', () => request({ ...target(), agent: false }).end()],
    [
      'request with createConnection',
      () => request({ ...target(), createConnection: (options) => new Socket().connect(options as { port: number }) }).end(),
    ],
    ['request with headers as an array', () => request({ ...target(), headers: ['Host', `127.0.0.1:${echo.port}`, 'X-Own', '1'] }).end()],
    [
      'request with Expect',
      () =>
        request({ ...target(), method: 'POST', headers: { Expect: '100-continue' } }).on('continue', function (this: ClientRequest) {
          this.end('body');
        }),
    ],
  ])('R34: %s is traced once and answered as ever', async (_name, send) => {
    start();
    const { result, spans } = await inParent(async () => answerTo(send()));
    expect(result.url).toBe('/x');
    expect(spans).toHaveLength(1);
    expect(spans[0]!.attributes['server.port']).toBe(echo.port);
    for (const name of ['sentry-trace', 'baggage', 'traceparent'])
      expect(result.rawHeaders.filter((header) => header.toLowerCase() === name)).toHaveLength(1);
    expect(result.headers['sentry-trace']).toContain(spans[0]!.span_id);
  });

  it.each([
    [404, 'error', '404'],
    [500, 'error', '500'],
    [204, 'ok', undefined],
    [304, 'ok', undefined],
  ])('has for %i the status %s', async (code, status, errorType) => {
    start();
    const { spans } = await inParent(async () => read((await once(get(`${echo.url}/${code}`), 'response'))[0]));
    expect(spans[0]).toMatchObject({ status, attributes: { 'http.response.status_code': code } });
    expect(spans[0]!.attributes['error.type']).toBe(errorType);
  });

  it('is named by the connection, not by a Host header that was passed on', async () => {
    start();
    const { spans } = await inParent(() => answerTo(get({ host: '127.0.0.1', port: echo.port, headers: { host: 'anybody.example' } })));
    expect(spans[0]!.name).toBe('GET 127.0.0.1');
  });

  it('names the target of a request to a forward proxy', async () => {
    start();
    const { spans } = await inParent(() => answerTo(get({ host: '127.0.0.1', port: echo.port, path: 'http://API.example.com/x?a=b' })));
    expect(spans[0]).toMatchObject({ name: 'GET api.example.com', attributes: { 'url.full': 'http://api.example.com/x?a=[Filtered]' } });
  });

  it('traces node:https', async () => {
    start();
    const { spans } = await inParent(async () => {
      const sent = https.get(`https://127.0.0.1:${await closedPort()}/`);
      expect(sent.getHeader('sentry-trace')).toBeDefined();
      await once(sent, 'close').catch(() => undefined);
    });
    expect(spans[0]).toMatchObject({ status: 'error', attributes: { 'url.scheme': 'https', 'error.type': 'ECONNREFUSED' } });
  });

  it('ends with the last byte of a streamed body', async () => {
    start();
    let finish: () => void = () => undefined;
    const slow = await listen((_request, response) => {
      response.write('1');
      finish = () => response.end('2');
    });
    await inParent(async () => {
      const [response] = (await once(get(slow.url), 'response')) as [IncomingMessage];
      expect(rig.client.openSpans().map((span) => span.name)).toContain('GET 127.0.0.1');
      finish();
      expect(await read(response)).toBe('12');
    });
    await slow.close();
  });

  it('ends for each request of a reused connection', async () => {
    start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { spans } = await inParent(() => Promise.all([1, 2, 3].map(() => answerTo(get(echo.url, { agent })))), 3);
    agent.destroy();
    expect(spans).toHaveLength(3);
  });
});

describe('a request that fails', () => {
  it('tells how, and the error reaches the application', async () => {
    start();
    const port = await closedPort();
    const { spans, result } = await inParent(async () =>
      once(get(`http://127.0.0.1:${port}/`), 'response').catch((error: NodeJS.ErrnoException) => error.code),
    );
    expect(result).toBe('ECONNREFUSED');
    expect(spans[0]).toMatchObject({ status: 'error', attributes: { 'error.type': 'ECONNREFUSED' } });
  });

  it.each<[string, (sent: ClientRequest) => unknown, string]>([
    ['destroyed', (sent) => sent.destroy(), 'ECONNRESET'],
    ['destroyed with an error', (sent) => sent.destroy(new RangeError('x')), 'RangeError'],
    ['destroyed by its timeout', (sent) => sent.setTimeout(1, () => sent.destroy(new Error('too late'))), 'Error'],
  ])('ends when it is %s', async (_name, stop, errorType) => {
    start();
    const silent = await listen(() => undefined);
    const { spans } = await inParent(async () => {
      const sent = get(silent.url).on('error', () => undefined);
      stop(sent);
      await new Promise((resolve) => sent.on('close', resolve));
    });
    await silent.close();
    expect(spans[0]).toMatchObject({ status: 'error', attributes: { 'error.type': errorType } });
  });

  it('ends with an error when the server breaks off, without one when the application stops reading', async () => {
    start();
    const broken = await listen((incoming, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('1', () => incoming.url === '/break' && response.destroy());
    });
    const { spans } = await inParent(async () => {
      const [response] = (await once(get(`${broken.url}/break`), 'response')) as [IncomingMessage];
      await read(response).catch(() => undefined);
      const sent = get(`${broken.url}/stop`);
      const [stopped] = (await once(sent, 'response')) as [IncomingMessage];
      stopped.destroy();
      await once(sent, 'close');
    }, 2);
    await broken.close();
    const of = (path: string) => spans.find((span) => span.attributes['url.path'] === path)!;
    expect(of('/break')).toMatchObject({ status: 'error', attributes: { 'error.type': 'ECONNRESET' } });
    expect(of('/stop')).toMatchObject({ status: 'ok', attributes: { 'sentry.cancellation_reason': 'aborted' } });
  });

  it('R34: leaves Node its habits: no listener for response or error is added', async () => {
    start();
    await inParent(async () => {
      const sent = get(echo.url, { agent: new Agent({ keepAlive: true }) });
      expect([sent.listenerCount('response'), sent.listenerCount('error')]).toEqual([0, 0]);
      await once(sent, 'close'); // only a discarded body lets it close
    });
  });

  it('R34: an upgrade ends the span and hands over the socket', async () => {
    start();
    const server: Server = createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 101 Hi\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nraw')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { spans, result } = await inParent(async () => {
      const [, socket, head] = await once(get({ host: '127.0.0.1', port, headers: { connection: 'Upgrade', upgrade: 'raw' } }), 'upgrade');
      socket.destroy();
      return String(head);
    });
    server.close();
    expect(result).toBe('raw');
    expect(spans[0]).toMatchObject({ status: 'ok', attributes: { 'http.response.status_code': 101 } });
    expect(spans[0]!.attributes).not.toHaveProperty('sentry.cancellation_reason');
  });
});

describe('propagation', () => {
  it('R27: without a span the headers go out and nothing is recorded', async () => {
    start();
    const { headers } = await answerTo(get(echo.url));
    expect(headers['sentry-trace']).toMatch(/^[\da-f]{32}-[\da-f]{16}$/);
    expect(headers['baggage']).toContain(`sentry-trace_id=${String(headers['sentry-trace']).slice(0, 32)}`);
    expect(await rig.spans()).toEqual([]);
  });

  it('R27: with tracing off the current trace goes on', async () => {
    start({ tracesSampleRate: undefined });
    const { headers } = await tracing.continueTrace({ 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-1` }, () => answerTo(get(echo.url)));
    expect(headers['sentry-trace']).toBe(`${TRACE_ID}-${SPAN_ID}-1`);
  });

  it('R23: suppressed requests say so', async () => {
    start();
    const { headers } = await tracing.suppressTracing(() => answerTo(get(echo.url)));
    expect(headers['sentry-trace']).toMatch(/-0$/);
    expect(headers['baggage']).toContain('sentry-sampled=false');
  });

  const asArray = (headers: Record<string, string>): string[] => [...Object.entries({ host: 'x', ...headers })].flat();
  describe.each<[string, (headers: Record<string, string>) => RequestOptions['headers']]>([
    ['a record', (headers) => headers],
    ['an array', (headers) => asArray(headers) as unknown as RequestOptions['headers']],
    ['a record with Expect', (headers) => ({ ...headers, Expect: '200-ok' })],
  ])('headers as %s', (_name, toHeaders) => {
    const send = (headers: Record<string, string>) => {
      const sent = request(`${quirky.url}/`, { headers: toHeaders(headers) });
      return answerTo(sent.end());
    };
    let quirky: typeof echo;
    beforeAll(async () => {
      quirky = await listen((_request, response) => void response.end());
      quirky.server.removeAllListeners('request');
      const answer = (incoming: IncomingMessage, response: ServerResponse): void =>
        void response.end(JSON.stringify({ headers: incoming.headers, rawHeaders: incoming.rawHeaders }));
      quirky.server.on('request', answer).on('checkExpectation', answer);
    });
    afterAll(() => quirky.close());

    it.each(['Sentry-Trace', 'TraceParent'])('R25: one that carries %s is left alone', async (name) => {
      start();
      const { rawHeaders } = await send({ [name]: `own`, baggage: 'mine=1' });
      expect(rawHeaders.filter((header) => /^(sentry-trace|traceparent|baggage)$/i.test(header))).toEqual([name, 'baggage']);
      expect(rawHeaders).toContain('mine=1');
    });

    it('R25: one that carries baggage keeps its members', async () => {
      start();
      const { headers, rawHeaders } = await tracing.continueTrace(
        { 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-1`, baggage: 'tenant=upstream,other=1' },
        () => send({ Baggage: 'tenant=mine;p=1' }),
      );
      expect(rawHeaders.filter((header) => header.toLowerCase() === 'baggage')).toHaveLength(1);
      expect(headers['baggage']).toMatch(/^tenant=mine;p=1,other=1,sentry-/);
      expect(headers['sentry-trace']).toContain(TRACE_ID);
    });
  });

  it('keeps to tracePropagationTargets', async () => {
    start({ tracePropagationTargets: ['/api/'] });
    const { result, spans } = await inParent(
      async () => [await answerTo(get(`${echo.url}/api/x`)), await answerTo(get(`${echo.url}/other`))],
      2,
    );
    expect(result.map(({ headers }) => headers['sentry-trace'] !== undefined)).toEqual([true, false]);
    expect(spans).toHaveLength(2);
  });

  it("R28: never touches the SDK's own requests, nor a tunnel's CONNECT", async () => {
    start({ dsn: `http://${'0'.repeat(32)}@127.0.0.1:${echo.port}/1` });
    const { result } = await inParent(async () => {
      const connect = request({ host: '127.0.0.1', port: echo.port, method: 'CONNECT', path: 'a.example:443' }).on(
        'error',
        () => undefined,
      );
      expect(connect.getHeader('sentry-trace')).toBeUndefined();
      connect.destroy();
      return answerTo(get(`${echo.url}/api/1/envelope/`));
    }, 0);
    expect(result.headers).not.toHaveProperty('sentry-trace');
  });

  it('R34: what Node refuses is refused as ever', () => {
    start();
    tracing.startSpan({ name: 'parent' }, () => {
      expect(() => get('http://[')).toThrow(TypeError);
      expect(() => request({ path: '/a b' })).toThrow(/unescaped/);
    });
  });

  it('R12: joins the trace of the incoming request it is made for', async () => {
    rig = startRig([httpServerIntegration(), httpClientIntegration()]);
    const front = await listen(async (incoming, response) => {
      await once(incoming.resume(), 'end');
      response.end(JSON.stringify(await answerTo(get(echo.url))));
    });
    const sent = request(front.url, { method: 'POST', headers: { 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-1` } });
    sent.end('body');
    await answerTo(sent);
    await spansEnded(rig, 2);
    const [server] = (await rig.spansOf('http.server')).filter((span) => span.attributes['server.port'] === front.port);
    const [client] = await rig.spansOf('http.client');
    expect(client).toMatchObject({ trace_id: TRACE_ID, parent_span_id: server!.span_id });
    await front.close();
  });
});

describe('the patch', () => {
  it('R36: keeps names and lengths, is seen by all kinds of import, and teardown restores the originals', async () => {
    const before = [http.request, http.get, https.request, https.get];
    const describeAll = (functions: ((...args: never[]) => unknown)[]) => functions.map(({ name, length }) => [name, length]);
    start();
    const during = [http.request, http.get, https.request, https.get];
    expect(describeAll(during)).toEqual(describeAll(before));
    expect(request).toBe(http.request);
    expect((createRequire(import.meta.url)('node:http') as typeof http).request).toBe(http.request);
    await rig.close();
    expect([http.request, http.get, https.request, https.get]).toEqual(before);
    expect((await answerTo(get(echo.url))).headers).not.toHaveProperty('sentry-trace');
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
