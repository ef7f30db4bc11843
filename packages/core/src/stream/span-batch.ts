import type { Batch } from '../delivery/batch.ts';
import type { Segment } from '../span/segment.ts';
import type { SpanParts } from '../wire/constants.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { SpanEncoder, Store, WaitingSpans } from '../wire/span-encoder.ts';
import type { Waiting } from './deadlines.ts';

/** Heap bytes of a waiting span beside its record, at most: four array slots where it stands alone in its slab. */
export const SPAN_OVERHEAD_BYTES = 40;
/** Heap bytes of a batch, its segment and its trace, whatever their number of spans. */
export const BATCH_OVERHEAD_BYTES = 900;

/** The header lines of an envelope that is filled up to a bound. */
const GROUP_FRAME_BYTES = 2048;

/** What turns batches into envelopes: one object per client. */
export interface BatchEncoder extends SpanEncoder {
  wallClockMs(): number;
  /** The most that an envelope's payload may take (R14). */
  readonly maxPayloadBytes: number;
  /** The `trace` header as JSON; freezes the context (R26). */
  traceHeader(segment: Segment): string;
}

/** Where a finished span waits. */
interface Place {
  readonly segment: Segment;
  /** Its record: where, and its first and last byte. */
  readonly slab: Store;
  readonly at: number;
  readonly end: number;
}

/** A finished span on its way into a batch. */
export interface WaitingSpan extends Place {
  readonly parts: SpanParts;
  /** Bytes that it will take in the payload. */
  readonly wireBytes: number;
  /** Bytes charged for it. */
  readonly retainedBytes: number;
}

/** Spans of one trace for one envelope: first collected, then sealed. */
export class SpanBatch implements Batch, Waiting, WaitingSpans {
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
  #runs: (Store | number)[];
  /** Where the last run ends. */
  #end: number;
  /** Names as they were when the spans were measured; undefined when there were several. */
  #name: string | undefined;
  /** What the last `encode` made. */
  #output: Uint8Array<ArrayBuffer> | string | undefined = undefined;

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
    return this.spanCount > 1 && this.#isRenamed && this.#encoder.payloadBytes(this) + PAYLOAD_FRAME_BYTES > this.#encoder.maxPayloadBytes;
  }

  encode(): Uint8Array<ArrayBuffer> | string {
    const encoder = this.#encoder;
    return (this.#output = encoder.encode(this, encoder.wallClockMs(), encoder.traceHeader(this.#runs[1] as Segment)));
  }

  dispose(wasAccepted: boolean): void {
    const { items } = this.#encoder;
    for (let i = 0; i < this.#runs.length; i += 4) items.release(this.#runs[i] as Store, this.#runs[i + 3] as number);
    this.#runs = [];
    if (wasAccepted && this.#output !== undefined) this.#encoder.recycle(this.#output);
    this.#output = undefined;
  }

  halve(): [SpanBatch, SpanBatch] | undefined {
    if (this.spanCount < 2) return undefined;
    const middle = this.spanCount >> 1;
    const isRenamed = this.#isRenamed;
    const { retainedBytes, wireBytes } = this;
    const spans = this.#moveOut();
    const halves = [spans.slice(0, middle), spans.slice(middle)].map((half) => SpanBatch.#of(this.#encoder, half));
    const [first, second] = halves as [SpanBatch, SpanBatch];
    first.retainedBytes = Math.floor(retainedBytes / 2);
    second.retainedBytes = retainedBytes - first.retainedBytes;
    for (const half of halves) {
      half.wireBytes = wireBytes >> 1;
      if (isRenamed) half.#name = undefined;
    }
    return [first, second];
  }

  /** Whether it holds a top-level span or an error. */
  get isUrgent(): boolean {
    let isUrgent = false;
    this.forEach((slab, at) => {
      isUrgent ||= this.#encoder.items.isUrgent(slab, at);
    });
    return isUrgent;
  }

  /** All spans of one trace's batches, top-level spans and errors first, in batches of about so many bytes at most, the first and the others. */
  static regroup(batches: readonly SpanBatch[], maxBytes: number, firstBytes: number): SpanBatch[] {
    const encoder = batches[0]!.#encoder;
    const isUrgent = ({ slab, at }: Place): boolean => encoder.items.isUrgent(slab, at);
    const spans = batches.flatMap((batch) => batch.#moveOut());
    const groups: { readonly spans: Place[]; wireBytes: number }[] = [];
    for (const span of [...spans.filter(isUrgent), ...spans.filter((other) => !isUrgent(other))]) {
      const bytes = encoder.items.wireBytes(span.end - span.at, span.segment, isUrgent(span)) + 1;
      let group = groups.at(-1);
      if (group === undefined || group.wireBytes + bytes > (groups.length > 1 ? maxBytes : firstBytes))
        groups.push((group = { spans: [], wireBytes: GROUP_FRAME_BYTES }));
      group.spans.push(span);
      group.wireBytes += bytes;
    }
    let retainedBytes = batches.reduce((sum, batch) => sum + batch.retainedBytes, 0);
    let spanCount = spans.length;
    return groups.map((group) => {
      const batch = SpanBatch.#of(encoder, group.spans);
      batch.wireBytes = group.wireBytes;
      batch.retainedBytes = Math.ceil((retainedBytes * group.spans.length) / spanCount);
      retainedBytes -= batch.retainedBytes;
      spanCount -= group.spans.length;
      return batch;
    });
  }

  static #of(encoder: BatchEncoder, spans: readonly Place[]): SpanBatch {
    const asWaiting = (span: Place): WaitingSpan => ({ ...span, wireBytes: 0, retainedBytes: 0 }) as WaitingSpan;
    const batch = new SpanBatch(encoder, asWaiting(spans[0]!));
    for (const span of spans.slice(1)) batch.add(asWaiting(span));
    batch.isPending = false;
    return batch;
  }

  /** Its spans, which become another batch's. */
  #moveOut(): Place[] {
    const places: Place[] = [];
    const { items } = this.#encoder;
    this.forEach((slab, at, segment) => places.push({ slab, at, end: at + items.recordBytes(slab, at), segment }));
    this.#runs = [];
    return places;
  }

  forEachSpanId(callback: (high: number, low: number) => void): void {
    const { items } = this.#encoder;
    this.forEach((slab, at) => callback(items.idHalf(slab, at, 0), items.idHalf(slab, at, 1)));
  }

  hasSpan(spanId: string): boolean {
    let isHere = false;
    this.forEach((slab, at) => {
      isHere ||= this.#encoder.items.spanId(slab, at) === spanId;
    });
    return isHere;
  }

  /** Whether a name may have changed since it was measured. */
  get #isRenamed(): boolean {
    return (this.#runs[1] as Segment).name !== this.#name;
  }

  forEach(callback: (slab: Store, at: number, segment: Segment) => void): void {
    const { items } = this.#encoder;
    const runs = this.#runs;
    for (let i = 0; i < runs.length; i += 4) {
      const slab = runs[i] as Store;
      let at = runs[i + 2] as number;
      for (let left = runs[i + 3] as number; left > 0; left--) {
        callback(slab, at, runs[i + 1] as Segment);
        at += items.recordBytes(slab, at);
      }
    }
  }
}
