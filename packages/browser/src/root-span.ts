import type { AnySpan, Span } from '@spanstream/core';
import { contextManager } from './page-context.ts';

/**
 * Makes a span the page's root: parent of what has no other while it is open, stand-in for parents that nobody can know also
 * later, and the trace of what starts in the page. Start it with `active: false`; it stays until the next one replaces it.
 */
export function setRootSpan(span: Span | undefined): void {
  contextManager.rootSpan = span as AnySpan | undefined;
}

/** The span of the page load or of the last navigation, even if it has ended. */
export function getRootSpan(): Span | undefined {
  return contextManager.rootSpan;
}
