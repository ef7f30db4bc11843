import type { Platform } from '../platform.ts';
import type { Segment } from '../span/segment.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { Store, WaitingSpans } from '../wire/span-encoder.ts';
import { Deadlines, type Waiting } from './deadlines.ts';

/** When a bucket leaves (R14). */
export interface BatchingOptions {
  readonly maxSpans: number;
  /** Payload bytes of one envelope, before compression. */
  readonly maxBytes: number;
  readonly flushIntervalMs: number;
  readonly flushOnSegmentEndMs: number;
}

/** Heap bytes of a bucket, its segment and its trace, whatever their number of spans. */
export const BUCKET_OVERHEAD_BYTES = 900;

/** Takes the spans of a bucket that leaves, and the bytes that the budget holds for them. */
export type OnSealed = (spans: WaitingSpans, retainedBytes: number) => void;

/** A finished span on its way into a bucket. */
export interface WaitingSpan {
  /** Its record: where, from which byte on. */
  readonly slab: Store;
  readonly at: number;
  readonly segment: Segment;
  /** Bytes that it will take in the payload. */
  readonly wireBytes: number;
  /** Bytes charged for it. */
  readonly retainedBytes: number;
}

/** Collects finished spans by trace id: an envelope has one trace header, so traces never mix (R14). */
export class SpanBatcher {
  readonly #options: BatchingOptions;
  readonly #onSealed: OnSealed;
  readonly #buckets = new Map<string, Bucket>();
  readonly #sealDue = (bucket: Bucket): void => this.#seal(bucket);
  readonly #deadlines: Deadlines;
  readonly #waitForAge: (bucket: Waiting, nowMs: number) => void;
  readonly #waitForRest: (bucket: Waiting, nowMs: number) => void;

  constructor(options: BatchingOptions, platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'monotonicMs'>, onSealed: OnSealed) {
    this.#options = options;
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

  /** Adds a span that has just ended; answers whether it opened a bucket. @param nowMs monotonic */
  add(span: WaitingSpan, nowMs: number): boolean {
    const { traceId } = span.segment.trace;
    let bucket = this.#buckets.get(traceId);
    if (bucket !== undefined && bucket.wireBytes + span.wireBytes > this.#options.maxBytes) {
      this.#seal(bucket);
      bucket = undefined;
    }
    const isFirst = bucket === undefined;
    if (bucket === undefined) {
      bucket = new Bucket(traceId, this.#sealDue);
      this.#buckets.set(traceId, bucket);
      this.retainedBytes += BUCKET_OVERHEAD_BYTES;
      this.#waitForAge(bucket, nowMs);
    }
    bucket.add(span);
    this.retainedBytes += span.retainedBytes;
    if (bucket.offsets.length >= this.#options.maxSpans) this.#seal(bucket);
    else if (span.segment.ended && !bucket.isEnding) {
      bucket.isEnding = true;
      this.#waitForRest(bucket, nowMs);
    }
    return isFirst;
  }

  /** Drops the timer when neither buckets nor lanes of others wait any more. */
  settle(): void {
    this.#deadlines.settle();
  }

  /** Seals all buckets. */
  flush(): void {
    for (const bucket of this.#buckets.values()) this.#seal(bucket);
  }

  /** Whether a span waits here. */
  some(test: (slab: Store, at: number) => boolean): boolean {
    for (const bucket of this.#buckets.values()) if (bucket.offsets.some((at, i) => test(bucket.slabs[i]!, at))) return true;
    return false;
  }

  #seal(bucket: Bucket): void {
    bucket.isPending = false;
    this.#buckets.delete(bucket.traceId);
    this.retainedBytes -= bucket.retainedBytes;
    const { slabs, offsets, segments, wireBytes, isRenamed } = bucket;
    this.#onSealed({ slabs, offsets, segments, wireBytes, isRenamed }, bucket.retainedBytes);
    bucket.forget();
    if (this.#buckets.size === 0) this.#deadlines.settle();
  }
}

class Bucket implements Waiting {
  readonly traceId: string;
  slabs: Store[] = [];
  offsets: number[] = [];
  segments: Segment[] = [];
  wireBytes = PAYLOAD_FRAME_BYTES;
  retainedBytes = BUCKET_OVERHEAD_BYTES;
  isPending = true;
  /** Waits only for what ends just behind its top-level span. */
  isEnding = false;
  #segment: Segment | undefined = undefined;
  #name = '';
  #isMixed = false;
  readonly #seal: (bucket: Bucket) => void;

  constructor(traceId: string, seal: (bucket: Bucket) => void) {
    this.traceId = traceId;
    this.#seal = seal;
  }

  /** Whether a name has changed since it was measured; true also where several segments share the trace, to be safe. */
  get isRenamed(): boolean {
    return this.#isMixed || this.#segment?.name !== this.#name;
  }

  add(span: WaitingSpan): void {
    if (this.#segment === undefined) {
      this.#segment = span.segment;
      this.#name = span.segment.name;
    } else if (this.#segment !== span.segment || this.#name !== span.segment.name) {
      this.#isMixed = true;
    }
    this.slabs.push(span.slab);
    this.offsets.push(span.at);
    this.segments.push(span.segment);
    this.wireBytes += span.wireBytes + 1;
    this.retainedBytes += span.retainedBytes;
  }

  due(): void {
    this.#seal(this);
  }

  /** Lets go of its spans: a lane of deadlines may hold the bucket for a while. */
  forget(): void {
    this.slabs = [];
    this.offsets = [];
    this.segments = [];
    this.#segment = undefined;
  }
}
