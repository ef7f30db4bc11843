import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import { NAME_SOURCE, type Segment } from '../span/segment.ts';
import { maxAttributeBytes, writeList } from './attribute-bytes.ts';
import { asciiBytes, ByteWriter, copyId, maxQuotedBytes, writeDigits } from './byte-writer.ts';
import { type ConstantAttributes, HOST, replaceableNames, SEGMENT_NAME, type SpanParts, without, withConstants } from './constants.ts';
import { PackedSpans } from './packed-spans.ts';
import { RecordWords } from './record-words.ts';
import type { ItemWriter, Store, WaitingSpans } from './span-encoder.ts';
import { type Slab, SLAB_BYTES, type SlabPool } from './slab-pool.ts';
import {
  END_AFTER_START,
  type Frame,
  HAS_HOST,
  HAS_PARENT,
  IS_CLOSED,
  IS_ERROR,
  IS_SEGMENT,
  IS_WHOLE,
  PARENT_ID_AT,
  SPAN_ID_AT,
  SpanFrames,
} from './span-frame.ts';

/** Where the id of a record stands. */
const ID_AT = 9;
const PARENT_AT = ID_AT + 16;
const TIMES_AT = PARENT_AT + 16;
/** Kind, length here, bytes when sent, span id, parent id and two times stand in front of a span's own words. */
const HEAD_BYTES = TIMES_AT + 8 + 8;
/** What is written around a span's own words and constants, at most: ids, times, what the segment says of itself. */
const FRAME_BYTES = 360;
/** Of a span that has or lacks an attribute where others have a constant. */
const EXCEPTION = -1;
const END_TIMESTAMP = /* @__PURE__ */ asciiBytes(',"end_timestamp":');
const NAME = /* @__PURE__ */ asciiBytes(',"name":');

/**
 * Turns ended spans into bytes in two steps. `write` makes what waits in memory: ids, times and the span's own words,
 * without what is the same for its neighbours. `expandAll` adds that on the way out, and with it the segment's final name (R5).
 * Spans that replace or lose constants are written whole.
 */
export class SpanItems implements ItemWriter {
  readonly #constants: ConstantAttributes;
  readonly #frames: SpanFrames;
  readonly #pool: SlabPool;
  readonly #seconds = new Uint8Array(10);
  #second = NaN;
  readonly #words: RecordWords;
  /** What waits behind much else. */
  readonly packed: PackedSpans;
  #slab: Slab;
  readonly #out: ByteWriter;
  /** Where spans are being expanded to, and the frame of the last one, whose tail is not written yet. */
  #target: ByteWriter;
  #open: Frame | undefined = undefined;
  #lastName = '';
  #lastNameBytes = 0;

  /** @param maxWordBytes what the names that records refer to may take */
  constructor(constants: ConstantAttributes, pool: SlabPool, maxWordBytes: number) {
    this.#constants = constants;
    this.#pool = pool;
    this.packed = new PackedSpans(pool);
    this.#slab = pool.take(0);
    this.#out = new ByteWriter(this.#slab.bytes);
    this.#target = this.#out;
    this.#frames = new SpanFrames(constants);
    this.#words = new RecordWords(replaceableNames(constants), maxWordBytes);
  }

  /** Where the last `write` wrote to. */
  get slab(): Slab {
    return this.#slab;
  }

  /** Spans that were written have left, one way or the other. */
  release(store: Store, spanCount: number): void {
    const slab = store as Slab;
    slab.live -= spanCount;
    if (slab.live === 0 && slab !== this.#slab && !this.packed.writesTo(slab)) this.#pool.giveBack(slab);
  }

  /** Takes back what the last `write` wrote: among spans that are kept, those that are not would keep whole arrays alive. */
  undo(at: number): void {
    this.#slab.live--;
    // An array that was made for one huge span is no place for others.
    this.#out.length = this.#slab.bytes.length > SLAB_BYTES ? this.#slab.bytes.length : at;
  }

  /** Writes what waits in memory; answers with its place in `slab`. */
  write(span: SpanParts): number {
    const out = this.#out;
    this.#makeRoom(span, span.attributes);
    const start = out.length;
    this.#writeHead(span);
    const flags = span.omitted === undefined ? this.#writeOwn(span) : EXCEPTION;
    return flags === EXCEPTION ? this.#writeException(span, start) : this.#finish(span, start, flags);
  }

  /** Constants may take more room than the span's own. */
  #writeException(span: SpanParts, start: number): number {
    const list = withConstants(span, this.#constants);
    this.#out.length = start;
    this.#makeRoom(span, list);
    const at = this.#out.length;
    this.#writeHead(span);
    return this.#finish(span, at, this.#writeWhole(list, span));
  }

  #writeHead(span: SpanParts): void {
    const out = this.#out;
    const { parentSpanId } = span;
    const { view } = this.#slab;
    const start = out.length;
    view.setFloat64(start + TIMES_AT, Math.round(span.startMs * 1000));
    view.setFloat64(start + TIMES_AT + 8, Math.round(span.endMs * 1000));
    out.length = start + ID_AT;
    out.ascii(span.spanId);
    if (parentSpanId !== undefined) out.ascii(parentSpanId);
    out.length = start + HEAD_BYTES;
    this.#words.begin(out, span.name, span.links);
  }

  #finish(span: SpanParts, start: number, flags: number): number {
    const { view, bytes } = this.#slab;
    bytes[start] =
      flags |
      (span.status === 'error' ? IS_ERROR : 0) |
      (span.isSegment ? IS_SEGMENT : 0) |
      (span.parentSpanId === undefined ? 0 : HAS_PARENT);
    view.setUint32(start + 1, this.#out.length - start);
    view.setUint32(start + 5, this.#words.sentBytes);
    this.#slab.live++;
    return start;
  }

  /** Whether a waiting span is a top-level one or an error. */
  isUrgent(slab: Store, at: number): boolean {
    return ((slab as Slab).bytes[at]! & (IS_ERROR | IS_SEGMENT)) !== 0;
  }

  /** One half of a waiting span's id, as a number. */
  idHalf(slab: Store, at: number, half: number): number {
    const { bytes } = slab as Slab;
    const from = at + ID_AT + half * 8;
    let value = 0;
    for (let i = from; i < from + 8; i++) value = (value << 4) | ((bytes[i]! & 15) + (bytes[i]! >> 6) * 9);
    return value >>> 0;
  }

  /** The id of a waiting span. */
  spanId(slab: Store, at: number): string {
    const b = (slab as Slab).bytes;
    const i = at + ID_AT;
    // One call with sixteen codes: spreading an array of them takes ten times as long.
    // prettier-ignore
    return String.fromCharCode(
      b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!,
      b[i + 8]!, b[i + 9]!, b[i + 10]!, b[i + 11]!, b[i + 12]!, b[i + 13]!, b[i + 14]!, b[i + 15]!,
    );
  }

  /** Bytes that the record takes in memory. */
  recordBytes(slab: Store, at: number): number {
    return (slab as Slab).view.getUint32(at + 1);
  }

  /** Bytes that the record takes when sent; at most a few hundred too many, never too few unless its segment is renamed. */
  wireBytes(slab: Store, at: number, segment: Segment): number {
    const { bytes, view } = slab as Slab;
    if (segment.name !== this.#lastName) {
      this.#lastName = segment.name;
      this.#lastNameBytes = maxQuotedBytes(segment.name);
    }
    const { everyBytes, segmentBytes } = this.#frames;
    const constants = (bytes[at]! & IS_SEGMENT) !== 0 ? everyBytes + segmentBytes + segment.source.length * 12 + 300 : everyBytes;
    return view.getUint32(at + 5) + constants + this.#lastNameBytes + FRAME_BYTES;
  }

  /** As `wireBytes`, exactly, of what was written last. */
  sentBytes(at: number, segment: Segment): number {
    const out = new ByteWriter(this.wireBytes(this.#slab, at, segment));
    this.#begin(out);
    this.#expand(this.#slab, at, segment);
    this.#end();
    return out.length;
  }

  /** Appends the spans as they are sent, with commas between them. */
  expandAll(out: ByteWriter, spans: WaitingSpans): void {
    this.#begin(out);
    spans.forEach(this.#expand);
    this.#end();
  }

  #begin(out: ByteWriter): void {
    this.#target = out;
    this.#open = undefined;
  }

  #end(): void {
    if (this.#open !== undefined) this.#target.raw(this.#open.tail);
  }

  /** Writes the span but for the tail of its frame, which stays open: what follows may take both in one copy. */
  readonly #expand = (store: Store, at: number, segment: Segment): void => {
    const out = this.#target;
    const { bytes, view } = store as Slab;
    const kind = bytes[at]!;
    const frame = this.#openFrame(out, kind, view.getUint32(at + 5), segment);
    const start = out.length - frame.head.length;
    copyId(out.bytes, start + SPAN_ID_AT, bytes, at + ID_AT);
    if ((kind & HAS_PARENT) !== 0) copyId(out.bytes, start + PARENT_ID_AT, bytes, at + PARENT_AT);
    const startAt = start + frame.startAt;
    const [startUs, endUs] = [view.getFloat64(at + TIMES_AT), view.getFloat64(at + TIMES_AT + 8)];
    if (!this.#writeTime(out.bytes, startAt, startUs) || !this.#writeTime(out.bytes, startAt + END_AFTER_START, endUs)) {
      out.length = startAt;
      out.ascii(oddTime(startUs));
      out.raw(END_TIMESTAMP);
      out.ascii(oddTime(endUs));
      out.raw(NAME);
    }
    this.#words.expand(out, bytes, at + HEAD_BYTES, at + view.getUint32(at + 1));
  };

  #openFrame(out: ByteWriter, kind: number, ownBytes: number, segment: Segment): Frame {
    const open = this.#open;
    if (open !== undefined) {
      out.reserve(open.joint.length + ownBytes + open.tail.length + 128);
      if (this.#frames.fits(open, kind, segment)) {
        out.raw(open.joint);
        return open;
      }
      out.raw(open.tail);
      out.ascii(',');
    }
    const frame = this.#frames.fit(kind, segment);
    out.reserve(frame.joint.length + ownBytes + 128);
    out.raw(frame.head);
    this.#open = frame;
    return frame;
  }

  /** Writes seconds with six decimals, of microseconds, where they have ten digits before the dot: from 2001 to 2286. */
  #writeTime(bytes: Uint8Array, at: number, us: number): boolean {
    const second = Math.floor(us / 1e6);
    if (second !== this.#second) {
      if (second < 1e9 || second >= 1e10) return false;
      this.#second = second;
      this.#seconds.set(asciiBytes(String(second)));
    }
    const seconds = this.#seconds;
    for (let i = 0; i < 10; i++) bytes[at + i] = seconds[i]!;
    writeDigits(bytes, at + 11, 6, us - second * 1e6);
    return true;
  }

  /** The span's own attributes, each followed by a comma; an exception when one of them is a constant's. */
  #writeOwn({ attributes: list, isSegment }: SpanParts): number {
    let flags = 0;
    for (let i = 0; i < list.length; i += 2) {
      const key = list[i] as string;
      if (isSegment && key === NAME_SOURCE) continue; // the segment knows it
      if (key === HOST) flags = HAS_HOST;
      if (!this.#words.attribute(this.#out, key, list[i + 1] as AttributeValue)) return EXCEPTION;
    }
    return flags;
  }

  #writeWhole(list: AttributeList, span: SpanParts): number {
    const out = this.#out;
    const isClosed = indexOf(span.attributes, SEGMENT_NAME) >= 0 || span.omitted?.has(SEGMENT_NAME) === true;
    const end = isClosed ? list : without(list, SEGMENT_NAME);
    const at = this.#words.openPlain(out);
    writeList(out, end);
    if (isClosed && end.length > 0) out.length--; // its last comma
    this.#words.closePlain(out, at);
    return isClosed ? IS_WHOLE | IS_CLOSED : IS_WHOLE;
  }

  #makeRoom(span: SpanParts, list: AttributeList): void {
    let bytes = HEAD_BYTES + 64 + maxQuotedBytes(span.name);
    for (let i = 0; i < list.length; i += 2) bytes += maxAttributeBytes(list[i] as string, list[i + 1] as AttributeValue);
    if (span.links !== undefined)
      for (const { attributes = {} } of span.links)
        bytes += 200 + Object.keys(attributes).reduce((sum, key) => sum + maxAttributeBytes(key, attributes[key] as AttributeValue), 0);
    if (this.#out.length + bytes <= this.#slab.bytes.length) return;
    const full = this.#slab;
    this.#slab = this.#pool.take(bytes);
    this.#out.moveTo(this.#slab.bytes);
    if (full.live === 0) this.#pool.giveBack(full);
  }
}

/** A time that is not of our days; those before 1970 are none. */
function oddTime(us: number): string {
  const second = Math.max(0, Math.floor(us / 1e6));
  return `${second}.${String(Math.min(999_999, Math.max(0, us - second * 1e6))).padStart(6, '0')}`;
}
