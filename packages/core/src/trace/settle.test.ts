import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context, ContextManager } from '../context/context.ts';
import type { Span, SpanJSON } from '../span/span-data.ts';
import { createTestClient, type TestClient } from '../testing.ts';

const storage = new AsyncLocalStorage<Context>();
const contextManager: ContextManager = {
  active: () => storage.getStore(),
  run: (context, callback) => storage.run(context, callback),
  enter: (context) => storage.enterWith(context),
};

let test: TestClient;
beforeEach(() => {
  test = createTestClient({ contextManager });
});
afterEach(() => test.close());

const start = <T>(callback: (span: Span) => T): T => test.tracing.startSpan({ name: 'work' }, callback);
const isOpen = (): boolean => test.client.openSpans().length > 0;
const work = (): SpanJSON => {
  test.expectNoOpenSpans();
  const found = test.flatSpans().filter(({ name }) => name === 'work');
  expect(found).toHaveLength(1);
  return found[0]!;
};
const unhandled = (): Promise<unknown> => new Promise((resolve) => process.once('unhandledRejection', resolve));

describe('a callback that returns a value', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', { a: 1 }],
    ['a function', () => 1],
    ['an array', [1]],
    ['a map', new Map()],
  ])('R7: %s passes through and the span ends', (_, value) => {
    expect(start(() => value as unknown)).toBe(value);
    expect(work().status).toBe('ok');
  });

  it('R7: a throw sets the status and the type, and passes through', () => {
    const error = new TypeError('no');
    expect(() =>
      start(() => {
        throw error;
      }),
    ).toThrow(error);
    expect(work()).toMatchObject({ status: 'error', attributes: { 'error.type': 'TypeError' } });
  });

  it('R7: whatever is thrown passes through', () => {
    const seen: unknown[] = [];
    for (const thrown of [undefined, null, 'text', 0, { name: '' }, Proxy.revocable({}, {}).proxy]) {
      try {
        start(() => {
          throw thrown;
        });
      } catch (error) {
        seen.push(error === thrown); // compared here: the assertion would look into hostile values
      }
    }
    expect(seen).toEqual(Array.from({ length: 6 }, () => true));
    expect(test.flatSpans().map(({ attributes }) => attributes['error.type'])).toEqual([
      'undefined',
      'object',
      'string',
      'number',
      'Object',
      'Object',
    ]);
  });

  it('R7: a status set by hand outlives a throw', () => {
    expect(() =>
      start((span) => {
        span.setStatus('ok');
        throw new Error('expected');
      }),
    ).toThrow('expected');
    expect(work()).toMatchObject({ status: 'ok' });
    expect(work().attributes).not.toHaveProperty('error.type');
  });

  it('R4: a span ended by hand inside stays as it is', async () => {
    await expect(
      start(async (span) => {
        span.end();
        throw new Error('late');
      }),
    ).rejects.toThrow('late');
    expect(work().status).toBe('ok');
  });

  it('R34: values that throw when they are looked at pass through', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = Object.defineProperty({}, 'then', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(start(() => proxy) === proxy).toBe(true);
    expect(start(() => getter)).toBe(getter);
    test.expectNoOpenSpans();
  });
});

describe('a callback that returns a promise', () => {
  it('R7: the promise stays the same and ends the span when it settles', async () => {
    const { promise, resolve } = deferred<number>();
    expect(start(() => promise)).toBe(promise);
    expect(isOpen()).toBe(true);
    resolve(3);
    await expect(promise).resolves.toBe(3);
    expect(work().status).toBe('ok');
  });

  it('R7: a rejection sets status and type and passes through', async () => {
    const error = new RangeError('no');
    await expect(start(() => Promise.reject(error))).rejects.toBe(error);
    await expect(
      start(async () => {
        await Promise.resolve();
        throw error;
      }),
    ).rejects.toBe(error);
    expect(test.flatSpans().map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
      ['error', 'RangeError'],
      ['error', 'RangeError'],
    ]);
  });

  it('R7: a rejection of an async function that nobody handles stays one', async () => {
    const seen = unhandled();
    void start(async () => {
      throw new Error('unseen');
    });
    await expect(seen).resolves.toMatchObject({ message: 'unseen' });
    expect(work().status).toBe('error');
  });

  it('R7: and so does that of a traced one', async () => {
    const seen = unhandled();
    void test.tracing.traced(async function work() {
      throw new Error('unseen');
    })();
    await expect(seen).resolves.toMatchObject({ message: 'unseen' });
  });

  it('R7: a handled rejection is not reported as unhandled', async () => {
    let count = 0;
    const listener = (): void => void count++;
    process.on('unhandledRejection', listener);
    await start(() => Promise.reject(new Error('seen'))).catch(() => undefined);
    await start(async () => {
      throw new Error('seen');
    }).catch(() => undefined);
    await new Promise(setImmediate);
    process.off('unhandledRejection', listener);
    expect(count).toBe(0);
  });

  it('R7: a promise class keeps its identity and methods', async () => {
    class Task<T> extends Promise<T> {
      cancel(): string {
        return 'cancelled';
      }
    }
    const task = Task.resolve(1) as Task<number>;
    const passed = start(() => task);
    expect([passed === task, passed.cancel()]).toEqual([true, 'cancelled']);
    await passed;
    expect(work().status).toBe('ok');
  });

  it('R7: a promise class that computes its outcome in `then` is asked there, not in the promise it inherits from', async () => {
    let runs = 0;
    class ApiPromise<T> extends Promise<T> {
      override then<A = T, B = never>(
        done?: ((value: T) => A | PromiseLike<A>) | null,
        fail?: ((error: unknown) => B | PromiseLike<B>) | null,
      ): Promise<A | B> {
        runs++;
        return Promise.resolve('parsed' as T).then(done, fail);
      }
    }
    const passed = start(() => new ApiPromise<string | null>((resolve) => resolve(null)));
    await new Promise(setImmediate);
    expect([isOpen(), runs]).toEqual([true, 0]);
    await expect(passed).resolves.toBe('parsed');
    expect([work().status, runs]).toEqual(['ok', 1]);
  });

  it('R7: native promises count where a library has replaced the global one', async () => {
    const { Promise: native } = globalThis;
    globalThis.Promise = class extends native<unknown> {} as PromiseConstructor;
    let result: Promise<number>;
    try {
      result = start(async () => 5);
    } finally {
      globalThis.Promise = native;
    }
    await expect(result).resolves.toBe(5);
    expect(work().status).toBe('ok');
  });

  it('R2: what runs after it settled sees its caller, not the span', async () => {
    const active = await test.tracing.startSpan({ name: 'outer' }, () =>
      start(async () => 1).then(() => test.tracing.getActiveSpan()?.name),
    );
    expect(active).toBe('outer');
  });
});

/** A query builder: it runs when it is awaited, once for each time. */
class Query {
  runs = 0;
  table = 'users';
  readonly #outcome: () => Promise<unknown>;
  constructor(outcome: () => Promise<unknown> = async () => ['row']) {
    this.#outcome = outcome;
  }
  where(): this {
    return this;
  }
  then(done?: (value: unknown) => unknown, fail?: (error: unknown) => unknown): Promise<unknown> {
    this.runs++;
    test.tracing.startSpan({ name: 'db' }).end();
    return this.#outcome().then(done, fail);
  }
  catch(fail: (error: unknown) => unknown): Promise<unknown> {
    this.runs++;
    return this.#outcome().catch(fail);
  }
  finally(done: () => void): Promise<unknown> {
    this.runs++;
    return this.#outcome().finally(done);
  }
}

describe('a callback that returns a query', () => {
  it('R7: it runs once, when it is awaited, inside the span', async () => {
    const query = new Query();
    const passed = start(() => query);
    expect([passed === query, query.runs, isOpen(), passed.where() === query, Object.keys(query)]).toEqual([
      true,
      0,
      true,
      true,
      ['runs', 'table'],
    ]);
    await new Promise(setImmediate);
    expect(query.runs).toBe(0);
    await expect(Promise.resolve(passed)).resolves.toEqual(['row']);
    expect(query.runs).toBe(1);
    expect(test.spans()).toMatchObject([{ name: 'work', children: [{ name: 'db' }] }]);
  });

  it.each(['catch', 'finally'] as const)('R7: it runs once and ends the span when it is started with `%s`', async (method) => {
    const query = new Query(async () => {
      throw new RangeError('sql');
    });
    await start(() => query)
      [method](() => undefined)
      .catch(() => undefined);
    expect(query.runs).toBe(1);
    expect(work()).toMatchObject({ status: 'error', attributes: { 'error.type': 'RangeError' } });
  });

  it('R7: a rejection passes through handlers of every shape', async () => {
    const failing = (): Query =>
      new Query(async () => {
        throw new RangeError('sql');
      });
    await expect(Promise.resolve(start(failing))).rejects.toThrow('sql');
    await expect(start(failing).then()).rejects.toThrow('sql');
    await expect(start(failing).then(undefined, () => 'handled')).resolves.toBe('handled');
    await expect(start(() => new Query()).then()).resolves.toEqual(['row']);
    test.expectNoOpenSpans();
  });

  it('R2: handlers run where they were given', async () => {
    const query = start(() => new Query());
    await test.tracing.startSpan({ name: 'caller' }, () => query.then(() => test.tracing.startSpan({ name: 'handler' }).end()));
    expect(test.spans().find(({ name }) => name === 'caller')).toMatchObject({ children: [{ name: 'handler' }] });
  });

  it('R7: one whose `then` throws fails the span', () => {
    const query = {
      then: () => {
        throw new RangeError('broken');
      },
    };
    expect(() => (start(() => query) as { then(): void }).then()).toThrow('broken');
    expect(work()).toMatchObject({ status: 'error' });
  });

  it('R7: a frozen one passes through, its span ends at once', async () => {
    const frozen = Object.freeze(new Query());
    expect(start(() => frozen)).toBe(frozen);
    expect(isOpen()).toBe(false);
  });

  it('R7: one that can be iterated as well ends the span either way', async () => {
    const query = Object.assign(new Query(), {
      async *[Symbol.asyncIterator]() {
        yield 'row';
      },
    });
    for await (const row of start(() => query)) expect(row).toBe('row');
    expect([work().attributes['spanstream.stream.end_reason'], query.runs]).toEqual(['done', 0]);
  });

  it('R7: one that is never awaited ends its span when it is collected', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    (() => void start(() => new Query()))();
    for (let turn = 0; turn < 100 && isOpen(); turn++) {
      gc();
      await new Promise(setImmediate);
    }
    expect(work().attributes['spanstream.stream.end_reason']).toBe('dropped');
  });
});

describe('a callback that returns a generator or a stream', () => {
  it('R7: a generator keeps the span open until it has finished, and is its context', () => {
    const generator = start(function* () {
      test.tracing.startSpan({ name: 'inside' }).end();
      yield 1;
      yield 2;
    });
    expect(isOpen()).toBe(true);
    expect([...generator]).toEqual([1, 2]);
    expect(work().attributes).toMatchObject({ 'spanstream.stream.end_reason': 'done', 'spanstream.stream.chunks': 2 });
    expect(test.spans()).toMatchObject([{ children: [{ name: 'inside' }] }]);
  });

  it('R7: an async generator that throws fails the span', async () => {
    const generator = start(async function* () {
      yield 1;
      await Promise.resolve();
      throw new RangeError('half');
    });
    await expect(
      (async () => {
        for await (const _ of generator);
      })(),
    ).rejects.toThrow('half');
    expect(work()).toMatchObject({ status: 'error', attributes: { 'error.type': 'RangeError', 'spanstream.stream.end_reason': 'error' } });
  });

  it('R7: async iterables and Node streams stay the objects they are', async () => {
    const iterable = {
      async *[Symbol.asyncIterator]() {
        yield 1;
      },
    };
    const stream = Readable.from(['a']);
    expect(start(() => iterable)).toBe(iterable);
    expect(start(() => stream)).toBe(stream);
    expect(test.client.openSpans()).toHaveLength(2);
    for await (const _ of iterable);
    for await (const _ of stream);
    test.expectNoOpenSpans();
  });

  it('R7: a ReadableStream is followed to its end', async () => {
    const stream = start(() => new ReadableStream({ start: (controller) => (controller.enqueue('a'), controller.close()) }));
    expect(isOpen()).toBe(true);
    for await (const chunk of stream) expect(chunk).toBe('a');
    expect(work().attributes).toMatchObject({ 'spanstream.stream.end_reason': 'done' });
  });

  it('R21: an unsampled generator hands its decision to what it starts', () => {
    test = createTestClient({ contextManager, tracesSampleRate: 0 });
    const generator = start(function* () {
      yield test.tracing.startSpan({ name: 'inside' }).spanContext().traceId;
    });
    const [traceId] = [...generator];
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(test.client.stats()).toMatchObject({ started: 2, open: 0, dropped: { unsampled: 2 } });
  });
});

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((given) => (resolve = given));
  return { promise, resolve };
}
