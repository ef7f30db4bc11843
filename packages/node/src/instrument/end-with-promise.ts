import type { AnySpan } from '@spanstream/core';
import { failSpan } from './fail-span.ts';

/**
 * Ends the span with the promise that a call returned; false when it returned none. Nobody's rejection is handled by it, and
 * none is left unhandled that was not: what derives from the promise here swallows its own.
 */
export function endWithPromise(span: AnySpan, result: unknown, settled?: (value: unknown) => void): boolean {
  if (!(result instanceof Promise)) return false;
  result.then(
    (value: unknown) => {
      try {
        settled?.(value);
      } finally {
        span.end();
      }
    },
    (error: unknown) => {
      failSpan(span, error);
      span.end();
    },
  );
  return true;
}
