import { type Current, getClient } from '@spanstream/core';

/** The function, whose failure becomes a debug line: what the page calls must not fail it (R34). */
export function guarded<A extends unknown[], R>(current: Current, name: string, work: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return work(...args);
    } catch (error) {
      current.fault(name, error);
      return undefined;
    }
  };
}

/** Calls it for the page, which may not have called `init` yet; a failure becomes a debug line. */
export function safely<R>(name: string, work: () => R): R | undefined {
  try {
    return work();
  } catch (error) {
    getClient()?.current.fault(name, error);
    return undefined;
  }
}
