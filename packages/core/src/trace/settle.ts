import type { AnySpan } from '../context/context.ts';
import { type SpanWork, StreamSpan } from './stream-span.ts';
import { isAsyncIterable, isIterableIterator, traceIterable, withMethods } from './trace-iterator.ts';
import { traceStream } from './trace-stream.ts';
import { isReadableStream } from './trace-web-stream.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The engine's own promise, which `async` functions return even where a library has replaced the global one (zone.js). */
const NativePromise = (async () => undefined)().constructor as PromiseConstructor;

/**
 * Ends the span when what the callback returned is finished: at once for values, on settling for promises, on the last
 * element for generators and asynchronous iterables (R7).
 */
export function settle<T extends object>(work: SpanWork, result: T, callback: unknown): T {
  try {
    return settleObject(work, result, callback);
  } catch {
    work.span.end(); // frozen, or with getters that throw: it is passed on as it is
    return result;
  }
}

function settleObject<T extends object>(work: SpanWork, result: T, callback: unknown): T {
  const { then } = result as { then?: unknown };
  if (typeof then === 'function')
    return isEager(result, then) ? settlePromise(work.span, result, callback) : watchThenable(work, result, then as Method);
  if (isIterableIterator(result) || isAsyncIterable(result) || isReadableStream(result)) return traceStream(result, work);
  work.span.end();
  return result;
}

/**
 * Whether the outcome can be had without asking for it. A promise class with a `then` of its own may start its work there,
 * or answer something else than the promise it inherits from (p-lazy; the API promises of AI clients).
 */
function isEager(result: object, then: unknown): result is Promise<unknown> {
  if (!(result instanceof NativePromise) && !(result instanceof Promise)) return false;
  // `await` passes by the `then` of such a promise, whoever has replaced it.
  return (
    result.constructor === NativePromise ||
    result.constructor === Promise ||
    then === NativePromise.prototype.then ||
    then === Promise.prototype.then
  );
}

function settlePromise<T extends Promise<unknown>>(span: AnySpan, result: T, callback: unknown): T {
  const fulfilled = (value: unknown): unknown => {
    span.end();
    return value;
  };
  const rejected = (error: unknown): void => endFailed(span, error);
  if (isAsyncFunction(callback) && result.constructor === NativePromise) {
    // Nobody else holds this promise, so a derived one in its place is unseen, and an unhandled rejection stays unhandled.
    return NativePromise.prototype.then.call(result, fulfilled, (error: unknown) => {
      rejected(error);
      throw error;
    }) as T;
  }
  void result.then(fulfilled, rejected);
  return result;
}

/**
 * Query builders run when `then` is called, once for each call, so their `then` is watched instead of called; one that is
 * frozen cannot be, and its span ends at once. Whoever never
 * asks for the outcome has no work to be timed: the span ends with the collection of the thenable, as `dropped`.
 */
function watchThenable<T extends object>(work: SpanWork, result: T, then: Method): T {
  const { span, tracer } = work;
  if (!Object.isExtensible(result)) {
    span.end();
    return result;
  }
  const stream = new StreamSpan(work);
  const watched: Method = function (onFulfilled, onRejected) {
    const caller = tracer.context;
    // The handlers are the caller's, so they run where the caller is.
    const handled = (handler: unknown, value: unknown): unknown => tracer.runIn(caller, () => (handler as Method)(value));
    const fulfilled = (value: unknown): unknown => {
      span.end();
      return typeof onFulfilled === 'function' ? handled(onFulfilled, value) : value;
    };
    const rejected = (error: unknown): unknown => {
      endFailed(span, error);
      if (typeof onRejected === 'function') return handled(onRejected, error);
      throw error;
    };
    try {
      return stream.run(() => Reflect.apply(then, this, [fulfilled, rejected]));
    } catch (error) {
      endFailed(span, error);
      throw error;
    }
  };
  withMethods(result, { then: watched, ...shortcuts(result, watched) });
  stream.watch(result);
  return isAsyncIterable(result) ? traceIterable(result, stream) : result;
}

/** `catch` and `finally` of many thenables go past `then`. */
function shortcuts(result: object, watched: Method): Record<string, Method> {
  const methods: Record<string, Method> = {};
  for (const name of ['catch', 'finally']) {
    const original = (result as Record<string, unknown>)[name];
    if (typeof original !== 'function') continue;
    methods[name] = function (...args) {
      const outcome = Reflect.apply(watched, this, []) as Record<string, unknown> | undefined;
      const method = outcome?.[name];
      return Reflect.apply(
        typeof method === 'function' ? (method as Method) : (original as Method),
        typeof method === 'function' ? outcome : this,
        args,
      );
    };
  }
  return methods;
}

function endFailed(span: AnySpan, error: unknown): void {
  span.fail(error);
  span.end();
}

function isAsyncFunction(callback: unknown): boolean {
  return Object.prototype.toString.call(callback) === '[object AsyncFunction]';
}
