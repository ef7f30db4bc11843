import type { AnySpan } from '@spanstream/core';

/**
 * Sets the status `error` and `error.type` — a system error's code, an error's name, or the text given — unless the status
 * was set by hand. Messages stay out: they name hosts and paths.
 */
export function failSpan(span: AnySpan, cause: unknown): void {
  span.fail(typeof cause === 'string' ? { name: cause } : withCode(cause));
}

function withCode(error: unknown): unknown {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? { name: code } : error;
}
