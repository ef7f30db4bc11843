import type { Platform } from '../platform.ts';
import { Deadlines, type Waiting } from './deadlines.ts';
import { BATCH_OVERHEAD_BYTES, type BatchEncoder, SpanBatch, type WaitingSpan } from './span-batch.ts';

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
  readonly #encoder: BatchEncoder;
  readonly #onSealed: (batch: SpanBatch) => void;
  readonly #batches = new Map<string, SpanBatch>();
  readonly #sealDue = (batch: SpanBatch): void => this.#seal(batch);
  readonly #deadlines: Deadlines;
  readonly #waitForAge: (batch: Waiting, nowMs: number) => void;
  readonly #waitForRest: (batch: Waiting, nowMs: number) => void;

  /** @param onSealed takes a batch that leaves, and with it the bytes that the budget holds for it */
  constructor(
    options: BatchingOptions,
    platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'monotonicMs'>,
    encoder: BatchEncoder,
    onSealed: (batch: SpanBatch) => void,
  ) {
    this.#options = options;
    this.#encoder = encoder;
    this.#onSealed = onSealed;
    this.#deadlines = new Deadlines(platform);
    this.#waitForAge = this.#deadlines.addLane(options.flushIntervalMs);
    this.#waitForRest = this.#deadlines.addLane(options.flushOnSegmentEndMs);
  }

  /** Bytes charged for all that waits here. */
  retainedBytes = 0;

  /** A lane of deadlines on the same timer. */
  addLane(delayMs: number): (waiting: Waiting, nowMs: number) => void {
    return this.#deadlines.addLane(delayMs);
  }

  /** Adds a span that has just ended; answers whether it opened a batch. @param nowMs monotonic */
  add(span: WaitingSpan, nowMs: number): boolean {
    const { segment, wireBytes, retainedBytes } = span;
    let batch = this.#batches.get(segment.trace.traceId);
    if (batch !== undefined && batch.wireBytes + wireBytes > this.#options.maxBytes) {
      this.#seal(batch);
      batch = undefined;
    }
    const isFirst = batch === undefined;
    if (batch === undefined) {
      batch = new SpanBatch(this.#encoder, span, this.#sealDue);
      this.#batches.set(batch.traceId, batch);
      this.retainedBytes += BATCH_OVERHEAD_BYTES;
      this.#waitForAge(batch, nowMs);
    } else {
      batch.add(span);
    }
    this.retainedBytes += retainedBytes;
    if (batch.spanCount >= this.#options.maxSpans) this.#seal(batch);
    else if (segment.ended && !batch.isEnding) {
      batch.isEnding = true;
      this.#waitForRest(batch, nowMs);
    }
    return isFirst;
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

  #seal(batch: SpanBatch): void {
    batch.isPending = false;
    this.#batches.delete(batch.traceId);
    this.retainedBytes -= batch.retainedBytes;
    this.#onSealed(batch);
    if (this.#batches.size === 0) this.#deadlines.settle();
  }
}
