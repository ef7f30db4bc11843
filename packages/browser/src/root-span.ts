import type { Span } from '@spanstream/core';

let root: Span | undefined;

/** Makes a span the page's root: parent of what has no other while it is open. It stays until the next one replaces it. */
export function setRootSpan(span: Span | undefined): void {
  root = span;
}

/** The span of the page load or of the last navigation, even if it has ended. */
export function getRootSpan(): Span | undefined {
  return root;
}
