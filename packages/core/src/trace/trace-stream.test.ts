import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { Duplex, PassThrough, Readable, Transform, Writable, addAbortSignal } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context, ContextManager } from '../context/context.ts';
import type { Span } from '../span/span-data.ts';
import { createTestClient, type TestClient } from '../testing.ts';

const storage = new AsyncLocalStorage<Context>();
const contextManager: ContextManager = {
  active: () => storage.getStore(),
  run: (context, callback) => storage.run(context, callback),
  enter: (context) => storage.enterWith(context),
};

let test: TestClient;
let span: Span;
beforeEach(() => {
  test = createTestClient({ contextManager });
  span = test.tracing.startSpan({ name: 'stream', active: false });
});
afterEach(() => test.close());

const traced = <T>(stream: T): T => test.tracing.traceStream(stream, span);
const child = (name = 'child'): void => test.tracing.startSpan({ name }).end();

/** What arrived: exactly one span named `stream`, with its attributes by short name. */
function outcome(): Record<string, unknown> {
  test.expectNoOpenSpans();
  const all = test.flatSpans().filter(({ name }) => name === 'stream');
  expect(all).toHaveLength(1);
  const { attributes, status } = all[0]!;
  const entries = Object.entries(attributes).map(([key, value]) => [key.replace('spanstream.stream.', ''), value] as const);
  const { end_reason, chunks, bytes, first_chunk_ms, 'error.type': error } = Object.fromEntries(entries);
  const all_ = { end_reason, chunks, bytes, first_chunk_ms, error, ...(status === 'error' && { status }) };
  return Object.fromEntries(Object.entries(all_).filter(([, value]) => value !== undefined));
}

const isOpen = (): boolean => test.client.openSpans().some(({ name }) => name === 'stream');
const bytes = (...sizes: number[]): Uint8Array[] => sizes.map((size) => new Uint8Array(size));

function webStream(chunks: unknown[], options: { fail?: Error; type?: 'bytes' } = {}): ReadableStream {
  const waiting = [...chunks];
  return new ReadableStream(
    {
      ...(options.type && { type: options.type as unknown as undefined }),
      pull(controller: ReadableStreamDefaultController & { byobRequest?: ReadableStreamBYOBRequest | null }) {
        child();
        if (waiting.length > 0) return controller.enqueue(waiting.shift());
        if (options.fail) return controller.error(options.fail);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* numbers(count: number, fail?: Error): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    await Promise.resolve();
    child();
    yield i;
  }
  if (fail) throw fail;
}

function* syncNumbers(count: number, fail?: Error): Generator<number> {
  for (let i = 0; i < count; i++) {
    child();
    yield i;
  }
  if (fail) throw fail;
}

function nodeReadable(chunks: unknown[], fail?: Error): Readable {
  const waiting = [...chunks];
  return new Readable({
    highWaterMark: 1,
    read() {
      child();
      if (waiting.length > 0) this.push(waiting.shift());
      else if (fail) this.destroy(fail);
      else this.push(null);
    },
  });
}

const CARRIERS: Record<string, (fail?: Error) => AsyncIterable<unknown> | Iterable<unknown>> = {
  'a ReadableStream': (fail) => webStream(bytes(1, 2, 3), { ...(fail && { fail }) }),
  'a byte stream': (fail) => webStream(bytes(1, 2, 3), { type: 'bytes', ...(fail && { fail }) }),
  'a Node stream': (fail) =>
    nodeReadable(
      bytes(1, 2, 3).map((part) => Buffer.from(part)),
      fail,
    ),
  'an async generator': (fail) => numbers(3, fail),
  'a generator': (fail) => syncNumbers(3, fail),
  'an async iterable': (fail) => ({ [Symbol.asyncIterator]: () => numbers(3, fail) }),
  'an iterable': (fail) => ({ [Symbol.iterator]: () => syncNumbers(3, fail) }),
};

describe.each(Object.entries(CARRIERS))('the span of %s', (_, create) => {
  it('R7: ends once when all is read, and counts', async () => {
    const read: unknown[] = [];
    for await (const chunk of traced(create())) read.push(chunk);
    await test.flush();
    expect(read).toHaveLength(3);
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 3 });
  });

  it('R7: ends once on an early break', async () => {
    for await (const _chunk of traced(create())) break;
    expect(outcome()).toMatchObject({ end_reason: 'cancelled' });
  });

  it('R7: ends once when the loop throws', async () => {
    const loop = async (): Promise<void> => {
      for await (const _chunk of traced(create())) throw new RangeError('consumer');
    };
    await expect(loop()).rejects.toThrow('consumer');
    expect(outcome()).toMatchObject({ end_reason: 'cancelled' });
  });

  it('R7: ends once with the error that the stream fails with, which passes through', async () => {
    const error = new RangeError('producer');
    const loop = async (): Promise<void> => {
      for await (const _chunk of traced(create(error)));
    };
    await expect(loop()).rejects.toBe(error);
    expect(outcome()).toMatchObject({ end_reason: 'error', status: 'error', error: 'RangeError' });
  });

  it('R7: ends as cancelled on an abort that arrives as an error', async () => {
    const loop = async (): Promise<void> => {
      for await (const _chunk of traced(create(new DOMException('gone', 'AbortError') as unknown as Error)));
    };
    await expect(loop()).rejects.toThrow('gone');
    expect(outcome()).toMatchObject({ end_reason: 'cancelled', error: 'AbortError' });
  });

  it('R2: is the parent of what the stream starts, and of nothing that the loop starts', async () => {
    await test.tracing.startSpan({ name: 'reader' }, async () => {
      for await (const _chunk of traced(create())) child('loop');
    });
    const { spanId } = span.spanContext();
    const inStream = test.flatSpans().filter(({ name }) => name === 'child');
    expect(inStream.length).toBeGreaterThanOrEqual(3);
    expect(inStream.every(({ parent_span_id }) => parent_span_id === spanId)).toBe(true);
    expect(test.flatSpans().filter((one) => one.name === 'loop' && one.parent_span_id !== spanId)).toHaveLength(3);
  });

  it('R4: stays as it is when it was ended by hand in between', async () => {
    for await (const _chunk of traced(create())) span.end();
    expect(outcome()).toEqual({});
  });
});

describe('traceStream with iterators', () => {
  it('R7: keeps generators, iterators and iterables the objects they are', () => {
    const custom = { [Symbol.iterator]: () => [1][Symbol.iterator](), extra: 1 };
    for (const value of [syncNumbers(1), numbers(1), custom, [1, 2].values(), new Map([[1, 2]]), [1, 2]]) {
      const own = test.tracing.startSpan({ name: 'own', active: false });
      expect(test.tracing.traceStream<object>(value, own)).toBe(value);
      own.end();
    }
    span.end();
  });

  it('R7: passes what goes in and out of a generator', () => {
    const iterator = traced(
      (function* (): Generator<string, string, string> {
        try {
          return `end ${yield `got ${yield 'first'}`}`;
        } finally {
          child('cleanup');
        }
      })(),
    );
    expect([iterator.next('ignored'), iterator.next('a'), iterator.next('b')]).toEqual([
      { done: false, value: 'first' },
      { done: false, value: 'got a' },
      { done: true, value: 'end b' },
    ]);
    expect(iterator.next()).toEqual({ done: true, value: undefined });
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 2 });
  });

  it('R7: goes on when a generator answers `return` or `throw` with another element', () => {
    const iterator = traced(
      (function* () {
        try {
          yield 1;
        } catch {
          yield 2; // what was thrown in
        } finally {
          yield 3;
        }
      })(),
    );
    iterator.next();
    expect(iterator.throw(new Error('in'))).toEqual({ done: false, value: 2 });
    expect(iterator.return(undefined as never)).toEqual({ done: false, value: 3 });
    expect(isOpen()).toBe(true);
    iterator.next();
    expect(outcome()).toEqual({ end_reason: 'done', chunks: 3, first_chunk_ms: 0 });
  });

  it('R7: hears of a break although the iterator has no return, and lets it be continued', async () => {
    const inner = [1, 2, 3].values();
    const iterable = traced({ [Symbol.iterator]: () => inner });
    for (const _ of iterable) break;
    expect(outcome()).toMatchObject({ end_reason: 'cancelled', chunks: 1 });
    expect([...inner]).toEqual([2, 3]);
  });

  it('R7: an async iterator without return and throw', async () => {
    let i = 0;
    const iterable = traced({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: i++ }) }) });
    for await (const value of iterable) if (value === 2) break;
    expect(outcome()).toMatchObject({ end_reason: 'cancelled', chunks: 3 });
  });

  it('R7: the first of several iterations to finish ends it', () => {
    const iterable = traced(new Set([1, 2]));
    const slow = iterable[Symbol.iterator]();
    slow.next();
    expect([...iterable]).toEqual([1, 2]);
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 3 });
    expect(slow.next().value).toBe(2);
  });

  it('R7: `yield*` and spread work as before', () => {
    const outer = (function* (inner: Iterable<number>) {
      yield* inner;
    })(traced(syncNumbers(3)));
    expect([...outer]).toEqual([0, 1, 2]);
    expect(outcome()).toMatchObject({ end_reason: 'done' });
  });

  it('R7: a frozen iterable is replaced by one that inherits from it', () => {
    const frozen = Object.freeze({ extra: 1, [Symbol.iterator]: () => syncNumbers(2) });
    const replaced = traced(frozen);
    expect([...replaced]).toEqual([0, 1]);
    expect(replaced.extra).toBe(1);
    expect(outcome()).toMatchObject({ end_reason: 'done' });
  });

  it('R2: a block span stays active across the yield of a generator', () => {
    const iterator = traced(
      (function* () {
        const block = test.tracing.startSpan({ name: 'block' });
        yield 1;
        child('in block');
        block.end();
        yield 2;
        child('after block');
      })(),
    );
    const seen = [...iterator].map(() => test.tracing.getActiveSpan());
    expect(seen).toEqual([undefined, undefined]);
    expect(test.spans()).toMatchObject([
      { name: 'stream', children: [{ name: 'block', children: [{ name: 'in block' }] }, { name: 'after block' }] },
    ]);
  });

  it('R7: a rejection of next that nobody handles stays one', async () => {
    const iterator = traced(numbers(0, new Error('unseen')));
    const seen = new Promise((resolve) => process.once('unhandledRejection', resolve));
    void iterator.next();
    await expect(seen).resolves.toMatchObject({ message: 'unseen' });
  });

  it('R7: nested tracing ends every span once', () => {
    const outer = test.tracing.startSpan({ name: 'outer', active: false });
    expect([...test.tracing.traceStream(traced(syncNumbers(2)), outer)]).toEqual([0, 1]);
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 2 });
  });

  it.each([
    ['a number', 1],
    ['null', null],
    ['text', 'abc'],
    ['an object', {}],
    ['bytes', new Uint8Array(3)],
    ['a function', () => 1],
  ])('R7: %s is no stream: passes through and the span ends at once', (_, value) => {
    expect(traced<unknown>(value)).toBe(value);
    expect(outcome()).toEqual({});
  });

  it('R34: hostile values pass through unchanged', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = Object.defineProperty({}, 'getReader', {
      get: () => {
        throw new Error('no');
      },
    });
    const badIterator = { next: () => 7, [Symbol.iterator]: () => badIterator };
    expect(traced(proxy)).toBe(proxy);
    expect(outcome()).toEqual({});
    for (const value of [throwing, badIterator]) expect(test.tracing.traceStream(value, test.tracing.startSpan({ name: 'x' }))).toBe(value);
    expect(() => [...(badIterator as unknown as Iterable<number>)]).toThrow(TypeError);
  });

  it('R7: tells the time to the first chunk from the start of the span', async () => {
    const iterator = traced(syncNumbers(2));
    test.clock.advance(250);
    iterator.next();
    test.clock.advance(1000);
    iterator.return(undefined);
    expect(outcome()).toEqual({ end_reason: 'cancelled', chunks: 1, first_chunk_ms: 250 });
  });
});

describe('traceStream with ReadableStreams', () => {
  it('R7: pulls only when it is read from', async () => {
    let pulls = 0;
    const source = new ReadableStream({ pull: (controller) => controller.enqueue(pulls++) }, { highWaterMark: 0 });
    const reader = traced(source).getReader();
    await new Promise(setImmediate);
    expect(pulls).toBe(0);
    await reader.read();
    await reader.read();
    await new Promise(setImmediate);
    expect(pulls).toBe(2);
    await reader.cancel();
    expect(outcome()).toMatchObject({ end_reason: 'cancelled', chunks: 2 });
  });

  it('R7: passes chunks through as they are, and the reason of a cancellation', async () => {
    const chunk = { any: 'thing' };
    let reason: unknown;
    const reader = traced(
      new ReadableStream({ start: (controller) => controller.enqueue(chunk), cancel: (given) => void (reason = given) }),
    ).getReader();
    expect((await reader.read()).value).toBe(chunk);
    await reader.cancel('enough');
    expect(reason).toBe('enough');
    expect(outcome()).toMatchObject({ end_reason: 'cancelled' });
  });

  it('R7: ends as soon as the source has closed or failed, though nobody reads on', async () => {
    let controller!: ReadableStreamDefaultController;
    const stream = traced(new ReadableStream({ start: (given) => void (controller = given) }));
    const reader = stream.getReader();
    const read = reader.read();
    controller.enqueue(bytes(5)[0]);
    controller.close();
    await read;
    await reader.closed;
    expect(outcome()).toEqual({ end_reason: 'done', chunks: 1, bytes: 5, first_chunk_ms: 0 });
  });

  it('R7: an error of the source arrives without a pull', async () => {
    let controller!: ReadableStreamDefaultController;
    const stream = traced(new ReadableStream({ start: (given) => void (controller = given) }));
    controller.error(new TypeError('reset'));
    await expect(stream.getReader().closed).rejects.toThrow('reset');
    expect(outcome()).toMatchObject({ end_reason: 'error', error: 'TypeError', chunks: 0 });
  });

  it('R7: a byte stream stays one, for readers of either kind', async () => {
    const stream = traced(webStream([new Uint8Array([1, 2, 3]), new Uint8Array([4, 5]), new Uint8Array([6])], { type: 'bytes' }));
    const byob = stream.getReader({ mode: 'byob' });
    const first = await byob.read(new Uint8Array(2));
    expect([...first.value!]).toEqual([1, 2]);
    byob.releaseLock();
    const reader = stream.getReader();
    const rest: number[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest.push(...(next.value as Uint8Array));
    expect(rest).toEqual([3, 4, 5, 6]);
    expect(outcome()).toMatchObject({ end_reason: 'done', bytes: 6 });
  });

  it("R7: a byte stream that is read to its end into the reader's own buffers", async () => {
    const reader = traced(webStream([new Uint8Array([1, 2, 3])], { type: 'bytes' })).getReader({ mode: 'byob' });
    const first = await reader.read(new Uint8Array(8));
    const last = await reader.read(new Uint8Array(8));
    expect([[...first.value!], first.done, last.done, last.value?.byteLength]).toEqual([[1, 2, 3], false, true, 0]);
    expect(outcome()).toEqual({ end_reason: 'done', chunks: 1, bytes: 3, first_chunk_ms: 0 });
  });

  it('R7: a cancellation while a chunk is on its way', async () => {
    const reader = traced(new ReadableStream({})).getReader();
    const read = reader.read();
    await reader.cancel();
    await expect(read).resolves.toEqual({ done: true, value: undefined });
    expect(outcome()).toMatchObject({ end_reason: 'cancelled', chunks: 0 });
  });

  it('R7: pipes, also through an abort', async () => {
    const abort = new AbortController();
    const piped = traced(webStream(bytes(1, 1, 1))).pipeTo(new WritableStream({ write: () => abort.abort() }), { signal: abort.signal });
    await expect(piped).rejects.toThrow('aborted');
    expect(outcome()).toMatchObject({ end_reason: 'cancelled' });
  });

  it('R7: a locked stream is left alone', () => {
    const stream = webStream([]);
    stream.getReader();
    expect(traced(stream)).toBe(stream);
    expect(outcome()).toEqual({});
  });

  it('R34: without the globals nothing is a web stream and nothing throws', () => {
    const { ReadableStream, Response } = globalThis;
    const stream = webStream([]);
    Reflect.deleteProperty(globalThis, 'ReadableStream');
    Reflect.deleteProperty(globalThis, 'Response');
    try {
      expect(traced(stream)).toBe(stream);
    } finally {
      Object.assign(globalThis, { ReadableStream, Response });
    }
    span.end();
  });
});

describe('traceStream with responses', () => {
  const response = (): Response =>
    new Response(webStream(bytes(4, 4), { type: 'bytes' }), { status: 201, statusText: 'Made', headers: { 'x-a': 'b' } });

  it.each(['text', 'arrayBuffer', 'blob'] as const)('R7: ends when the body was read with %s', async (method) => {
    const answer = traced(response());
    expect(answer).toBeInstanceOf(Response);
    expect([answer.status, answer.statusText, answer.headers.get('x-a'), answer.bodyUsed]).toEqual([201, 'Made', 'b', false]);
    await answer[method]();
    expect(answer.bodyUsed).toBe(true);
    expect(outcome()).toEqual({ end_reason: 'done', chunks: 2, bytes: 8, first_chunk_ms: 0 });
  });

  it('R7: keeps what only the network can say, in clones too', async () => {
    const original = Object.defineProperties(response(), {
      url: { value: 'https://a/b' },
      type: { value: 'cors' },
      redirected: { value: true },
    });
    const copy = traced(original).clone();
    for (const one of [copy, copy.clone()])
      expect([one.url, one.type, one.redirected, one.ok, one.status]).toEqual(['https://a/b', 'cors', true, true, 201]);
  });

  it('R7: a clone counts as the same stream', async () => {
    const answer = traced(response());
    const copy = answer.clone();
    expect((await Promise.all([answer.arrayBuffer(), copy.arrayBuffer()])).map(({ byteLength }) => byteLength)).toEqual([8, 8]);
    expect(outcome()).toMatchObject({ end_reason: 'done', bytes: 8 });
  });

  it.each([204, 304])('R7: status %i has no body: the span ends at once', (status) => {
    const answer = new Response(null, { status });
    expect(traced(answer)).toBe(answer);
    expect(outcome()).toEqual({ end_reason: 'done' });
  });

  it('R7: a used or locked body is left alone', async () => {
    const used = response();
    await used.text();
    expect(traced(used)).toBe(used);
    expect(outcome()).toEqual({});
    const locked = response();
    locked.body!.getReader();
    expect(test.tracing.traceStream(locked, test.tracing.startSpan({ name: 'x' }))).toBe(locked);
    test.expectNoOpenSpans();
  });

  it('R7: a response of fetch: read, and cut off by the server', async () => {
    let requests = 0;
    const server = createServer((_request, answer) => {
      answer.write('abc');
      if (requests++ === 0) answer.end('def');
      else setImmediate(() => answer.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const first = test.tracing.startSpan({ name: 'first', active: false });
    const answer = test.tracing.traceStream(await fetch(url), first);
    expect([answer.url, await answer.text()]).toEqual([url, 'abcdef']);
    await expect(traced(await fetch(url)).text()).rejects.toThrow(TypeError);
    expect(outcome()).toMatchObject({ end_reason: 'error', error: 'TypeError' });
    expect(test.flatSpans().find(({ name }) => name === 'first')!.attributes).toMatchObject({
      'spanstream.stream.end_reason': 'done',
      'spanstream.stream.bytes': 6,
    });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('traceStream with Node streams', () => {
  it('R7: keeps the object, its listeners and its paused state', async () => {
    const stream = nodeReadable([Buffer.from('abc')]);
    const counts = ['data', 'end', 'error', 'close', 'readable'].map((event) => stream.listenerCount(event));
    expect(traced(stream)).toBe(stream);
    expect(['data', 'end', 'error', 'close', 'readable'].map((event) => stream.listenerCount(event))).toEqual(counts);
    await new Promise(setImmediate);
    expect([stream.readableFlowing, stream.readableLength]).toEqual([null, 0]);
    stream.removeAllListeners();
    stream.resume();
    await finished(stream);
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 1, bytes: 3 });
  });

  it('R7: what was buffered before counts', async () => {
    const stream = new PassThrough();
    stream.write('abc');
    traced(stream).end('de');
    stream.resume();
    await finished(stream);
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 2, bytes: 5 });
  });

  it('R7: an error that nobody listens for stays an uncaught one', async () => {
    const stream = traced(new Readable({ read: () => undefined }));
    expect(() => stream.emit('error', new RangeError('unheard'))).toThrow('unheard');
    expect(outcome()).toMatchObject({ end_reason: 'error', error: 'RangeError' });
  });

  it('R7: destroy without an error is a close, with one an error', async () => {
    const closed = traced(new Readable({ read: () => undefined }));
    closed.destroy();
    await finished(closed).catch(() => 'premature close');
    expect(outcome()).toMatchObject({ end_reason: 'closed', chunks: 0 });
  });

  it('R7: an abort signal cancels', async () => {
    const abort = new AbortController();
    const stream = addAbortSignal(abort.signal, traced(new Readable({ read: () => undefined })));
    abort.abort();
    await expect(finished(stream)).rejects.toThrow('aborted');
    expect(outcome()).toMatchObject({ end_reason: 'cancelled', error: 'AbortError' });
  });

  it('R7: a writable is done when it has finished, in the context of the span', async () => {
    const sink = traced(new Writable({ write: (_chunk, _encoding, done) => (child(), done()) }));
    await pipeline(Readable.from([Buffer.from('abc'), Buffer.from('d')]), sink);
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 2, bytes: 4 });
    expect(test.flatSpans().filter(({ parent_span_id }) => parent_span_id === span.spanContext().spanId)).toHaveLength(2);
  });

  it('R7: a transform is done when both sides are', async () => {
    const upper = traced(new Transform({ transform: (chunk, _encoding, done) => (child(), done(null, String(chunk).toUpperCase())) }));
    const out: string[] = [];
    await pipeline(Readable.from(['a', 'b']), upper, async (source) => {
      for await (const part of source) out.push(String(part));
    });
    expect(out.join('')).toBe('AB');
    expect(outcome()).toMatchObject({ end_reason: 'done', chunks: 2 });
    expect(test.spans()).toMatchObject([{ name: 'stream', children: [{ name: 'child' }, { name: 'child' }] }]);
  });

  it('R7: a duplex waits for its second side', () => {
    const duplex = traced(new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }));
    duplex.emit('end');
    expect(isOpen()).toBe(true);
    duplex.emit('finish');
    expect(outcome()).toMatchObject({ end_reason: 'done' });
  });

  it('R7: sockets: closed by both is done, reset is an error', async () => {
    const server = createTcpServer((socket) =>
      socket.on('error', () => undefined).once('data', (data) => (String(data) === 'reset' ? socket.resetAndDestroy() : socket.end('bye'))),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const open = (name: string): ReturnType<typeof connect> =>
      test.tracing.traceStream(
        connect((server.address() as AddressInfo).port, '127.0.0.1'),
        test.tracing.startSpan({ name, active: false }),
      );
    const polite = open('polite').resume();
    polite.write('hello');
    await new Promise((resolve) => polite.once('close', resolve));
    const rude = open('rude').resume();
    rude.write('reset');
    await new Promise((resolve) => rude.once('error', resolve));
    expect(test.flatSpans().map(({ name, attributes }) => [name, attributes['spanstream.stream.end_reason']])).toEqual([
      ['polite', 'done'],
      ['rude', 'error'],
    ]);
    span.end();
    await new Promise((resolve) => server.close(resolve));
  });

  it('R7: a stream that is over already ends the span at once', async () => {
    const done = Readable.from([1]).resume();
    await finished(done);
    expect(traced(done)).toBe(done);
    expect(outcome()).toEqual({ end_reason: 'done' });
    const failed = new Readable({ read: () => undefined }).on('error', () => undefined).destroy(new RangeError('before'));
    test.tracing.traceStream(failed, test.tracing.startSpan({ name: 'late' }));
    expect(test.flatSpans().at(-1)!.attributes).toMatchObject({ 'error.type': 'RangeError' });
  });

  it('R7: an HTTP server response that the client leaves is closed, one that was sent is done', async () => {
    const ended: Promise<unknown>[] = [];
    const server = createServer((request, response) => {
      ended.push(new Promise((resolve) => response.once('close', resolve)));
      test.tracing.traceStream(response, test.tracing.startSpan({ name: request.url!, active: false }));
      if (request.url === '/sent') response.end('ok');
      else response.write('part');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await (await fetch(`${url}/sent`)).text();
    const abort = new AbortController();
    await fetch(`${url}/left`, { signal: abort.signal });
    abort.abort();
    await Promise.all(ended);
    const reasons = Object.fromEntries(test.flatSpans().map(({ name, attributes }) => [name, attributes['spanstream.stream.end_reason']]));
    expect(reasons).toEqual({ '/sent': 'done', '/left': 'closed' });
    span.end();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('traceStream and memory', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const SIZE = 65_536;
  const COUNT = 1600;

  const LONG: Record<string, () => AsyncIterable<Uint8Array>> = {
    'a ReadableStream': () => {
      let left = COUNT;
      return new ReadableStream({ pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(SIZE)) : controller.close()) });
    },
    'a Node stream': () => {
      let left = COUNT;
      return new Readable({
        read() {
          this.push(left-- > 0 ? Buffer.alloc(SIZE) : null);
        },
      });
    },
    'an async generator': () =>
      (async function* () {
        for (let left = COUNT; left > 0; left--) yield new Uint8Array(SIZE);
      })(),
  };

  it.each(Object.entries(LONG))(
    'R9: 100 MB through %s leave no growth',
    async (_, create) => {
      gc();
      const before = process.memoryUsage();
      let total = 0;
      let peak = 0;
      let seen = 0;
      for await (const chunk of traced(create())) {
        total += chunk.byteLength;
        if (++seen % 400 === 0) {
          // Buffers are freed beside the main thread after a collection.
          for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve)).then(gc);
          const { heapUsed, arrayBuffers } = process.memoryUsage();
          peak = Math.max(peak, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers);
        }
      }
      expect(total).toBe(SIZE * COUNT);
      expect(peak).toBeLessThan(5_000_000);
      expect(outcome()).toMatchObject({ end_reason: 'done', bytes: SIZE * COUNT });
    },
    30_000,
  );

  const DROPPED: Record<string, () => unknown> = {
    'a ReadableStream': () =>
      traced(webStream(bytes(1)))
        .getReader()
        .read(),
    'a Response': () =>
      traced(new Response(webStream(bytes(1), { type: 'bytes' })))
        .body!.getReader()
        .read(),
    'a generator': () => traced(syncNumbers(3)).next(),
    'an iterable': () =>
      traced({ [Symbol.iterator]: () => [1, 2].values() })
        [Symbol.iterator]()
        .next(),
    'a Node stream': () => traced(new Readable({ read: () => undefined })).push('a'),
  };

  it.each(Object.entries(DROPPED))('R7: %s that is dropped ends its span with the last chunk', async (_, drop) => {
    test.clock.advance(100);
    await drop();
    test.clock.advance(60_000);
    for (let turn = 0; turn < 100 && isOpen(); turn++) {
      gc();
      await new Promise(setImmediate);
    }
    expect(outcome()).toMatchObject({ end_reason: 'dropped', chunks: 1 });
    const { start_timestamp, end_timestamp } = test.flatSpans().find(({ name }) => name === 'stream')!;
    expect(end_timestamp - start_timestamp).toBeCloseTo(0.1, 3);
  });

  it('R28: a response of fetch that is dropped unread frees its connection, as without the SDK', async () => {
    const closed: Promise<unknown>[] = [];
    const server = createServer((_request, answer) => {
      closed.push(new Promise((resolve) => answer.once('close', resolve)));
      answer.write('endless');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await (async () => void traced(await fetch(url)))();
    let isFree = false;
    void closed[0]!.then(() => (isFree = true));
    for (let turn = 0; turn < 300 && !isFree; turn++) {
      gc();
      await new Promise(setImmediate);
    }
    expect(isFree).toBe(true);
    expect(outcome()).toMatchObject({ end_reason: 'dropped' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
