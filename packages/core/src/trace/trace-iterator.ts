import type { StreamSpan } from './stream-span.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = { [name: PropertyKey]: Method };
type Finish = 'done' | 'cancelled';

/** Whether the value is an iterator that can be iterated itself, as generators are. */
export function isIterableIterator(value: object): boolean {
  return isFunction((value as { next?: unknown }).next) && isIterable(value);
}

/** Whether the value can be iterated, synchronously or not. */
export function isIterable(value: object): boolean {
  return isAsyncIterable(value) || isFunction((value as { [Symbol.iterator]?: unknown })[Symbol.iterator]);
}

/** Whether the value can be iterated by `for await` as what it is. */
export function isAsyncIterable(value: object): boolean {
  return isFunction((value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator]);
}

/** The same iterable; the first of its iterations to finish ends the span. */
export function traceIterable<T extends object>(iterable: T, stream: StreamSpan): T {
  const traced = isFunction((iterable as { next?: unknown }).next)
    ? withMethods(iterable, { ...iterationMethods(iterable, stream), ...pullMethods(iterable, stream, isAsyncIterable(iterable)) })
    : withMethods(iterable, iterationMethods(iterable, stream));
  stream.startCounting();
  stream.watch(traced);
  return traced;
}

function traceIterator<T extends object>(iterator: T, stream: StreamSpan, isAsync: boolean): T {
  const traced = withMethods(iterator, pullMethods(iterator, stream, isAsync));
  // A loop holds the iterator and lets go of the iterable.
  stream.watch(traced);
  return traced;
}

function iterationMethods(iterable: object, stream: StreamSpan): Methods {
  const methods: Methods = {};
  for (const symbol of [Symbol.iterator, Symbol.asyncIterator]) {
    const original = (iterable as Methods)[symbol];
    if (!isFunction(original)) continue;
    methods[symbol] = function (...args) {
      if (stream.isOver) return Reflect.apply(original, iterable, args);
      const iterator = failing(stream, () => stream.run(() => Reflect.apply(original, iterable, args)));
      if (iterator === iterable) return this;
      return typeof iterator === 'object' && iterator !== null
        ? traceIterator(iterator, stream, symbol === Symbol.asyncIterator)
        : iterator;
    };
  }
  return methods;
}

function pullMethods(iterator: object, stream: StreamSpan, isAsync: boolean): Methods {
  const run = stream.resumable();
  const { next, return: close, throw: fail } = iterator as Methods;
  const pull = (method: Method, finish: Finish): Method =>
    function (...args) {
      const result = failing(stream, () => run(() => Reflect.apply(method, iterator, args)));
      return isAsync ? observeLater(result, stream, finish) : observe(result, stream, finish);
    };
  return {
    ...(isFunction(next) && { next: pull(next, 'done') }),
    // An iterator without `return` is never told of a `break`; this one is, for the span's sake, and can still be continued.
    return: isFunction(close) ? pull(close, 'cancelled') : closer(stream, isAsync),
    ...(isFunction(fail) && { throw: pull(fail, 'done') }),
  };
}

function closer(stream: StreamSpan, isAsync: boolean): Method {
  return (value) => {
    stream.end('cancelled');
    return isAsync ? Promise.resolve(value).then((awaited) => ({ done: true, value: awaited })) : { done: true, value };
  };
}

/** The derived promise goes to the caller, so that a rejection that nobody handles stays unhandled. */
function observeLater(result: unknown, stream: StreamSpan, finish: Finish): unknown {
  if (typeof result !== 'object' || result === null || !isFunction((result as { then?: unknown }).then))
    return observe(result, stream, finish);
  return (result as PromiseLike<unknown>).then(
    (settled) => observe(settled, stream, finish),
    (error: unknown) => {
      stream.fail(error);
      throw error;
    },
  );
}

function observe(result: unknown, stream: StreamSpan, finish: Finish): unknown {
  try {
    const { done, value } = result as IteratorResult<unknown>;
    if (done === true) stream.end(finish);
    else stream.addChunk(value);
  } catch (error) {
    stream.fail(error); // not an iterator result, or one with hostile getters: the loop will stumble over it as well
  }
  return result;
}

function failing<T>(stream: StreamSpan, work: () => T): T {
  try {
    return work();
  } catch (error) {
    stream.fail(error);
    throw error;
  }
}

/** The object with methods of its own; where it is frozen, one that inherits from it. */
export function withMethods<T extends object>(target: T, methods: Methods): T {
  const descriptors: PropertyDescriptorMap = {};
  for (const name of Reflect.ownKeys(methods)) descriptors[name as string] = { value: methods[name], configurable: true, writable: true };
  if (Object.isExtensible(target)) return Object.defineProperties(target, descriptors);
  return Object.create(target, descriptors) as T;
}

function isFunction(value: unknown): value is Method {
  return typeof value === 'function';
}
