/**
 * The script for pages without a bundler: everything of the package under the global name `SpanStream`.
 * Where the loader stands in its place already, what was called so far is done now.
 */
import * as api from './index.ts';

export * from './index.ts';

/** Calls back with the API, now that it is there; the loader keeps the callback until then. */
export function ready(callback: () => void): void {
  callback();
}

(globalThis as { SpanStream?: { arrive?(real: object): void } }).SpanStream?.arrive?.({ ...api, ready });
