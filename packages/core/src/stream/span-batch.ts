import type { Batch } from '../delivery/batch.ts';
import type { Segment } from '../span/segment.ts';
import type { SpanParts } from '../wire/constants.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { type EnvelopeWriter, PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { Slab, SlabPool } from '../wire/slab-pool.ts';
import { ID_AT, idHalf, spanIdOf, type SpanItems } from '../wire/span-item.ts';
import type { Waiting } from './deadlines.ts';

/** Heap bytes of a waiting span beside its record, at most: four array slots where it stands alone in its slab. */
export const SPAN_OVERHEAD_BYTES = 40;
/** Heap bytes of a batch, its segment and its trace, whatever their number of spans. */
export const BATCH_OVERHEAD_BYTES = 900;
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

/** A finished span on its way into a batch. */
export interface WaitingSpan {
  readonly parts: SpanParts;
  readonly segment: Segment;
  /** Its record: where, and its first and last byte. */
  readonly slab: Slab;
  readonly at: number;
  readonly end: number;
  /** Bytes that it will take in the payload. */
  readonly wireBytes: number;
  /** Bytes charged for it. */
  readonly retainedBytes: number;
}

/** Spans of one trace for one envelope: first collected, then sealed. */
export class SpanBatch implements Batch, Waiting {
  readonly category = 'span';
  readonly traceId: string;
  spanCount = 1;
  /** Bytes of all when sent, as they were measured. */
  wireBytes: number;
  retainedBytes: number;
  /** Still collects. */
  isPending = true;
  /** Waits only for what ends just behind its top-level span. */
  isEnding = false;
  readonly #encoder: BatchEncoder;
  readonly #seal: ((batch: SpanBatch) => void) | undefined;
  /**
   * Slab, segment, first byte and number of spans, for each run of records that stand one behind the other: an object or
   * three arrays for each span would double their weight.
   */
  #runs: (Slab | Segment | number)[];
  /** Where the last run ends. */
  #end: number;
  /** Names as they were when the spans were measured; undefined when there were several. */
  #name: string | undefined;
  /** The array behind the last `encode`. */
  #output: Uint8Array<ArrayBuffer> | undefined = undefined;

  /** @param seal called when the batch is due while it collects */
  constructor(encoder: BatchEncoder, first: WaitingSpan, seal?: (batch: SpanBatch) => void) {
    this.#encoder = encoder;
    this.#seal = seal;
    this.traceId = first.segment.trace.traceId;
    this.wireBytes = PAYLOAD_FRAME_BYTES + first.wireBytes + 1;
    this.retainedBytes = BATCH_OVERHEAD_BYTES + first.retainedBytes;
    this.#runs = [first.slab, first.segment, first.at, 1];
    this.#end = first.end;
    this.#name = first.segment.name;
  }

  /** Adds a span that has just ended. */
  add({ slab, segment, at, end, wireBytes, retainedBytes }: WaitingSpan): void {
    const runs = this.#runs;
    const last = runs.length - 4;
    if (at === this.#end && runs[last] === slab && runs[last + 1] === segment) (runs[last + 3] as number)++;
    else runs.push(slab, segment, at, 1);
    this.#end = end;
    this.spanCount++;
    this.wireBytes += wireBytes + 1;
    this.retainedBytes += retainedBytes;
    if (segment !== runs[1] || segment.name !== this.#name) this.#name = undefined;
  }

  due(): void {
    this.#seal?.(this);
  }

  /** Only a top-level span that was renamed to something longer can make a batch outgrow its bound after the fact. */
  isTooLong(): boolean {
    return this.spanCount > 1 && this.#isRenamed && this.#payloadBytes() > this.#encoder.maxPayloadBytes;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const { envelopes, pool } = this.#encoder;
    const out = new ByteWriter(pool.takeOutput(this.wireBytes + HEADER_BYTES));
    envelopes.begin(out, this.#encoder.wallClockMs(), this.#encoder.traceHeader(this.#runs[1] as Segment), this.spanCount);
    this.#writeSpans(out);
    envelopes.end(out);
    this.#output = out.bytes;
    return out.bytes.subarray(0, out.length);
  }

  dispose(wasAccepted: boolean): void {
    const { items, pool } = this.#encoder;
    for (let i = 0; i < this.#runs.length; i += 4) items.release(this.#runs[i] as Slab, this.#runs[i + 3] as number);
    this.#runs = [];
    if (wasAccepted && this.#output !== undefined) pool.giveBackOutput(this.#output);
    this.#output = undefined;
  }

  halve(): [SpanBatch, SpanBatch] | undefined {
    if (this.spanCount < 2) return undefined;
    const halves: SpanBatch[] = [];
    const middle = this.spanCount >> 1;
    let count = 0;
    this.#forEach((slab, at, segment) => {
      const end = at + this.#encoder.items.recordBytes(slab, at);
      const span = { slab, at, end, segment, wireBytes: 0, retainedBytes: 0 } as WaitingSpan;
      if (count === 0 || count === middle) halves.push(new SpanBatch(this.#encoder, span));
      else halves.at(-1)!.add(span);
      count++;
    });
    const [first, second] = halves as [SpanBatch, SpanBatch];
    first.retainedBytes = Math.floor(this.retainedBytes / 2);
    second.retainedBytes = this.retainedBytes - first.retainedBytes;
    for (const half of halves) {
      half.isPending = false;
      half.wireBytes = this.wireBytes >> 1;
      half.#name = this.#isRenamed ? undefined : half.#name;
    }
    this.#runs = [];
    return [first, second];
  }

  forEachSpanId(callback: (high: number, low: number) => void): void {
    this.#forEach(({ bytes }, at) => callback(idHalf(bytes, at + ID_AT), idHalf(bytes, at + ID_AT + 8)));
  }

  hasSpan(spanId: string): boolean {
    let isHere = false;
    this.#forEach((slab, at) => {
      isHere ||= spanIdOf(slab, at) === spanId;
    });
    return isHere;
  }

  /** Whether a name may have changed since it was measured. */
  get #isRenamed(): boolean {
    return (this.#runs[1] as Segment).name !== this.#name;
  }

  /** Exact bytes of the payload as it would be sent now. */
  #payloadBytes(): number {
    const out = new ByteWriter(this.wireBytes);
    this.#writeSpans(out);
    return out.length + PAYLOAD_FRAME_BYTES;
  }

  #writeSpans(out: ByteWriter): void {
    const { items } = this.#encoder;
    let isFirst = true;
    this.#forEach((slab, at, segment) => {
      if (!isFirst) out.ascii(',');
      isFirst = false;
      items.expand(out, slab, at, segment);
    });
  }

  #forEach(callback: (slab: Slab, at: number, segment: Segment) => void): void {
    const { items } = this.#encoder;
    const runs = this.#runs;
    for (let i = 0; i < runs.length; i += 4) {
      const slab = runs[i] as Slab;
      let at = runs[i + 2] as number;
      for (let left = runs[i + 3] as number; left > 0; left--) {
        callback(slab, at, runs[i + 1] as Segment);
        at += items.recordBytes(slab, at);
      }
    }
  }
}
