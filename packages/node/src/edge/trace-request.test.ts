import { createTestClient, type TestClient } from '@spanstream/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { traceRequest } from './trace-request.ts';

let test: TestClient;
afterEach(() => test.client.close(0));

const request = (headers: Record<string, string> = {}): Request => new Request('http://shop.test/cart?x=1', { headers });

describe('R34: the response is what the handler made', () => {
  it.each<[string, () => Response]>([
    ['a redirect', () => Response.redirect('http://shop.test/', 302)],
    ['an error response', () => Response.error()],
    ['204', () => new Response(null, { status: 204 })],
    ['304', () => new Response(null, { status: 304 })],
    ['no body', () => new Response(null)],
    ['an upgrade', () => ({ status: 101, body: null, webSocket: {}, headers: new Headers() }) as unknown as Response],
  ])('%s is the same object', async (_, make) => {
    test = createTestClient();
    const made = make();
    expect(await traceRequest(request(), () => made)).toBe(made);
    test.expectNoOpenSpans();
    expect(test.flatSpans()).toMatchObject([{ attributes: { 'http.response.status_code': made.status } }]);
  });

  it.each<[string, () => unknown]>([
    ['nothing', (): unknown => undefined],
    ['null', () => null],
    ['a text', () => 'x'],
    [
      'a used one',
      () => {
        const r = new Response('x');
        void r.text();
        return r;
      },
    ],
    [
      'a locked one',
      () => {
        const r = new Response('x');
        r.body!.getReader();
        return r;
      },
    ],
    [
      'hostile',
      () =>
        new Proxy(
          {},
          {
            get: (_, key) => {
              if (key === 'then') return undefined;
              throw new Error('no');
            },
          },
        ),
    ],
  ])('%s passes', async (_, make) => {
    test = createTestClient();
    const made = make();
    expect(await traceRequest(request(), () => made as Response)).toBe(made);
    test.expectNoOpenSpans();
  });

  it('cookies, status text, url survive', async () => {
    test = createTestClient();
    const headers = new Headers();
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    const answer = await traceRequest(request(), () => new Response('body', { status: 418, statusText: 'Tea', headers }));
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect([answer.status, answer.statusText, await answer.text()]).toEqual([418, 'Tea', 'body']);
    test.expectNoOpenSpans();
  });

  it('R36: an error that is thrown synchronously is a rejection', async () => {
    test = createTestClient();
    const error = new TypeError('till');
    await expect(
      traceRequest(request(), () => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(test.flatSpans()).toMatchObject([{ status: 'error' }]);
  });

  it('the client goes away mid-stream', async () => {
    test = createTestClient();
    let cancelled: unknown;
    const answer = await traceRequest(
      request(),
      () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(9)), cancel: (r) => void (cancelled = r) })),
    );
    const reader = answer.body!.getReader();
    await reader.read();
    expect(test.client.openSpans()).toHaveLength(1);
    await reader.cancel('gone');
    expect(cancelled).toBe('gone');
    test.expectNoOpenSpans();
  });

  it('a stream of bytes stays one', async () => {
    test = createTestClient();
    const answer = await traceRequest(
      request(),
      () =>
        new Response(
          new ReadableStream({
            type: 'bytes',
            start: (c) => {
              c.enqueue(new Uint8Array([1, 2, 3]));
              c.close();
            },
          }),
        ),
    );
    const reader = answer.body!.getReader({ mode: 'byob' });
    expect((await reader.read(new Uint8Array(2))).value).toEqual(new Uint8Array([1, 2]));
    expect((await reader.read(new Uint8Array(2))).value).toEqual(new Uint8Array([3]));
    expect((await reader.read(new Uint8Array(2))).done).toBe(true);
    test.expectNoOpenSpans();
  });
});

describe('R29: what is behind a response is held by waitUntil', () => {
  const startInvocation = (): { promises: Promise<unknown>[]; waitUntil: (promise: Promise<unknown>) => void } => {
    const promises: Promise<unknown>[] = [];
    return { promises, waitUntil: (promise) => void promises.push(promise) };
  };

  it('all is sent when it resolves', async () => {
    test = createTestClient();
    const context = startInvocation();
    await (await traceRequest(request(), () => new Response('x'), context)).text();
    await Promise.all(context.promises);
    expect(test.client.stats()).toMatchObject({ delivered: 1, open: 0 });
  });

  it('one request inside another: both are sent', async () => {
    test = createTestClient();
    const context = startInvocation();
    const answer = await traceRequest(request(), () => traceRequest(request(), () => new Response('x'), context), context);
    expect(await answer.text()).toBe('x');
    await Promise.all(context.promises);
    expect(test.client.stats()).toMatchObject({ delivered: 2, open: 0 });
  });

  it('a request that is not sampled is not held', async () => {
    test = createTestClient({ tracesSampleRate: 0 });
    const context = startInvocation();
    expect(await (await traceRequest(request(), () => new Response('x'), context)).text()).toBe('x');
    expect(context.promises).toHaveLength(0);
  });

  it('a waitUntil that throws does no harm', async () => {
    test = createTestClient();
    const waitUntil = (): never => {
      throw new Error('too late');
    };
    expect(await (await traceRequest(request(), () => new Response('x'), { waitUntil })).text()).toBe('x');
  });

  it('a client that is closed while the handler runs holds nothing open', async () => {
    test = createTestClient();
    const context = startInvocation();
    const handler = async (): Promise<Response> => {
      await test.close();
      return new Response('x');
    };
    expect(await (await traceRequest(request(), handler, context)).text()).toBe('x');
    await Promise.all(context.promises);
    expect(test.client.stats().open).toBe(0);
  });
});
