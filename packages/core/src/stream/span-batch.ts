import type { Batch, Packed } from '../wire/batch.ts';
import type { Segment } from '../span/segment.ts';
import type { SpanParts } from '../wire/constants.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { SpanEncoder, Store, WaitingSpans } from '../wire/span-encoder.ts';
import type { Waiting } from './deadlines.ts';

/** Heap bytes of each further run of records: four array slots and some room to grow. */
const RUN_BYTES = 48;
const GONE = -1;
/** Heap bytes of a batch, its segment and its trace, whatever their number of spans, with the room to copy them in. */
const BATCH_OVERHEAD_BYTES = 900;

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

/** A record and its weight. */
export interface WeighedSpan extends Place {
  /** Bytes that it will take in the payload. */
  readonly wireBytes: number;
  /** Bytes charged for it. */
  readonly retainedBytes: number;
}

/** A finished span on its way into a batch. */
export interface WaitingSpan extends WeighedSpan {
  readonly parts: SpanParts;
}

/** Spans of one trace for one envelope: first collected, then sealed. */
export class SpanBatch implements Batch, Waiting, WaitingSpans {
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
  readonly #segment: Segment;
  /** Where the first run of records that stand one behind the other begins: most batches are one run. */
  readonly #slab: Store;
  readonly #at: number;
  /** Slab, segment, first byte and number of spans of each further run: an object for each span would double their weight. */
  #runs: (Store | number)[] | undefined = undefined;
  /** Where the last run ends; GONE when its spans are somebody else's. */
  #end: number;
  /** Names as they were when the spans were measured; undefined when there were several. */
  #name: string | undefined;
  /** What the last `encode` made. */
  #output: Uint8Array<ArrayBuffer> | string | undefined = undefined;

  /** @param seal called when the batch is due while it collects */
  constructor(encoder: BatchEncoder, first: WeighedSpan, seal?: (batch: SpanBatch) => void) {
    this.#encoder = encoder;
    this.#seal = seal;
    this.wireBytes = PAYLOAD_FRAME_BYTES + first.wireBytes + 1;
    this.retainedBytes = BATCH_OVERHEAD_BYTES + first.retainedBytes;
    this.#segment = first.segment;
    this.#slab = first.slab;
    this.#at = first.at;
    this.#end = first.end;
    this.#name = first.segment.name;
  }

  get category(): 'span' {
    return 'span';
  }

  get traceId(): string {
    return this.#segment.trace.traceId;
  }

  /** Adds a span that has just ended; answers with the heap bytes that it takes beside its record. */
  add(span: WeighedSpan): number {
    const overhead = this.#addToRun(span) ? 0 : RUN_BYTES;
    this.#end = span.end;
    this.spanCount++;
    this.wireBytes += span.wireBytes + 1;
    this.retainedBytes += span.retainedBytes + overhead;
    const { segment } = span;
    if (segment !== this.#segment || segment.name !== this.#name) this.#name = undefined;
    return overhead;
  }

  /** Whether it goes on with the run before; otherwise it begins one. */
  #addToRun({ slab, segment, at }: Place): boolean {
    const runs = this.#runs;
    const last = runs === undefined ? 0 : runs.length - 4;
    const goesOn =
      at === this.#end &&
      (runs === undefined ? slab === this.#slab && segment === this.#segment : slab === runs[last] && segment === runs[last + 1]);
    if (!goesOn) (this.#runs ??= []).push(slab, segment, at, 1);
    else if (runs !== undefined) (runs[last + 3] as number)++;
    return goesOn;
  }

  due(): void {
    this.#seal?.(this);
  }

  /** Only a top-level span that was renamed to something longer can make a batch outgrow its bound after the fact. */
  isTooLong(): boolean {
    return this.spanCount > 1 && this.#isRenamed && this.#encoder.payloadBytes(this) + PAYLOAD_FRAME_BYTES > this.#encoder.maxPayloadBytes;
  }

  pack(epoch: number): Packed | undefined {
    return this.#encoder.pack?.(this, this.#encoder, epoch);
  }

  encode(isShort?: boolean): Uint8Array<ArrayBuffer> | string {
    const encoder = this.#encoder;
    return (this.#output = encoder.encode(this, encoder.wallClockMs(), encoder.traceHeader(this.#segment), isShort));
  }

  dispose(wasAccepted: boolean): void {
    const { items } = this.#encoder;
    this.#forEachRun((slab, _segment, _at, count) => items.release(slab, count));
    this.#forget();
    if (wasAccepted && this.#output !== undefined) this.#encoder.recycle(this.#output);
    this.#output = undefined;
  }

  halve(): [SpanBatch, SpanBatch] | undefined {
    if (this.spanCount < 2) return undefined;
    const middle = this.spanCount >> 1;
    const isRenamed = this.#isRenamed;
    const spans: WeighedSpan[] = [];
    this.#measure((span) => spans.push(span));
    this.#forget();
    const halves = [spans.slice(0, middle), spans.slice(middle)].map((half) => SpanBatch.#of(this.#encoder, half));
    SpanBatch.#shareOut(this.retainedBytes, this.spanCount, halves);
    if (isRenamed) for (const half of halves) half.#name = undefined;
    return halves as [SpanBatch, SpanBatch];
  }

  /** Whether its first span is a top-level one or an error: behind `regroup`, whether any is. */
  get isUrgent(): boolean {
    return this.#encoder.items.isUrgent(this.#slab, this.#at);
  }

  /**
   * All spans of one trace's batches, top-level spans and errors first, in batches of about so many bytes at most, the first and the others.
   * The caller lets go of the batches that were: they are whole until then, since a page that ends may be cut off here.
   */
  static regroup(batches: readonly SpanBatch[], maxBytes: number, firstBytes: number): SpanBatch[] {
    const encoder = batches[0]!.#encoder;
    const urgent: WeighedSpan[] = [];
    const others: WeighedSpan[] = [];
    let retainedBytes = 0;
    for (const batch of batches) {
      retainedBytes += batch.retainedBytes;
      batch.#measure((span) => (encoder.items.isUrgent(span.slab, span.at) ? urgent : others).push(span));
    }
    const groups: SpanBatch[] = [];
    let group: SpanBatch | undefined;
    const spans = [...urgent, ...others];
    for (const span of spans) {
      const bound = (groups.length > 1 ? maxBytes : firstBytes) - GROUP_FRAME_BYTES;
      if (group !== undefined && group.wireBytes + span.wireBytes < bound) group.add(span);
      else groups.push((group = SpanBatch.#of(encoder, [span])));
    }
    SpanBatch.#shareOut(retainedBytes, spans.length, groups);
    return groups;
  }

  /** Charges batches by their number of spans for what all of them take. */
  static #shareOut(retainedBytes: number, spanCount: number, batches: readonly SpanBatch[]): void {
    for (const batch of batches) {
      batch.retainedBytes = Math.ceil((retainedBytes * batch.spanCount) / spanCount);
      retainedBytes -= batch.retainedBytes;
      spanCount -= batch.spanCount;
    }
  }

  static #of(encoder: BatchEncoder, [first, ...others]: readonly WeighedSpan[]): SpanBatch {
    const batch = new SpanBatch(encoder, first!);
    for (const span of others) batch.add(span);
    batch.isPending = false;
    return batch;
  }

  /** Calls back with its spans, which are to become another batch's; what they take in memory is shared out there. */
  #measure(callback: (span: WeighedSpan) => void): void {
    const { items } = this.#encoder;
    this.forEach((slab, at, segment) => {
      const wireBytes = items.wireBytes(slab, at, segment);
      callback({ slab, at, end: at + items.recordBytes(slab, at), segment, wireBytes, retainedBytes: 0 });
    });
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
    return this.#segment.name !== this.#name;
  }

  forEach(callback: (slab: Store, at: number, segment: Segment) => void): void {
    const { items } = this.#encoder;
    this.#forEachRun((slab, segment, from, count) => {
      let at = from;
      for (let left = count; left > 0; left--) {
        callback(slab, at, segment);
        at += items.recordBytes(slab, at);
      }
    });
  }

  #forEachRun(callback: (slab: Store, segment: Segment, at: number, count: number) => void): void {
    if (this.#end === GONE) return;
    const runs = this.#runs ?? [];
    let first = this.spanCount;
    for (let i = 3; i < runs.length; i += 4) first -= runs[i] as number;
    callback(this.#slab, this.#segment, this.#at, first);
    for (let i = 0; i < runs.length; i += 4)
      callback(runs[i] as Store, runs[i + 1] as Segment, runs[i + 2] as number, runs[i + 3] as number);
  }

  #forget(): void {
    this.#end = GONE;
    this.#runs = undefined;
  }
}
