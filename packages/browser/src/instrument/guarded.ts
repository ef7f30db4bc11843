import type { IntegrationClient } from '@spanstream/core';

/** The function, whose failure becomes a debug line: what the page calls must not fail it (R34). */
export function guarded<A extends unknown[], R>(
  client: IntegrationClient,
  name: string,
  work: (...args: A) => R,
): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return work(...args);
    } catch (error) {
      client.current.fault(name, error);
      return undefined;
    }
  };
}
