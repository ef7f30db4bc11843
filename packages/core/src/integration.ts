import type { Outcome, Stats } from './delivery/ledger.ts';
import type { Current } from './trace/current.ts';

/** Undoes what `setup` did. `close()` waits, within its time, for a promise that it returns. */
export type Teardown = () => void | Promise<void>;

/** The client as integrations see it. */
export interface IntegrationClient {
  /** Settings that instrumentation keeps to. */
  readonly settings: { readonly sendDefaultPii: boolean; readonly tracePropagationTargets: readonly (string | RegExp)[] | undefined };
  /** What starts spans in either lifecycle, for instrumentation. In pages the first who asks for it has it made. */
  readonly current: Current;
  /**
   * Calls back when the client is first needed, in pages at the latest in the next task, elsewhere now: for what need not be done
   * while the page waits for `init`. What it returns undoes it, as with `setup`.
   */
  whenNeeded(start: () => Teardown | void): void;
  /**
   * What integrations record: `http.server`, `http.client`, `undici`, else the npm name of the library. A bridge leaves spans
   * that instrumentation of another API makes of the same out. Made by the first who adds to it.
   */
  recorded?: Set<string>;
  /** Whether the URL is one of the SDK's own destinations, which are never traced (R28). */
  isOwnUrl(url: string): boolean;
  stats(): Stats;
  on(event: 'outcome', listener: (outcome: Outcome) => void): () => void;
  flush(timeoutMs?: number): Promise<boolean>;
}

/** A part that attaches to a client: instrumentation, a sink of facts, whatever an application writes. */
export interface Integration {
  /** Unique; an integration of the same name replaces a default. */
  readonly name: string;
  /** Attaches; the returned function restores everything. A throw is one warning and leaves the integration out. */
  setup(client: IntegrationClient): Teardown | void;
}

/** The integrations to set up: an array is merged into the defaults by name, a function answers with the exact list. */
export function chooseIntegrations(
  defaults: Integration[],
  chosen: readonly Integration[] | ((defaults: Integration[]) => Integration[]) | undefined,
): Integration[] {
  if (typeof chosen === 'function') return [...chosen([...defaults])];
  const byName = new Map(defaults.map((integration) => [integration.name, integration]));
  for (const integration of chosen ?? []) byName.set(integration.name, integration);
  return [...byName.values()];
}

/** The names that can be read. */
export function integrationNames(integrations: readonly Integration[]): string[] {
  return integrations.map(nameOf).filter((name) => name !== undefined);
}

/** The integration's name; undefined for what is none. */
export function nameOf(integration: Integration): string | undefined {
  try {
    const name: unknown = integration.name;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // a hostile getter, or no integration at all
  }
}
