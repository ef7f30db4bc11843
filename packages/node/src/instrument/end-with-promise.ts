import type { AnySpan } from '@spanstream/core';
import { failSpan } from './fail-span.ts';

/** Ends the span with the promise that a call returned; false when it returned none. The promise stays as it is, handled or not by others. */
export function endWithPromise(span: AnySpan, result: unknown, settled?: (value: unknown) => void): boolean {
  if (!(result instanceof Promise)) return false;
  result.then(
    (value: unknown) => {
      settled?.(value);
      span.end();
    },
    (error: unknown) => {
      failSpan(span, error);
      span.end();
    },
  );
  return true;
}
