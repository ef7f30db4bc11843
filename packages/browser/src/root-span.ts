import type { AnySpan } from '@spanstream/core';

let root: AnySpan | undefined;

/** Makes the span of a page load or navigation the one that work without a known parent belongs to; undefined when it is over. */
export const setRootSpan = (span: AnySpan | undefined): void => {
  root = span;
};

/** The span of the page load or navigation that is going on. */
export const getRootSpan = (): AnySpan | undefined => root;
