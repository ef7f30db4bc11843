import { type Current, getClient } from '@spanstream/core';

/** The function, whose failure becomes a debug line: what the page calls must not fail it (R34). */
export function guarded<A extends unknown[], R>(current: Current, name: string, work: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => attempt(current, name, () => work(...args));
}

/** Calls it for the page, which may not have called `init` yet; a failure becomes a debug line. */
export const safely = <R>(name: string, work: () => R): R | undefined => attempt(getClient()?.current, name, work);

function attempt<R>(current: Current | undefined, name: string, work: () => R): R | undefined {
  try {
    return work();
  } catch (error) {
    current?.fault(name, error);
    return undefined;
  }
}
