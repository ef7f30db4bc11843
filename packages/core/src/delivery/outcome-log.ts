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
const DELIVERED = DROP_REASONS.length;
const DELIVERED_HINT = 'The backend took it. If it is not shown, look at filters and quotas there.';

/** What to look at; short, since pages carry them. */
const HINTS: Readonly<Record<DropReason, string>> = {
  unsampled: 'See tracesSampleRate, tracesSampler, or the decision of the calling service.',
  ignored: 'ignoreSpans matches it.',
  filtered: 'filterSegment said no to its trace.',
  no_parent: 'onlyIfParent, and no span was active.',
  suppressed: 'It started inside suppressTracing.',
  memory_budget: 'maxMemoryBytes is used up: sample less, raise it, or look at the connection.',
  transaction_limit: "Its transaction was too large. traceLifecycle 'stream' has no such limit.",
  rate_limited: 'The backend asked to pause: sample less or raise the quota.',
  throttled: 'The backend answered 429: sample less or raise the quota.',
  network: 'No answer after 3 retries or 30 s: see the host of the DSN, proxies, firewalls.',
  rejected: 'The backend refused it: see DSN and project, and batching.maxBytes for a 413.',
  storage: 'The page went away and the browser could not store it.',
  shutdown: 'close() had no time left for it.',
  closed: 'It ended after close().',
  no_destination: 'There is neither a DSN nor a sink.',
};

/** What happened to the last 4,096 spans. Numbers only: no string is kept, nothing is allocated per span. */
export class OutcomeLog {
  // The id's 64 bits as two integers: about 20 ns a span, against 90 ns and a retained string for a Map (Node 20).
  #high = new Uint32Array(0);
  #low = new Uint32Array(0);
  #outcomes = new Uint8Array(0);
  #atMs = new Float64Array(0);
  #next = 0;
  #isFull = false;

  /** Notes what became of a span. @param reason undefined: delivered */
  addId(spanId: string, reason: DropReason | undefined, atMs: number): void {
    this.add(parseHex8(spanId, 0), parseHex8(spanId, 8), reason, atMs);
  }

  /** The same, of an id in two halves. */
  add(high: number, low: number, reason: DropReason | undefined, atMs: number): void {
    if (this.#outcomes.length === 0) this.#allocate();
    const index = this.#next;
    this.#high[index] = high;
    this.#low[index] = low;
    this.#outcomes[index] = reason === undefined ? DELIVERED : DROP_REASONS.indexOf(reason);
    this.#atMs[index] = atMs;
    this.#next = (index + 1) & (CAPACITY - 1);
    if (this.#next === 0) this.#isFull = true;
  }

  /** The latest outcome of the span, if it is among the last 4,096. */
  find(spanId: string): Explanation | undefined {
    const high = parseHex8(spanId, 0);
    const low = parseHex8(spanId, 8);
    const count = this.#isFull ? CAPACITY : this.#next;
    for (let back = 1; back <= count; back++) {
      const index = (this.#next - back) & (CAPACITY - 1);
      if (this.#low[index] === low && this.#high[index] === high) return this.#explain(index);
    }
    return undefined;
  }

  /** 68 KiB, only once there is something to remember. */
  #allocate(): void {
    this.#high = new Uint32Array(CAPACITY);
    this.#low = new Uint32Array(CAPACITY);
    this.#outcomes = new Uint8Array(CAPACITY);
    this.#atMs = new Float64Array(CAPACITY);
  }

  #explain(index: number): Explanation {
    const at = this.#atMs[index] ?? 0;
    const reason = DROP_REASONS[this.#outcomes[index] ?? DELIVERED];
    if (reason === undefined) return { state: 'delivered', at, hint: DELIVERED_HINT };
    return { state: 'dropped', reason, at, hint: HINTS[reason] };
  }
}

/** Eight hex digits as an unsigned integer; both cases of letters. */
function parseHex8(text: string, start: number): number {
  let value = 0;
  for (let index = start; index < start + 8; index++) {
    const code = text.charCodeAt(index);
    value = (value << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return value >>> 0;
}
