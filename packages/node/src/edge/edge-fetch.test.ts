import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestClient, type TestClient } from '@spanstream/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchIntegration } from './edge-fetch.ts';

interface Arrived {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const arrived: Arrived[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    arrived.push({ method: request.method!, headers: request.headers, body });
    response.end('ok');
  });
});
let url: string;
let test: TestClient;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => void server.close());
beforeEach(() => {
  arrived.length = 0;
  test = createTestClient({ integrations: () => [fetchIntegration()], tracePropagationTargets: [/./] });
});
afterEach(() => test.client.close(0));

async function send(...[input, init]: Parameters<typeof fetch>): Promise<Arrived> {
  await test.tracing.startSpan({ name: 'handler' }, async () => (await fetch(input, init)).text());
  return arrived[0]!;
}

const streamOf = (text: string): ReadableStream => new Response(text).body!;

function usedRequest(): Request {
  const request = new Request(url, { method: 'POST', body: 'content' });
  void request.text();
  return request;
}

describe('R34: a traced fetch sends what the original sends, and trace headers', () => {
  it('a request as the second argument, as proxies of workers pass it', async () => {
    const incoming = new Request('http://incoming.test/', { method: 'PUT', body: 'content', headers: { 'x-own': 'a' } });
    expect(await send(url, incoming)).toMatchObject({
      method: 'PUT',
      body: 'content',
      headers: { 'x-own': 'a', 'sentry-trace': expect.any(String) },
    });
  });

  it('a request with a stream', async () => {
    const request = new Request(url, {
      method: 'POST',
      body: streamOf('content'),
      duplex: 'half',
      headers: { 'x-own': 'a' },
    } as RequestInit);
    expect(await send(request)).toMatchObject({
      method: 'POST',
      body: 'content',
      headers: { 'x-own': 'a', 'sentry-trace': expect.any(String) },
    });
  });

  it('headers of the second argument, which replace those of the request', async () => {
    const request = new Request(url, { method: 'POST', body: 'content', headers: { 'x-own': 'a', baggage: 'mine=1' } });
    const { headers, body } = await send(request, { headers: [['x-new', 'b']] });
    expect({ headers, body }).toMatchObject({ headers: { 'x-new': 'b', 'sentry-trace': expect.any(String) }, body: 'content' });
    expect(headers).not.toHaveProperty('x-own');
    expect(headers['baggage']).not.toContain('mine');
  });

  it('a second argument whose members are inherited', async () => {
    class Init {
      get method(): string {
        return 'PATCH';
      }
      get body(): string {
        return 'content';
      }
    }
    expect(await send(url, new Init())).toMatchObject({
      method: 'PATCH',
      body: 'content',
      headers: { 'sentry-trace': expect.any(String) },
    });
  });

  it('an error is a rejection', async () => {
    await expect(send('http://')).rejects.toThrow(TypeError);
    await expect(send(null as never)).rejects.toThrow(TypeError);
    await expect(send(Symbol('x') as never)).rejects.toThrow(TypeError);
  });

  it.each<[string, () => RequestInit]>([
    ['headers that are none', () => ({ headers: { 'not a name': 'x' } })],
    ['a body that is used', () => usedRequest()],
  ])('%s are refused by the original, and the span ends as an error', async (_, makeInit) => {
    await expect(send(url, makeInit())).rejects.toThrow(TypeError);
    test.expectNoOpenSpans();
    expect(test.flatSpans().map(({ status }) => status)).toEqual(['error', 'error']);
    expect(test.logLines()).toEqual([]);
  });
});
