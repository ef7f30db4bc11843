import type { AnySpan } from '../context/context.ts';
import { traceIterator, traceStream } from './trace-stream.ts';

/** Runs a callback in the span's context. */
export type RunInSpan = <T>(callback: () => T) => T;

/**
 * Ends the span when what the callback returned is finished: at once for values, on settling for promises, on the last
 * element for generators and asynchronous iterables (R7).
 */
export function settle<T extends object>(span: AnySpan, result: T, run: RunInSpan, callback: unknown): T {
  try {
    return settleObject(span, result, run, callback);
  } catch {
    span.end(); // a value whose getters throw is passed on as it is
    return result;
  }
}

function settleObject<T extends object>(span: AnySpan, result: T, run: RunInSpan, callback: unknown): T {
  const { then } = result as { then?: unknown };
  if (typeof then === 'function') return settleThenable(span, result as T & Thenable, run, callback);
  const { next } = result as { next?: unknown };
  if (typeof next === 'function' && (Symbol.iterator in result || Symbol.asyncIterator in result)) return traceIterator(result, span, run);
  if (Symbol.asyncIterator in result) return traceStream(result, span, run);
  span.end();
  return result;
}

type Thenable = PromiseLike<unknown>;
type Then = PromiseLike<unknown>['then'];

function settleThenable<T extends Thenable>(span: AnySpan, result: T, run: RunInSpan, callback: unknown): T {
  if (!(result instanceof Promise)) return watchThen(span, result, run);
  const fulfilled = (value: unknown): unknown => {
    span.end();
    return value;
  };
  const rejected = (error: unknown): void => {
    span.fail(error);
    span.end();
  };
  if (isAsyncFunction(callback) && result.constructor === Promise) {
    // Nobody else holds this promise, so a derived one in its place is unseen, and an unhandled rejection stays unhandled.
    return result.then(fulfilled, (error: unknown) => {
      rejected(error);
      throw error;
    }) as unknown as T;
  }
  Promise.prototype.then.call(result, fulfilled, rejected);
  return result;
}

/** Query builders run when `then` is called, once for each call, so their `then` is watched instead of called. */
function watchThen<T extends Thenable>(span: AnySpan, result: T, run: RunInSpan): T {
  const then = result.then as (this: unknown, ...handlers: unknown[]) => unknown;
  const watched: Then = function (this: unknown, onFulfilled, onRejected) {
    const fulfilled = (value: unknown): unknown => {
      span.end();
      return typeof onFulfilled === 'function' ? onFulfilled(value) : value;
    };
    const rejected = (error: unknown): unknown => {
      span.fail(error);
      span.end();
      if (typeof onRejected === 'function') return onRejected(error);
      throw error;
    };
    return run(() => then.call(this, fulfilled, rejected)) as never;
  };
  Object.defineProperty(result, 'then', { value: watched, configurable: true, writable: true, enumerable: false });
  return result;
}

function isAsyncFunction(callback: unknown): boolean {
  return (callback as { constructor?: { name?: string } }).constructor?.name === 'AsyncFunction';
}
