import type { Batch } from '../delivery/batch.ts';
import type { Segment } from '../span/segment.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { type EnvelopeWriter, PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { Slab, SlabPool } from '../wire/slab-pool.ts';
import { isUrgentSpan, spanIdOf, type SpanItems } from '../wire/span-item.ts';

/** Heap bytes of a waiting span beside its record: three array slots and their spare room. */
export const SPAN_OVERHEAD_BYTES = 40;
/** The envelope's header lines; grows if need be. */
const HEADER_BYTES = 2048;

/** What turns batches into envelopes: one object per client. */
export interface BatchEncoder {
  readonly items: SpanItems;
  readonly pool: SlabPool;
  readonly envelopes: EnvelopeWriter;
  wallClockMs(): number;
  /** The most that an envelope's payload may take (R14). */
  readonly maxPayloadBytes: number;
  /** The `trace` header as JSON; freezes the context (R26). */
  traceHeader(segment: Segment): string;
}

/** Places of waiting spans and their segments, side by side: one object per span would double their weight. */
export interface WaitingSpans {
  readonly slabs: Slab[];
  readonly offsets: number[];
  readonly segments: Segment[];
  /** Bytes of all when sent, as they were measured. */
  readonly wireBytes: number;
  /** A segment's name may have changed since. */
  readonly isRenamed: boolean;
}

interface WaitingSpan {
  readonly slab: Slab;
  readonly at: number;
  readonly segment: Segment;
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
  /** The array behind the last `encode`. */
  #output: Uint8Array<ArrayBuffer> | undefined = undefined;

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
    return this.#isRenamed && this.spanCount > 1 && this.#payloadBytes() > this.#encoder.maxPayloadBytes;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const { envelopes, pool } = this.#encoder;
    const out = new ByteWriter(pool.takeOutput(this.#spans.wireBytes + HEADER_BYTES));
    envelopes.begin(out, this.#encoder.wallClockMs(), this.#encoder.traceHeader(this.#spans.segments[0]!), this.spanCount);
    this.#writeSpans(out);
    envelopes.end(out);
    this.#output = out.bytes;
    return out.bytes.subarray(0, out.length);
  }

  dispose(wasAccepted: boolean): void {
    const { items, pool } = this.#encoder;
    if (!this.#isEmpty) for (const slab of this.#spans.slabs) items.release(slab);
    this.#isEmpty = true;
    if (wasAccepted && this.#output !== undefined) pool.giveBackOutput(this.#output);
    this.#output = undefined;
  }

  halve(): [SpanBatch, SpanBatch] | undefined {
    if (this.spanCount < 2) return undefined;
    this.#isEmpty = true;
    const middle = this.spanCount >> 1;
    const firstBytes = Math.floor(this.retainedBytes / 2);
    return [this.#part(0, middle, firstBytes), this.#part(middle, this.spanCount, this.retainedBytes - firstBytes)];
  }

  /** Whether it holds a top-level span or an error. */
  get isUrgent(): boolean {
    const { slabs, offsets } = this.#spans;
    return offsets.some((at, i) => isUrgentSpan(slabs[i]!, at));
  }

  /** All spans of one trace's batches, top-level spans and errors first, in batches of about so many bytes at most. */
  static regroup(batches: readonly SpanBatch[], maxBytes: number): SpanBatch[] {
    const encoder = batches[0]!.#encoder;
    const { items } = encoder;
    const spans = batches.flatMap((batch) => batch.#moveOut());
    const isUrgent = ({ slab, at }: WaitingSpan): boolean => isUrgentSpan(slab, at);
    const groups: { readonly spans: WaitingSpan[]; wireBytes: number }[] = [];
    for (const span of [...spans.filter(isUrgent), ...spans.filter((other) => !isUrgent(other))]) {
      const bytes = items.wireBytes(items.recordBytes(span.slab, span.at), span.segment, isUrgent(span)) + 1;
      let group = groups.at(-1);
      if (group === undefined || group.wireBytes + bytes > maxBytes) groups.push((group = { spans: [], wireBytes: HEADER_BYTES }));
      group.spans.push(span);
      group.wireBytes += bytes;
    }
    let retainedBytes = batches.reduce((sum, batch) => sum + batch.retainedBytes, 0);
    let spanCount = spans.length;
    return groups.map((group) => {
      const share = Math.ceil((retainedBytes * group.spans.length) / spanCount);
      retainedBytes -= share;
      spanCount -= group.spans.length;
      const slabs = group.spans.map(({ slab }) => slab);
      const offsets = group.spans.map(({ at }) => at);
      const segments = group.spans.map(({ segment }) => segment);
      return new SpanBatch(encoder, { slabs, offsets, segments, wireBytes: group.wireBytes, isRenamed: false }, share);
    });
  }

  /** Its spans, which become another batch's. */
  #moveOut(): WaitingSpan[] {
    const { slabs, offsets, segments } = this.#spans;
    this.#isEmpty = true;
    return offsets.map((at, i) => ({ slab: slabs[i]!, at, segment: segments[i]! }));
  }

  forEachSpanId(callback: (spanId: string) => void): void {
    const { slabs, offsets } = this.#spans;
    for (let i = 0; i < offsets.length; i++) callback(spanIdOf(slabs[i]!, offsets[i]!));
  }

  hasSpan(spanId: string): boolean {
    const { slabs, offsets } = this.#spans;
    return offsets.some((at, i) => spanIdOf(slabs[i]!, at) === spanId);
  }

  get #isRenamed(): boolean {
    return this.#spans.isRenamed || this.#spans.segments[0]!.name !== this.#sealedName;
  }

  /** Exact bytes of the payload as it would be sent now. */
  #payloadBytes(): number {
    const out = new ByteWriter(this.#spans.wireBytes);
    this.#writeSpans(out);
    return out.length + PAYLOAD_FRAME_BYTES;
  }

  #writeSpans(out: ByteWriter): void {
    const { slabs, offsets, segments } = this.#spans;
    const { items } = this.#encoder;
    for (let i = 0; i < offsets.length; i++) {
      if (i > 0) out.ascii(',');
      items.expand(out, slabs[i]!, offsets[i]!, segments[i]!);
    }
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
