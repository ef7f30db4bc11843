import { idHalf } from '../span/ids.ts';
import { DROP_REASONS, type DropReason } from './drop-reason.ts';

/** How a span ended up, for `client.explain`. */
export interface Explanation {
  readonly state: 'delivered' | 'dropped';
  /** Only when dropped. */
  readonly reason?: DropReason;
  /** Milliseconds since the epoch when that was known. */
  readonly at: number;
  /** What it means and what to change. */
  readonly hint: string;
}

/** A power of two: the next place is found with a mask. */
const CAPACITY = 4096;
/** Numbers of one record: two halves of the id, outcome, time. */
const WIDTH = 4;
const DELIVERED_HINT = 'The backend took it: see its filters and quotas.';

/** What to look at; short, since pages carry them. */
const HINTS: Readonly<Record<DropReason, string>> = {
  unsampled: 'See tracesSampleRate, tracesSampler, or the decision of the calling service.',
  ignored: 'ignoreSpans matches it.',
  filtered: 'filterSegment said no.',
  no_parent: 'onlyIfParent, and no span was active.',
  suppressed: 'It started inside suppressTracing.',
  memory_budget: 'maxMemoryBytes is used up: sample less or raise it.',
  transaction_limit: "Too large a transaction: use traceLifecycle 'stream'.",
  rate_limited: 'The backend asked to pause: sample less or raise the quota.',
  throttled: 'The backend answered 429: sample less or raise the quota.',
  network: 'No answer after 3 retries or 30 s: see the host of the DSN, proxies, firewalls.',
  rejected: 'The backend refused it: see DSN, and batching.maxBytes for a 413.',
  storage: 'The page went away and could not store it.',
  shutdown: 'close() had no time left for it.',
  closed: 'It ended after close().',
  no_destination: 'There is neither a DSN nor a sink.',
};

/** What happened to the last 4,096 spans. Numbers only: no string is kept, nothing is allocated per span. */
export class OutcomeLog {
  // The id's 64 bits as two numbers: about 20 ns a span, against 90 ns and a retained string for a Map (Node 20).
  #records = new Float64Array(0);
  #count = 0;

  /** Notes what became of a span. @param reason undefined: delivered */
  addId(spanId: string, reason: DropReason | undefined, atMs: number): void {
    this.add(idHalf(spanId, 0), idHalf(spanId, 1), reason, atMs);
  }

  /** The same, of an id in two halves. */
  add(high: number, low: number, reason: DropReason | undefined, atMs: number): void {
    // 128 KiB, only once there is something to remember.
    if (this.#count === 0) this.#records = new Float64Array(CAPACITY * WIDTH);
    const records = this.#records;
    const at = (this.#count++ & (CAPACITY - 1)) * WIDTH;
    records[at] = high;
    records[at + 1] = low;
    records[at + 2] = reason === undefined ? -1 : DROP_REASONS.indexOf(reason);
    records[at + 3] = atMs;
  }

  /** The latest outcome of the span, if it is among the last 4,096. */
  find(spanId: string): Explanation | undefined {
    const [high, low] = [idHalf(spanId, 0), idHalf(spanId, 1)];
    for (let back = 1; back <= Math.min(this.#count, CAPACITY); back++) {
      const index = ((this.#count - back) & (CAPACITY - 1)) * WIDTH;
      const [first, second, outcome, at] = this.#records.subarray(index, index + WIDTH) as Iterable<number> as [
        number,
        number,
        number,
        number,
      ];
      if (first !== high || second !== low) continue;
      const reason = DROP_REASONS[outcome];
      return reason === undefined
        ? { state: 'delivered', at, hint: DELIVERED_HINT }
        : { state: 'dropped', reason, at, hint: HINTS[reason] };
    }
    return undefined;
  }
}
