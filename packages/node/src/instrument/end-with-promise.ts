import type { AnySpan } from '@spanstream/core';
import { failSpan } from './fail-span.ts';
import { replaceMethod } from './replace-method.ts';

/**
 * Ends the span with the promise that a call returned; undefined when it returned none. What it answers with takes that
 * promise's place: a rejection that nobody handles there stays one that nobody handles.
 */
export function endWithPromise(span: AnySpan, result: unknown, settled?: (value: unknown) => void): Promise<unknown> | undefined {
  if (!(result instanceof Promise)) return undefined;
  const derived = result.then(
    (value: unknown) => {
      settled?.(value);
      span.end();
      return value;
    },
    (error: unknown) => {
      failSpan(span, error);
      span.end();
      throw error;
    },
  );
  if (result.constructor === Promise) return derived;
  // A class of its own may have methods of its own. Whoever handles it asks its `then`, `await` too: until then nobody does.
  const { then } = result;
  replaceMethod(result, 'then', function (this: unknown, ...args: Parameters<typeof then>) {
    derived.catch(() => undefined); // its rejection is the other one's now
    return then.apply(this as typeof result, args);
  });
  return result;
}

/** The same for the result of a call, which is replaced; false when it is no promise. */
export function endWithResult(span: AnySpan, message: { result?: unknown }, settled?: (value: unknown) => void): boolean {
  const promise = endWithPromise(span, message.result, settled);
  if (promise === undefined) return false;
  message.result = promise;
  return true;
}
