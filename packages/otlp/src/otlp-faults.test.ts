import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { type Client, init, startSpan, tracing } from '@spanstream/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFetchTransport } from './fetch-transport.ts';
import { otlpSink, type OtlpSinkOptions } from './index.ts';
import { decodeRequest, partialSuccess, type Received, type Receiver, startReceiver } from './test-receiver.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Answer = (response: ServerResponse, received: Received, count: number) => void;
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();
/** One answer after the other; the last one from then on. */
const inTurn =
  (...answers: Answer[]): Answer =>
  (response, received, count) =>
    answers[Math.min(count, answers.length) - 1]!(response, received, count);

async function startRig(answer: Answer, options: OtlpSinkOptions = {}): Promise<{ client: Client; receiver: Receiver }> {
  const receiver = await startReceiver(answer);
  cleanups.push(() => receiver.close());
  return { client: startClient({ url: receiver.url, ...options }), receiver };
}

function startClient(options: OtlpSinkOptions): Client {
  const client = init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    integrations: () => [],
    sinks: [otlpSink({ flushIntervalMs: 60_000, ...options })],
  });
  cleanups.push(() => client.close(0));
  return client;
}

function work(count: number, bytes = 0): void {
  for (let i = 0; i < count; i++) tracing.startSpan({ name: 'work', attributes: { i, text: 'x'.repeat(bytes) } }, () => 1);
}

describe('R29, R30: what a receiver may answer', () => {
  it.each([400, 401, 404, 408, 500, 501])('%d: not repeated, counted as rejected', async (code) => {
    const { client, receiver } = await startRig(status(code));
    work(3);
    expect(await client.flush(5000)).toBe(true);
    expect(receiver.requests).toHaveLength(1);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { rejected: 3 } });
  });

  it.each([301, 302, 303, 307, 308])('%d: not followed, one warning says where it leads', async (code) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    cleanups.push(() => warn.mockRestore());
    const { client, receiver } = await startRig(status(code, { location: '/elsewhere?key=secret' }));
    for (let i = 0; i < 2; i++) {
      work(3);
      expect(await client.flush(5000)).toBe(true);
    }
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/traces', '/v1/traces']);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { rejected: 6 } });
    const where = receiver.url.replace('/v1/traces', '/elsewhere');
    expect(warn.mock.calls.flat()).toEqual([
      `[spanstream] ${receiver.url} redirects to ${where}, which otlpSink does not follow: its spans are lost. Set its option url.`,
    ]);
  });

  it.each([429, 502, 503, 504])('%d: repeated, with the same spans', async (code) => {
    const { client, receiver } = await startRig(
      inTurn(status(code, { 'retry-after': '0' }), status(code, { 'retry-after': '0' }), status(200)),
    );
    work(3);
    expect(await client.flush(5000)).toBe(true);
    expect(receiver.requests).toHaveLength(3);
    expect(receiver.requests[2]!.body.equals(receiver.requests[0]!.body)).toBe(true);
    expect(client.stats()).toMatchObject({ delivered: 3, inFlight: 0 });
  });

  it.each([
    [429, 'throttled'],
    [503, 'rejected'],
  ] as const)('%d for good: given up after three retries, as %s', async (code, reason) => {
    const { client, receiver } = await startRig(status(code, { 'retry-after': '0' }));
    work(3);
    expect(await client.flush(5000)).toBe(true);
    expect(receiver.requests).toHaveLength(4);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { [reason]: 3 } });
  });

  it('Retry-After: nothing is sent before, and flush() does not wait longer than it may', async () => {
    const { client, receiver } = await startRig(inTurn(status(503, { 'retry-after': '1' }), status(200)));
    work(1);
    expect(await client.flush(500)).toBe(false);
    work(1);
    expect(await client.flush(100)).toBe(false);
    expect(receiver.requests).toHaveLength(1);
    expect(await client.flush(10_000)).toBe(true);
    expect(receiver.spans()).toHaveLength(3);
    expect(client.stats().delivered).toBe(2);
  });

  it('413: the request is halved until it is taken, and later ones are no larger', async () => {
    const limit = 70_000;
    const { client, receiver } = await startRig((response, { body }) => void response.writeHead(body.length > limit ? 413 : 200).end());
    work(1000, 200);
    expect(await client.flush(10_000)).toBe(true);
    expect(client.stats()).toMatchObject({ started: 1000, delivered: 1000 });
    const before = receiver.requests.filter(({ body }) => body.length > limit).length;
    expect(before).toBeGreaterThan(0);
    work(1000, 200);
    expect(await client.flush(10_000)).toBe(true);
    expect(receiver.requests.filter(({ body }) => body.length > limit)).toHaveLength(before);
    expect(client.stats().delivered).toBe(2000);
  });

  it.each(['json', 'protobuf'] as const)('413 for a chunk in %s: only the span that is too large is lost', async (protocol) => {
    const limit = 6000;
    const { client, receiver } = await startRig((response, { body }) => void response.writeHead(body.length > limit ? 413 : 200).end(), {
      protocol,
    });
    work(40, 100);
    work(1, 7000);
    work(40, 100);
    expect(await client.flush(10_000)).toBe(true);
    expect(client.stats()).toMatchObject({ started: 81, delivered: 80, dropped: { rejected: 1 } });
    const taken = receiver.requests.filter(({ body }) => body.length <= limit).flatMap(decodeRequest);
    const numbers = taken.map(({ attributes: { i, text } }) => [(i as { int: number }).int, (text as string).length]);
    const twice = Array.from({ length: 80 }, (_, i) => [i >> 1, 100]);
    expect(numbers.sort(([a], [b]) => a! - b!)).toEqual(twice);
    const { length } = receiver.requests;
    expect(length).toBeLessThan(2 * 81);
    // What is known of the receiver holds for later chunks.
    work(40, 100);
    expect(await client.flush(10_000)).toBe(true);
    expect(receiver.requests.slice(length).every(({ body }) => body.length <= limit)).toBe(true);
    expect(client.stats().delivered).toBe(120);
  });

  it('413: a large span takes no small ones along', async () => {
    const { client } = await startRig((response, { body }) => void response.writeHead(body.length > 100_000 ? 413 : 200).end());
    work(10);
    const text = 'x'.repeat(8000);
    const attributes = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text.${i}`, text]));
    tracing.startSpan({ name: 'large', attributes }, () => 1);
    work(10);
    expect(await client.flush(10_000)).toBe(true);
    expect(client.stats()).toMatchObject({ delivered: 20, dropped: { rejected: 1 } });
  });

  it('413 for everything: lost and counted', async () => {
    const { client } = await startRig(status(413));
    work(600, 100);
    expect(await client.flush(10_000)).toBe(true);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { rejected: 600 } });
  });

  it.each(['json', 'protobuf'] as const)('partial success in %s: the rejected ones are counted', async (protocol) => {
    const body = protocol === 'json' ? '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}' : partialSuccess(2, 'too old');
    const { client } = await startRig((response) => void response.writeHead(200).end(body), { protocol });
    work(5);
    expect(await client.flush(5000)).toBe(true);
    expect(client.stats()).toMatchObject({ delivered: 3, dropped: { rejected: 2 } });
  });

  it.each([
    ['in chunks', { 'transfer-encoding': 'chunked' }],
    ['up to the end of the connection', { connection: 'close' }],
  ])('partial success %s', async (_how, headers) => {
    const { client } = await startRig(
      (response) => {
        response.writeHead(200, headers as Record<string, string>);
        response.write('{"partialSuccess":{"rejected');
        response.end('Spans":1}}');
      },
      { protocol: 'json' },
    );
    work(2);
    expect(await client.flush(5000)).toBe(true);
    expect(client.stats()).toMatchObject({ delivered: 1, dropped: { rejected: 1 } });
  });

  it.each(['json', 'protobuf'] as const)('garbage instead of an answer in %s: it said 200, so they are delivered', async (protocol) => {
    const garbage = [
      '<html>',
      '\u0000\u00ff\u000a\u0005',
      '{"partialSuccess":null}',
      '[]',
      'null',
      '{"partialSuccess":{"rejectedSpans":-5}}',
      '\n\u00ff',
    ];
    const { client } = await startRig(
      (response, _received, count) => void response.writeHead(200).end(Buffer.from(garbage[count - 1] ?? '', 'latin1')),
      { protocol },
    );
    for (let i = 0; i < garbage.length; i++) {
      work(1);
      expect(await client.flush(5000)).toBe(true);
    }
    expect(client.stats()).toMatchObject({ started: garbage.length, delivered: garbage.length });
  });

  it('more rejected than were sent: no more are counted', async () => {
    const { client } = await startRig((response) => void response.writeHead(200).end('{"partialSuccess":{"rejectedSpans":"9000"}}'), {
      protocol: 'json',
    });
    work(2);
    await client.flush(5000);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { rejected: 2 } });
  });

  it('a connection that is closed without an answer: repeated', async () => {
    const { client, receiver } = await startRig(inTurn((response) => void response.socket?.destroy(), status(200)));
    work(2);
    expect(await client.flush(10_000)).toBe(true);
    expect(receiver.requests).toHaveLength(2);
    expect(client.stats()).toMatchObject({ delivered: 2 });
  });

  it('no HTTP at all: repeated, then a loss of the network', async () => {
    const server = createTcpServer((socket) => void socket.on('error', () => {}).once('data', () => socket.end('hello\r\n\r\n')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const client = startClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    work(2);
    expect(await client.flush(20_000)).toBe(true);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { network: 2 } });
  }, 30_000);

  it('no answer within the time: repeated', async () => {
    const { client, receiver } = await startRig(
      inTurn(() => undefined, status(200)),
      { timeoutMs: 200 },
    );
    work(2);
    expect(await client.flush(10_000)).toBe(true);
    expect(receiver.requests).toHaveLength(2);
    expect(client.stats()).toMatchObject({ delivered: 2 });
  });
});

describe('requests', () => {
  it('carry many traces each, and leave when they are full', async () => {
    const { client, receiver } = await startRig(status(200), { maxBatchSpans: 500 });
    for (let round = 0; round < 20; round++) {
      work(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.flush(10_000)).toBe(true);
    const sizes = receiver.requests.map((request) => decodeRequest(request).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    expect(sizes.length).toBeLessThanOrEqual(8);
    expect(new Set(receiver.spans().map(({ traceId }) => traceId)).size).toBe(2000);
  });

  it('are bounded by bytes', async () => {
    const { client, receiver } = await startRig(status(200), { maxBatchBytes: 100_000 });
    work(500, 2000);
    expect(await client.flush(10_000)).toBe(true);
    expect(Math.max(...receiver.requests.map(({ body }) => body.length))).toBeLessThanOrEqual(100_000);
    expect(receiver.spans()).toHaveLength(500);
  });

  it('carry headers, and are compressed where that is asked for', async () => {
    const { client, receiver } = await startRig(status(200), { headers: { 'x-api-key': 'secret' }, compression: 'gzip' });
    work(10);
    expect(await client.flush(5000)).toBe(true);
    expect(receiver.requests[0]!.headers).toMatchObject({
      'x-api-key': 'secret',
      'content-encoding': 'gzip',
      'content-type': 'application/x-protobuf',
    });
    expect(receiver.spans()).toHaveLength(10);
  });

  it('are no more at a time than allowed', async () => {
    const open: ServerResponse[] = [];
    let most = 0;
    const { client } = await startRig(
      (response) => {
        most = Math.max(most, open.push(response));
        setImmediate(() => open.shift()?.writeHead(200).end());
      },
      { maxBatchSpans: 1, maxConcurrency: 2 },
    );
    work(1000);
    expect(await client.flush(20_000)).toBe(true);
    expect(client.stats().delivered).toBe(1000);
    expect(most).toBeLessThanOrEqual(2);
  }, 30_000);
});

it('works with the fetch of the runtime where the platform has nothing better', async () => {
  const { createFetchTransport } = await import('./fetch-transport.ts');
  const receiver = await startReceiver(
    inTurn(
      (response) => void response.writeHead(200).end('answer'),
      () => undefined,
    ),
  );
  cleanups.push(() => receiver.close());
  const transport = createFetchTransport({ url: receiver.url, timeoutMs: 200 });
  const request = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hello' } as const;
  const answer = await transport.send(receiver.url, request);
  expect(answer.status).toBe(200);
  expect(Buffer.from((await answer.arrayBuffer?.())!).toString()).toBe('answer');
  await expect(transport.send(receiver.url, request)).rejects.toThrow();
  const late = createFetchTransport({ url: receiver.url, timeoutMs: 60_000 });
  const sending = late.send(receiver.url, request);
  late.close?.();
  await expect(sending).rejects.toThrow();
});

it('a constant that a hook takes away is nowhere, neither on the span nor in its resource', async () => {
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  const client = init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    release: 'shop@1.4.0',
    integrations: () => [],
    sinks: [otlpSink({ url: receiver.url })],
    beforeSendSpan(span) {
      if (span.name === 'changed') delete span.attributes['sentry.release'];
      return span;
    },
  });
  cleanups.push(() => client.close(0));
  for (const name of ['changed', 'left alone']) tracing.startSpan({ name }, () => 1);
  expect(await client.flush(5000)).toBe(true);
  const [changed, leftAlone] = ['changed', 'left alone'].map((name) => receiver.spans().find((span) => span.name === name)!);
  expect({ ...changed!.resource, ...changed!.attributes }).not.toHaveProperty(['sentry.release']);
  expect(changed!.attributes).toHaveProperty(['sentry.environment'], 'production');
  expect(leftAlone!.resource).toHaveProperty(['sentry.release'], 'shop@1.4.0');
});

it('R12: transactions are sent as the spans that they are made of', async () => {
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  const client = init({ traceLifecycle: 'static', tracesSampleRate: 1, integrations: () => [], sinks: [otlpSink({ url: receiver.url })] });
  cleanups.push(() => client.close(0));
  startSpan({ name: 'top', op: 'http.server' }, () => startSpan({ name: 'child', op: 'db' }, () => 1));
  expect(await client.flush(5000)).toBe(true);
  const [child, top] = receiver.spans();
  expect([top, child]).toMatchObject([
    { name: 'top', kind: 2, parentSpanId: '' },
    { name: 'child', kind: 3, parentSpanId: top!.spanId, traceId: top!.traceId },
  ]);
  expect(client.stats().delivered).toBe(2);
});

it('R30: a redirect is no delivery, though fetch would ask the other place by GET and hear 200', async () => {
  const receiver = await startReceiver(
    (response, { path }) =>
      void (path === '/v1/traces' ? response.writeHead(302, { location: '/elsewhere' }) : response.writeHead(200)).end(),
  );
  cleanups.push(() => receiver.close());
  const transport = createFetchTransport({ url: receiver.url, timeoutMs: 5000 });
  const { status: answered } = await transport.send(receiver.url, { method: 'POST', headers: {}, body: new Uint8Array(3) });
  expect(answered).toBe(302);
  expect(receiver.requests).toHaveLength(1);
});

it('what the sink says of its content goes before headers of the same name', async () => {
  const { client, receiver } = await startRig(status(200), { headers: { 'content-type': 'text/plain', 'x-own': 'a' } });
  work(1);
  await client.flush(5000);
  expect(receiver.requests[0]!.headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'x-own': 'a' });
});

it('R30: a sink that the next client has as well sends for both, one after the other', async () => {
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  const options = {
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    integrations: () => [],
    sinks: [otlpSink({ url: receiver.url, flushIntervalMs: 60_000 })],
  } as const;
  const first = init(options);
  tracing.startSpan({ name: 'one' }, () => 1);
  const second = init(options);
  tracing.startSpan({ name: 'two' }, () => 1);
  expect(await first.close(5000)).toBe(true);
  tracing.startSpan({ name: 'three' }, () => 1);
  expect(await second.close(5000)).toBe(true);
  expect([first.stats().delivered, second.stats().delivered]).toEqual([1, 2]);
  expect(
    receiver
      .spans()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['one', 'three', 'two']);
});

it('lone surrogates in what the resource says leave as replacement characters', async () => {
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  const sinks = [otlpSink({ url: receiver.url, protocol: 'json', resource: { 'team\ud800': ['\udc00'] } })];
  const client = init({ traceLifecycle: 'stream', tracesSampleRate: 1, integrations: () => [], sinks, environment: 'e\udfff' });
  cleanups.push(() => client.close(0));
  work(1);
  await client.flush(5000);
  expect(receiver.requests[0]!.body.toString()).not.toMatch(/\\ud[89a-f]/i);
  expect(receiver.spans()[0]!.resource).toMatchObject({
    'team\ufffd': ['\ufffd'],
    'sentry.environment': 'e\ufffd',
    'deployment.environment.name': 'e\ufffd',
  });
});
