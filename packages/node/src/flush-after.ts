import { getClient } from '@spanstream/core';

/**
 * Wraps the handler of a serverless function, e.g. of AWS Lambda: each invocation has a trace and an isolation scope of its own, and all
 * that it recorded is on the way before the result is returned, since the process may be frozen right after.
 *
 * `export const handler = flushAfter(async (event) => { … });`
 * @param handler answers with a promise or a value; what it returns and throws is passed on
 * @param timeoutMs how long an invocation may be held up by a backend that does not answer. Default: 2000
 */
export function flushAfter<A extends unknown[], R>(handler: (...args: A) => R, timeoutMs = 2000): (...args: A) => Promise<Awaited<R>> {
  return async function (this: unknown, ...args: A): Promise<Awaited<R>> {
    try {
      return await inContextOfItsOwn(() => Reflect.apply(handler, this, args) as R);
    } finally {
      await getClient()?.flush(timeoutMs);
    }
  };
}

function inContextOfItsOwn<R>(callback: () => R): R {
  const { tracer } = getClient()?.current ?? {};
  return tracer === undefined ? callback() : tracer.runIn(tracer.contextFromOutside(tracer.newTrace()), callback);
}
