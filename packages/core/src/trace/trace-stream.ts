import type { AnySpan } from '../context/context.ts';
import type { RunInSpan } from './settle.ts';

/** Stand-in until the stream finaliser arrives. */
export function traceStream<T>(stream: T, span: AnySpan, _run: RunInSpan): T {
  span.end();
  return stream;
}

export function traceIterator<T extends object>(iterator: T, span: AnySpan, _run: RunInSpan): T {
  span.end();
  return iterator;
}
