import { once } from 'node:events';
import { Agent, get, type IncomingHttpHeaders, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { setAttribute, tracing } from '@spanstream/core';
import { afterEach, describe, expect, it } from 'vitest';
import { httpServerIntegration } from './http-server.ts';
import { setRoute } from './set-route.ts';
import { listen, openConnection, type ReceivedSpan, type Rig, spansEnded, startRig } from './test-rig.ts';

const TRACE_ID = '0123456789abcdef0123456789abcdef';
const SPAN_ID = '0123456789abcdef';

let rig: Rig;
let served: Awaited<ReturnType<typeof listen>> | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
  await rig.close();
});

async function serve(
  listener: Parameters<typeof listen>[0],
  options: Parameters<typeof startRig>[1] = {},
): Promise<NonNullable<typeof served>> {
  rig = startRig([httpServerIntegration()], options);
  return (served = await listen(listener));
}

/** Asks and reads the answer to its end. */
async function ask(path: string, options: RequestOptions = {}): Promise<{ status: number; body: string; headers: IncomingHttpHeaders }> {
  const sent = request(`${served!.url}${path}`, { agent: false, ...options }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode!, body, headers: response.headers };
}

async function serverSpans(count = 1): Promise<ReceivedSpan[]> {
  await spansEnded(rig, count);
  return rig.spansOf('http.server');
}

describe('the server span', () => {
  it('has the names and attributes of the conventions', async () => {
    const { port } = await serve((_request, response) => response.setHeader('content-length', 2).end('ok'));
    await ask('/users/7?token=secret&page=2');
    const [span] = await serverSpans();
    expect(span).toMatchObject({ name: 'GET', status: 'ok', is_segment: true });
    expect(span!.attributes).toMatchObject({
      'sentry.op': 'http.server',
      'sentry.origin': 'auto.http.node',
      'sentry.segment.name.source': 'url',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.response.body.size': 2,
      'url.scheme': 'http',
      'url.path': '/users/7',
      'url.query': 'token=[Filtered]&page=[Filtered]',
      'url.full': `http://127.0.0.1:${port}/users/7?token=[Filtered]&page=[Filtered]`,
      'server.address': '127.0.0.1',
      'server.port': port,
      'network.protocol.version': '1.1',
    });
  });

  it('R35: says nothing of who asked unless sendDefaultPii allows it', async () => {
    await serve((_request, response) => response.end());
    await ask('/a?b=secret#frag', {
      headers: { cookie: 'secret', authorization: 'secret', 'user-agent': 'secret', 'x-forwarded-for': 'secret' },
    });
    await serverSpans();
    expect(rig.envelopes.join()).not.toMatch(/secret|client\.address/);
  });

  it('with sendDefaultPii tells query values, client and user agent', async () => {
    await serve((_request, response) => response.end(), { sendDefaultPii: true });
    await ask('/a?b=c', { headers: { 'user-agent': 'curl', 'x-forwarded-for': '203.0.113.9, 10.0.0.1' } });
    await ask('/a');
    const [first, second] = await serverSpans(2);
    expect(first!.attributes).toMatchObject({ 'url.query': 'b=c', 'client.address': '203.0.113.9', 'user_agent.original': 'curl' });
    expect(second!.attributes).toMatchObject({ 'client.address': '127.0.0.1' });
  });

  it.each([
    ['user:secret@shop.example', undefined],
    ['shop.example/../x', undefined],
    ['[::1]:8080', '[::1]'],
    ['SHOP.example:80', 'shop.example'],
  ])('takes a host from the header %s only when it is one', async (host, address) => {
    await serve((_request, response) => response.end());
    await ask('//evil.example/x', { headers: { host } });
    const [span] = await serverSpans();
    if (address === undefined) expect(span!.attributes).not.toHaveProperty('url.full');
    else expect(span!.attributes['server.address']).toBe(address);
    expect(span!.attributes['url.path']).toBe('//evil.example/x');
    expect(rig.envelopes.join()).not.toContain('secret');
  });

  it('is named for its route by setRoute, however deep that is called', async () => {
    await serve(async (_request, response) => {
      await tracing.startSpan({ name: 'middleware' }, async () => {
        await Promise.resolve();
        tracing.startNewTrace(() => tracing.withActiveSpan(null, () => setRoute('/users/:id')));
      });
      response.end();
    });
    await ask('/users/7');
    const [span] = await serverSpans(2);
    expect(span!.name).toBe('GET /users/:id');
    expect(span!.attributes).toMatchObject({
      'http.route': '/users/:id',
      'sentry.segment.name.source': 'route',
      'http.request.method': 'GET',
    });
  });

  it('setRoute outside a request, and without a usable route, does nothing', async () => {
    await serve((_request, response) => {
      setRoute('');
      setRoute(undefined as unknown as string);
      response.end();
    });
    setRoute('/nowhere');
    await ask('/');
    expect((await serverSpans())[0]!.name).toBe('GET');
  });

  it('R26: its name enters the baggage only with a route', async () => {
    await serve((incoming, response) => {
      if (incoming.url === '/routed') setRoute('/routed');
      response.end(tracing.getTraceHeaders()['baggage']);
    });
    expect((await ask('/raw')).body).not.toContain('sentry-transaction');
    expect((await ask('/routed')).body).toContain('sentry-transaction=GET%20%2Frouted');
  });

  it.each([
    [200, 'ok', undefined],
    [404, 'ok', undefined],
    [503, 'error', '503'],
  ])('has for %i the status %s', async (code, status, errorType) => {
    await serve((_request, response) => response.writeHead(code).end());
    await ask('/');
    const [span] = await serverSpans();
    expect(span).toMatchObject({ status, attributes: { 'http.response.status_code': code } });
    expect(span!.attributes['error.type']).toBe(errorType);
  });

  it('keeps a status that was set by hand', async () => {
    await serve((_request, response) => {
      tracing.getActiveSpan()!.setStatus('ok');
      response.writeHead(500).end();
    });
    await ask('/');
    expect((await serverSpans())[0]!.status).toBe('ok');
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
    ['REPORT', 200],
  ])('ends for %s with %i and leaves the answer as it is', async (method, code) => {
    await serve((_request, response) => response.writeHead(code).end());
    expect(await ask('/', { method })).toMatchObject({ status: code, body: '' });
    const [span] = await serverSpans();
    expect(span!.name).toBe(method === 'REPORT' ? 'HTTP' : method);
  });

  it('ends when a streamed response ends, not before', async () => {
    let finish: () => void = () => undefined;
    await serve((_request, response) => {
      response.write('data: 1\n\n');
      finish = () => response.end('data: 2\n\n');
    });
    const answer = ask('/events');
    await spansStarted(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(rig.client.openSpans()).toHaveLength(1);
    finish();
    await answer;
    const [span] = await serverSpans();
    expect(span!.attributes).not.toHaveProperty('sentry.cancellation_reason');
  });
});

describe('an aborted request', () => {
  it('ends its span without an error when the client goes away', async () => {
    await serve((_request, response) => void response.write('data: 1\n\n'));
    const { socket, until } = await openConnection(served!.port);
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('data: 1');
    socket.destroy();
    const [span] = await serverSpans();
    expect(span).toMatchObject({ status: 'ok', attributes: { 'sentry.cancellation_reason': 'aborted', 'http.response.status_code': 200 } });
  });

  it('claims no status code when nothing was answered', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    await serve(() => arrived());
    const { socket } = await openConnection(served!.port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await arrival;
    socket.destroy();
    expect((await serverSpans())[0]!.attributes).not.toHaveProperty('http.response.status_code');
  });

  it('is an error when the server itself broke the response off', async () => {
    await serve((_request, response) => void response.destroy(new RangeError('boom')));
    await ask('/').catch(() => undefined);
    expect((await serverSpans())[0]).toMatchObject({
      status: 'error',
      attributes: { 'error.type': 'RangeError', 'sentry.cancellation_reason': 'aborted' },
    });
  });

  it('ends the spans of pipelined requests whose turn never came', async () => {
    let count = 0;
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    await serve(() => {
      if (++count === 3) arrived();
    });
    const { socket } = await openConnection(served!.port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    await arrival;
    socket.destroy();
    expect(await serverSpans(3)).toHaveLength(3);
  });
});

describe('isolation', () => {
  const handler: Parameters<typeof listen>[0] = async (incoming, response) => {
    const id = incoming.url!.slice(1);
    setAttribute(`only.${id}`, id);
    await tracing.startSpan({ name: `work ${id}` }, () => new Promise((resolve) => setImmediate(resolve)));
    response.end(id);
  };

  /** Each request has a trace of its own with its own child, and no attribute of another. */
  async function expectIsolated(ids: string[]): Promise<void> {
    await spansEnded(rig, ids.length * 2);
    const spans = await rig.spans();
    expect(new Set(spans.map((span) => span.trace_id)).size).toBe(ids.length);
    for (const id of ids) {
      const root = spans.find((span) => span.attributes['url.path'] === `/${id}`)!;
      const child = spans.find((span) => span.name === `work ${id}`)!;
      expect(child.parent_span_id).toBe(root.span_id);
      expect(root).not.toHaveProperty('parent_span_id');
      for (const span of [root, child])
        expect(Object.keys(span.attributes).filter((key) => key.startsWith('only.'))).toEqual([`only.${id}`]);
    }
  }

  it('R1: holds for requests one after the other on one connection', async () => {
    await serve(handler);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const id of ['a', 'b', 'c']) expect((await ask(`/${id}`, { agent })).body).toBe(id);
    agent.destroy();
    await expectIsolated(['a', 'b', 'c']);
  });

  it('R1: holds for pipelined requests', async () => {
    await serve(handler);
    const { socket, until } = await openConnection(served!.port);
    socket.write(['a', 'b', 'c'].map((id) => `GET /${id} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
    await until('\r\n\r\nc');
    socket.destroy();
    await expectIsolated(['a', 'b', 'c']);
  });

  it('R1: holds for concurrent requests', async () => {
    await serve(handler);
    const ids = Array.from({ length: 20 }, (_, i) => `r${i}`);
    await Promise.all(ids.map((id) => ask(`/${id}`)));
    await expectIsolated(ids);
  });

  it('R1: begins outside whatever the server was started in', async () => {
    rig = startRig([httpServerIntegration()]);
    await tracing.startSpan({ name: 'boot' }, async () => void (served = await listen(handler)));
    await ask('/a');
    await spansEnded(rig, 3);
    const spans = await rig.spans();
    const [root] = spans.filter((span) => span.name === 'GET');
    expect(root).not.toHaveProperty('parent_span_id');
    expect(root!.trace_id).not.toBe(spans.find((span) => span.name === 'boot')!.trace_id);
  });

  it('R2: the span is active in the handler and in the listeners of request and response', async () => {
    const seen: (string | undefined)[] = [];
    const note = () => void seen.push(tracing.getActiveSpan()?.spanContext().spanId);
    await serve((incoming, response) => {
      note();
      incoming.on('data', note).on('end', () => {
        note();
        response.on('finish', note).end();
      });
    });
    const sent = request(`${served!.url}/`, { method: 'POST', agent: false });
    sent.end('body');
    await once((await once(sent, 'response'))[0].resume(), 'end');
    const [span] = await serverSpans();
    expect(seen).toEqual(Array.from({ length: 4 }, () => span!.span_id));
  });

  it('R1: a server that runs in suppressTracing records nothing', async () => {
    rig = startRig([httpServerIntegration()]);
    await tracing.suppressTracing(
      async () => void (served = await listen((_request, response) => response.end(tracing.getTraceHeaders()['sentry-trace']))),
    );
    expect((await ask('/')).body).toMatch(/-0$/);
    expect(await rig.spans()).toEqual([]);
  });
});

describe('propagation', () => {
  it.each([[{ 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-1` }], [{ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }]])(
    'R24: continues the trace of %j',
    async (headers) => {
      await serve((_request, response) => response.end());
      await ask('/', { headers });
      expect((await serverSpans())[0]).toMatchObject({ trace_id: TRACE_ID, parent_span_id: SPAN_ID, is_segment: true });
    },
  );

  it('R24: an unsampled caller is obeyed, and garbage begins a new trace', async () => {
    await serve((_request, response) => response.end(tracing.getTraceHeaders()['sentry-trace']));
    expect((await ask('/', { headers: { 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-0` } })).body).toMatch(new RegExp(`^${TRACE_ID}-.*-0$`));
    await ask('/', { headers: { 'sentry-trace': 'rubbish', baggage: '%%%' } });
    expect((await serverSpans(2))[0]!.trace_id).not.toBe(TRACE_ID);
  });

  it('R25: foreign baggage and tracestate go on', async () => {
    await serve((_request, response) => response.end(JSON.stringify(tracing.getTraceHeaders())));
    const { body } = await ask('/', {
      headers: { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, tracestate: 'a=1', baggage: 'tenant=acme;x=1' },
    });
    expect(JSON.parse(body)).toMatchObject({ tracestate: 'a=1', baggage: expect.stringContaining('tenant=acme;x=1') });
  });
});

describe('ignoreIncomingRequests', () => {
  it('leaves out the request and all inside it, in the continued trace', async () => {
    rig = startRig([httpServerIntegration({ ignoreIncomingRequests: ({ url }) => url === '/health' })]);
    served = await listen((_request, response) =>
      tracing.startSpan({ name: 'check' }, () => response.end(tracing.getTraceHeaders()['sentry-trace'])),
    );
    expect((await ask('/health', { headers: { 'sentry-trace': `${TRACE_ID}-${SPAN_ID}-1` } })).body).toMatch(
      new RegExp(`^${TRACE_ID}.*-0$`),
    );
    expect(await rig.spans()).toEqual([]);
    await ask('/other');
    expect(await serverSpans()).toHaveLength(1);
  });

  it("R28: the SDK's own destination, served by this very process, is left out", async () => {
    served = await listen((_request, response) => response.end('{}'));
    const { url, port } = served;
    rig = startRig([httpServerIntegration()], { dsn: `http://${'0'.repeat(32)}@127.0.0.1:${port}/1` });
    const post = { method: 'POST' };
    await ask('/api/1/envelope/?x=1', post);
    await ask('/api/1/envelope/more', post);
    expect(await serverSpans()).toMatchObject([{ attributes: { 'url.full': `${url}/api/1/envelope/more` } }]);
  });

  it('R34: a throw counts as no', async () => {
    rig = startRig([
      httpServerIntegration({
        ignoreIncomingRequests: () => {
          throw new Error('hook');
        },
      }),
    ]);
    served = await listen((_request, response) => response.end('fine'));
    expect((await ask('/')).body).toBe('fine');
    expect(await serverSpans()).toHaveLength(1);
  });
});

describe('what Node does with special requests stays as it is', () => {
  it('R34: a request that Node answers itself has a span, too', async () => {
    await serve(() => expect.unreachable());
    const { socket, until } = await openConnection(served!.port);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    expect(await until('\r\n\r\n')).toContain('400 Bad Request');
    expect((await serverSpans())[0]!.attributes['http.response.status_code']).toBe(400);
  });

  it('R34: Expect: 100-continue, with and without a listener of its own', async () => {
    await serve((incoming, response) => incoming.on('end', () => response.end(tracing.getActiveSpan()!.spanContext().spanId)).resume());
    const send = async (): Promise<string> => {
      const sent = request(`${served!.url}/`, { method: 'POST', agent: false, headers: { expect: '100-continue' } });
      sent.flushHeaders();
      await once(sent, 'continue');
      sent.end('body');
      const [response] = await once(sent, 'response');
      let body = '';
      for await (const chunk of response) body += String(chunk);
      return body;
    };
    const first = await send();
    served!.server.on('checkContinue', (incoming, response) => {
      response.writeContinue();
      served!.server.emit('request', incoming, response);
    });
    const second = await send();
    expect((await serverSpans(2)).map((span) => span.span_id)).toEqual([first, second]);
  });

  it('R34: upgrades and CONNECT reach their listeners untouched', async () => {
    await serve((_request, response) => response.end());
    await ask('/');
    for (const event of ['upgrade', 'connect'] as const)
      served!.server.on(event, (_request, socket) => socket.end('HTTP/1.1 101 Hi\r\n\r\nraw'));
    for (const head of [
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n',
      'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
    ]) {
      const { socket, until } = await openConnection(served!.port);
      socket.write(head);
      expect(await until('raw')).toContain('101 Hi');
      socket.destroy();
    }
    expect(await serverSpans()).toHaveLength(1);
  });
});

describe('the patch', () => {
  it('R36: keeps name and length, is not enumerable, and teardown restores the original', async () => {
    const { server } = await serve((_request, response) => response.end());
    const original = server.emit;
    await ask('/');
    expect(server.emit).not.toBe(original);
    expect([server.emit.name, server.emit.length, Object.keys(server).includes('emit')]).toEqual([original.name, original.length, false]);
    await rig.close();
    expect(server.emit).toBe(original);
    expect(Object.hasOwn(server, 'emit')).toBe(false);
    expect((await ask('/')).status).toBe(200);
  });

  it('R36: a wrapper that somebody put around it stays and works on', async () => {
    const { server } = await serve((_request, response) => response.end());
    await ask('/');
    const { emit } = server;
    const theirs = function (this: typeof server, ...args: Parameters<typeof emit>): boolean {
      return emit.apply(this, args);
    } as typeof emit;
    server.emit = theirs;
    await rig.close();
    expect(server.emit).toBe(theirs);
    expect((await ask('/')).status).toBe(200);
  });

  it('R34: messages of somebody else on the channel hurt nobody', async () => {
    const { channel } = await import('node:diagnostics_channel');
    await serve((_request, response) => response.end());
    for (const message of [undefined, null, {}, { request: {}, response: {}, server: {} }])
      channel('http.server.request.start').publish(message);
    await new Promise<void>((resolve) => get(`${served!.url}/`, { agent: false }, (response) => response.resume().on('end', resolve)));
  });
});

async function spansStarted(count: number): Promise<void> {
  while (rig.client.stats().started < count) await new Promise((resolve) => setImmediate(resolve));
}
