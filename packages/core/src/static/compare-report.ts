/** What kind of thing would change. */
export type DifferenceKind = 'filter' | 'hook' | 'renamed' | 'attribute' | 'no_place' | 'limit' | 'late';

/** One thing that traceLifecycle `stream` would do differently. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** What it is about: an option, an attribute, two names. */
  readonly what: string;
  /** How many spans, or traces, it was seen on; 0 for what the options alone say. */
  readonly count: number;
  /** The name of a span that it was seen on. */
  readonly example?: string;
  /** What it means and what to do. */
  readonly hint: string;
}

/** What `client.compareReport()` answers: empty differences mean that the switch changes nothing that was seen. */
export interface CompareReport {
  /** Finished spans that were looked at. */
  readonly spans: number;
  readonly differences: readonly Difference[];
}

/** Names of spans and attributes that are told apart; beyond them a program makes names without end. */
const MAX_DIFFERENCES = 500;

/** Sums up differences. */
export class Differences {
  readonly #found = new Map<string, { -readonly [K in keyof Difference]: Difference[K] }>();

  /** Notes one. @param example the name of the span it was seen on; undefined for what the options say */
  note(kind: DifferenceKind, what: string, hint: string, example?: string): void {
    const key = `${kind} ${what}`;
    const known = this.#found.get(key);
    if (known !== undefined) known.count++;
    else if (this.#found.size < MAX_DIFFERENCES)
      this.#found.set(key, { kind, what, count: example === undefined ? 0 : 1, hint, ...(example !== undefined && { example }) });
  }

  list(): Difference[] {
    return Array.from(this.#found.values(), (difference) => ({ ...difference }));
  }
}
