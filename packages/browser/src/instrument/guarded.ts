import { getClient, type IntegrationClient } from '@spanstream/core';

type Client = Pick<IntegrationClient, 'current'>;

/** The function, whose failure becomes a debug line: what the page calls must not fail it (R34). */
export function guarded<A extends unknown[], R>(client: Client, name: string, work: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => attempt(client, name, () => work(...args));
}

/** Calls it for the page, which may not have called `init` yet; a failure becomes a debug line. */
export const safely = <R>(name: string, work: () => R): R | undefined => attempt(getClient(), name, work);

function attempt<R>(client: Client | undefined, name: string, work: () => R): R | undefined {
  try {
    return work();
  } catch (error) {
    client?.current.fault(name, error);
    return undefined;
  }
}
