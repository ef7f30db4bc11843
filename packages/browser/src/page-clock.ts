/**
 * Ms since the time origin. Taken once, since a page may have a variable of this name, or put a clock of its own there for a
 * while; events tell the same time (https://w3c.github.io/hr-time/#sec-performance).
 */
export const monotonicMs: () => number =
  (globalThis.performance?.now?.() as number) >= 0 ? performance.now.bind(performance) : () => new Event('').timeStamp;
