import type { Platform } from '../platform.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import { Deadlines, type Waiting } from './deadlines.ts';
import { type BatchEncoder, SpanBatch, type WaitingSpan } from './span-batch.ts';

/** So many ended traces wait for what may still end behind them: a burst leaves as it comes, instead of filling memory first (R10). */
const MAX_ENDED_WAITING = 64;
/** After so many additions, and twice as many as there are entries, the map is made anew. */
const MIN_ADDITIONS = 64;

/** When a batch leaves (R14). */
export interface BatchingOptions {
  readonly maxSpans: number;
  /** Payload bytes of one envelope, before compression. */
  readonly maxBytes: number;
  readonly flushIntervalMs: number;
  readonly flushOnSegmentEndMs: number;
}

/** Collects finished spans by trace id: an envelope has one trace header, so traces never mix (R14). */
export class SpanBatcher {
  readonly #options: BatchingOptions;
  readonly #encoder: () => BatchEncoder;
  readonly #onSealed: (batch: SpanBatch) => void;
  #batches = new Map<string, SpanBatch>();
  /** Since the map is what it is. */
  #additions = 0;
  readonly #sealDue = (batch: SpanBatch): void => this.#seal(batch);
  readonly #deadlines: Deadlines;
  readonly #waitForAge: (batch: Waiting, nowMs: number) => void;
  readonly #waitForRest: (batch: Waiting, nowMs: number) => void;

  /** @param onSealed takes a batch that leaves, and with it the bytes that the budget holds for it */
  constructor(
    options: BatchingOptions,
    platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'monotonicMs'>,
    encoder: () => BatchEncoder,
    onSealed: (batch: SpanBatch) => void,
  ) {
    this.#options = options;
    this.#encoder = encoder;
    this.#onSealed = onSealed;
    this.#deadlines = new Deadlines(platform);
    this.#waitForAge = this.#deadlines.addLane(options.flushIntervalMs);
    this.#waitForRest = this.#deadlines.addLane(options.flushOnSegmentEndMs, MAX_ENDED_WAITING);
  }

  /** Bytes charged for all that waits here. */
  retainedBytes = 0;
  /** Bytes that all of it will take in payloads. */
  wireBytes = 0;

  /** A lane of deadlines on the same timer. */
  addLane(delayMs: number): (waiting: Waiting, nowMs: number) => void {
    return this.#deadlines.addLane(delayMs);
  }

  /** Adds a span that has just ended; answers with the heap bytes that it takes beside its own. @param nowMs monotonic */
  add(span: WaitingSpan, nowMs: number): number {
    const { segment, wireBytes, retainedBytes } = span;
    let batch = this.#batches.get(segment.trace.traceId);
    if (batch !== undefined && batch.wireBytes + wireBytes > this.#options.maxBytes) {
      this.#seal(batch);
      batch = undefined;
    }
    let overhead: number;
    if (batch === undefined) {
      batch = new SpanBatch(this.#encoder(), span, this.#sealDue);
      this.#remember(batch);
      overhead = batch.retainedBytes - retainedBytes;
      this.wireBytes += PAYLOAD_FRAME_BYTES;
      this.#waitForAge(batch, nowMs);
    } else {
      overhead = batch.add(span);
    }
    this.retainedBytes += retainedBytes + overhead;
    this.wireBytes += wireBytes + 1;
    if (batch.spanCount >= this.#options.maxSpans) this.#seal(batch);
    else if (segment.ended && !batch.isEnding) {
      batch.isEnding = true;
      this.#waitForRest(batch, nowMs);
    }
    return overhead;
  }

  /** Drops the timer when neither batches nor lanes of others wait any more. */
  settle(): void {
    this.#deadlines.settle();
  }

  /** Seals all batches. */
  flush(): void {
    for (const batch of this.#batches.values()) this.#seal(batch);
  }

  /** Whether the span waits here. */
  has(spanId: string): boolean {
    for (const batch of this.#batches.values()) if (batch.hasSpan(spanId)) return true;
    return false;
  }

  /**
   * A map that is added to and deleted from for ever makes a new table now and then, and each former one leads V8 to the next: whatever
   * was in them stays until a full collection (Node 20: some 200 bytes a trace). In a map made anew that ends.
   */
  #remember(batch: SpanBatch): void {
    if (++this.#additions > MIN_ADDITIONS + 2 * this.#batches.size) {
      this.#batches = new Map(this.#batches);
      this.#additions = 0;
    }
    this.#batches.set(batch.traceId, batch);
  }

  #seal(batch: SpanBatch): void {
    batch.isPending = false;
    this.#batches.delete(batch.traceId);
    this.retainedBytes -= batch.retainedBytes;
    this.wireBytes -= batch.wireBytes;
    this.#onSealed(batch);
    if (this.#batches.size === 0) this.#deadlines.settle();
  }
}
