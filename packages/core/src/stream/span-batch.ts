import type { Batch } from '../delivery/batch.ts';
import type { Segment } from '../span/segment.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { SpanEncoder, WaitingSpans } from '../wire/span-encoder.ts';

/** Heap bytes of a waiting span beside its record: three array slots and their spare room. */
export const SPAN_OVERHEAD_BYTES = 40;

/** What turns batches into envelopes: one object per client. */
export interface BatchEncoder extends SpanEncoder {
  wallClockMs(): number;
  /** The most that an envelope's payload may take (R14). */
  readonly maxPayloadBytes: number;
  /** The `trace` header as JSON; freezes the context (R26). */
  traceHeader(segment: Segment): string;
}

/** Spans of one trace, sealed for one envelope. */
export class SpanBatch implements Batch {
  readonly category = 'span';
  readonly traceId: string;
  readonly spanCount: number;
  readonly retainedBytes: number;
  readonly #encoder: BatchEncoder;
  readonly #spans: WaitingSpans;
  /** The first segment's name when the spans were sealed. */
  readonly #sealedName: string;
  /** Its spans have left, or are the halves' now. */
  #isEmpty = false;
  /** What the last `encode` made. */
  #output: Uint8Array<ArrayBuffer> | string | undefined = undefined;

  constructor(encoder: BatchEncoder, spans: WaitingSpans, retainedBytes: number) {
    this.#encoder = encoder;
    this.#spans = spans;
    this.#sealedName = spans.segments[0]!.name;
    this.traceId = spans.segments[0]!.trace.traceId;
    this.spanCount = spans.offsets.length;
    this.retainedBytes = retainedBytes;
  }

  /** Only a top-level span that was renamed to something longer can make a bucket outgrow its bound after the fact. */
  isTooLong(): boolean {
    return (
      this.#isRenamed && this.spanCount > 1 && this.#encoder.payloadBytes(this.#spans) + PAYLOAD_FRAME_BYTES > this.#encoder.maxPayloadBytes
    );
  }

  encode(): Uint8Array<ArrayBuffer> | string {
    const encoder = this.#encoder;
    return (this.#output = encoder.encode(this.#spans, encoder.wallClockMs(), encoder.traceHeader(this.#spans.segments[0]!)));
  }

  dispose(wasAccepted: boolean): void {
    const { items } = this.#encoder;
    if (!this.#isEmpty) for (const slab of this.#spans.slabs) items.release(slab);
    this.#isEmpty = true;
    if (wasAccepted && this.#output !== undefined) this.#encoder.recycle(this.#output);
    this.#output = undefined;
  }

  halve(): [SpanBatch, SpanBatch] | undefined {
    if (this.spanCount < 2) return undefined;
    this.#isEmpty = true;
    const middle = this.spanCount >> 1;
    const firstBytes = Math.floor(this.retainedBytes / 2);
    return [this.#part(0, middle, firstBytes), this.#part(middle, this.spanCount, this.retainedBytes - firstBytes)];
  }

  forEachSpanId(callback: (spanId: string) => void): void {
    const { slabs, offsets } = this.#spans;
    const { items } = this.#encoder;
    for (let i = 0; i < offsets.length; i++) callback(items.spanId(slabs[i]!, offsets[i]!));
  }

  hasSpan(spanId: string): boolean {
    const { slabs, offsets } = this.#spans;
    return offsets.some((at, i) => this.#encoder.items.spanId(slabs[i]!, at) === spanId);
  }

  get #isRenamed(): boolean {
    return this.#spans.isRenamed || this.#spans.segments[0]!.name !== this.#sealedName;
  }

  #part(from: number, to: number, retainedBytes: number): SpanBatch {
    const { slabs, offsets, segments, wireBytes } = this.#spans;
    const isRenamed = this.#isRenamed;
    const part = {
      slabs: slabs.slice(from, to),
      offsets: offsets.slice(from, to),
      segments: segments.slice(from, to),
      wireBytes: wireBytes >> 1,
      isRenamed,
    };
    return new SpanBatch(this.#encoder, part, retainedBytes);
  }
}
