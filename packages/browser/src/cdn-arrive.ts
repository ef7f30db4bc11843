/** Calls back with the API, now that it is there; the loader keeps the callback until then. */
export function ready(callback: () => void): void {
  callback();
}

/** Where the loader stands in the script's place already, what was called so far is done now. */
export function arrive(api: object): void {
  (globalThis as { SpanStream?: { arrive?(real: object): void } }).SpanStream?.arrive?.({ ...api, ready });
}
