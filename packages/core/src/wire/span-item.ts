import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import { NAME_SOURCE, type Segment } from '../span/segment.ts';
import { AttributeWriter, listBytes, maxAttributeBytes, writeAttribute, writeLinks, writeList } from './attribute-bytes.ts';
import { asciiBytes, ByteWriter, maxQuotedBytes } from './byte-writer.ts';
import type { ItemWriter, Store } from './span-encoder.ts';
import { type Slab, SLAB_BYTES, type SlabPool } from './slab-pool.ts';
import {
  type ConstantAttributes,
  decisionAttributes,
  HOST,
  replaceableNames,
  SEGMENT_ID,
  SEGMENT_NAME,
  type SpanParts,
  without,
  withConstants,
} from './constants.ts';

/** Kind, length, span id, parent id and two times stand in front of a span's own words. */
const HEAD_BYTES = 1 + 4 + 16 + 16 + 8 + 8;
const IS_ERROR = 1;
const IS_SEGMENT = 2;
const HAS_HOST = 4;
const HAS_PARENT = 8;
/** The words are the whole span, but for the segment's name … */
const IS_WHOLE = 16;
/** … which it may have itself. */
const IS_CLOSED = 32;
/** What is written around a span's own words and constants, at most. */
const FRAME_BYTES = 420;
const ID_DOTS = '................';
/** Where `{"trace_id":"` ends. */
const TRACE_ID_AT = 13;
const SEGMENT_ID_OPENING = asciiBytes(`"${SEGMENT_ID}":{"type":"string","value":"`);
const TEXT_END = asciiBytes('"},');
/** Where `{"trace_id":"<32>","span_id":"` ends, and `","parent_span_id":"` behind the 16 digits. */
const SPAN_ID_AT = 58;
const PARENT_ID_AT = SPAN_ID_AT + 16 + 20;

const ATTRIBUTES = asciiBytes(',"attributes":{');
const END_TIMESTAMP = asciiBytes(',"end_timestamp":');
const NAME = asciiBytes(',"name":');

/** The bytes around a span's own. */
interface Frame {
  /** Up to the start time; ids are dots to be written over. */
  readonly head: Uint8Array;
  readonly constants: Uint8Array;
  /** What the segment adds, and the end. */
  readonly foot: ByteWriter;
  /** Whom it fits now. */
  segment: Segment | undefined;
  name: string;
}

/**
 * Turns ended spans into bytes in two steps. `write` makes what waits in memory: ids, times and the span's own words,
 * without what is the same for its neighbours. `expand` adds that on the way out, and with it the segment's final name (R5).
 * Spans that replace or lose constants are written whole.
 */
export class SpanItems implements ItemWriter {
  readonly #constants: ConstantAttributes;
  readonly #every: Uint8Array;
  readonly #segment: Uint8Array;
  readonly #segmentNoHost: Uint8Array;
  readonly #replaceable: ReadonlySet<string>;
  readonly #pool: SlabPool;
  readonly #times = new TimeWriter();
  readonly #attributes = new AttributeWriter();
  #slab: Slab;
  readonly #out: ByteWriter;
  #lastName = '';
  #lastNameBytes = 0;
  readonly #frames: Frame[] = [];

  constructor(constants: ConstantAttributes, pool: SlabPool) {
    this.#constants = constants;
    this.#pool = pool;
    this.#slab = pool.take(0);
    this.#out = new ByteWriter(this.#slab.bytes);
    this.#every = listBytes(constants.every);
    this.#segment = listBytes(constants.segment);
    this.#segmentNoHost = listBytes(without(constants.segment, HOST));
    this.#replaceable = replaceableNames(constants);
  }

  /** Where the last `write` wrote to. */
  get slab(): Slab {
    return this.#slab;
  }

  /** A span that was written has left, one way or the other. */
  release(store: Store): void {
    const slab = store as Slab;
    if (--slab.live === 0 && slab !== this.#slab) this.#pool.giveBack(slab);
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
    const { attributes, parentSpanId } = span;
    const isWhole = this.#isException(span);
    const list = isWhole ? withConstants(span, this.#constants) : attributes;
    this.#makeRoom(span, list);
    const start = out.length;
    const { view, bytes } = this.#slab;
    view.setFloat64(start + 37, Math.round(span.startMs * 1000));
    view.setFloat64(start + 45, Math.round(span.endMs * 1000));
    out.length = start + 5;
    out.ascii(span.spanId);
    if (parentSpanId !== undefined) out.ascii(parentSpanId);
    out.length = start + HEAD_BYTES;
    out.quoted(span.name);
    if (span.links !== undefined && span.links.length > 0) writeLinks(out, span.links);
    out.raw(ATTRIBUTES);
    const kind =
      (span.status === 'error' ? IS_ERROR : 0) | (span.isSegment ? IS_SEGMENT : 0) | (parentSpanId === undefined ? 0 : HAS_PARENT);
    bytes[start] = isWhole ? kind | this.#writeWhole(list, span) : kind | this.#writeOwn(list, span.isSegment);
    view.setUint32(start + 1, out.length - start);
    this.#slab.live++;
    return start;
  }

  /** The id of a waiting span. */
  spanId(slab: Store, at: number): string {
    const b = (slab as Slab).bytes;
    const i = at + 5;
    // One call with sixteen codes: spreading an array of them takes ten times as long, and each delivered span is looked up.
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
  wireBytes(recordBytes: number, segment: Segment, isSegment: boolean): number {
    if (segment.name !== this.#lastName) {
      this.#lastName = segment.name;
      this.#lastNameBytes = maxQuotedBytes(segment.name);
    }
    const constants = isSegment ? this.#every.length + this.#segment.length + segment.source.length * 12 + 300 : this.#every.length;
    return recordBytes + constants + this.#lastNameBytes + FRAME_BYTES;
  }

  /** As `wireBytes`, exactly, of what was written last. */
  sentBytes(at: number, segment: Segment): number {
    const out = new ByteWriter(this.recordBytes(this.#slab, at));
    this.expand(out, this.#slab, at, segment);
    return out.length;
  }

  /** Appends the span as it is sent. */
  expand(out: ByteWriter, slab: Slab, at: number, segment: Segment): void {
    const { bytes, view } = slab;
    const kind = bytes[at]!;
    const frame = this.#frameFor(kind, segment);
    const length = this.recordBytes(slab, at);
    out.reserve(frame.head.length + length + frame.constants.length + frame.foot.length + 64);
    const start = out.length;
    out.raw(frame.head);
    copy(out.bytes, start + SPAN_ID_AT, bytes, at + 5);
    if ((kind & HAS_PARENT) !== 0) copy(out.bytes, start + PARENT_ID_AT, bytes, at + 21);
    this.#times.write(out, view.getFloat64(at + 37));
    out.raw(END_TIMESTAMP);
    this.#times.write(out, view.getFloat64(at + 45));
    out.raw(NAME);
    out.raw(bytes.subarray(at + HEAD_BYTES, at + length));
    out.raw(frame.constants);
    out.raw(frame.foot.bytes.subarray(0, frame.foot.length));
  }

  /** The kind's frame, brought up to this segment. */
  #frameFor(kind: number, segment: Segment): Frame {
    const frame = (this.#frames[kind] ??= this.#createFrame(kind));
    if (frame.segment !== segment || frame.name !== segment.name) this.#fitFrame(frame, kind, segment);
    return frame;
  }

  #createFrame(kind: number): Frame {
    const parent = (kind & HAS_PARENT) === 0 ? '' : `","parent_span_id":"${ID_DOTS}`;
    const constants = new ByteWriter(this.#every.length + this.#segment.length);
    if ((kind & IS_WHOLE) === 0) {
      constants.raw(this.#every);
      if ((kind & IS_SEGMENT) !== 0) constants.raw((kind & HAS_HOST) === 0 ? this.#segment : this.#segmentNoHost);
    }
    return {
      head: asciiBytes(`{"trace_id":"${ID_DOTS}${ID_DOTS}","span_id":"${ID_DOTS}${parent}","start_timestamp":`),
      constants: constants.toBytes(),
      foot: new ByteWriter(512),
      segment: undefined,
      name: '',
    };
  }

  /** Frames are used again for the next segment: making them anew would cost more than the few spans of a small trace. */
  #fitFrame(frame: Frame, kind: number, segment: Segment): void {
    const { head, foot } = frame;
    const { traceId } = segment.trace;
    for (let i = 0; i < 32; i++) head[TRACE_ID_AT + i] = traceId.charCodeAt(i);
    foot.length = 0;
    foot.reserve(maxQuotedBytes(segment.name) + segment.source.length * 12 + 512);
    if ((kind & IS_WHOLE) === 0) {
      if ((kind & IS_SEGMENT) !== 0) writeList(foot, decisionAttributes(segment));
      foot.raw(SEGMENT_ID_OPENING);
      foot.ascii(segment.spanId);
      foot.raw(TEXT_END);
    }
    if ((kind & IS_CLOSED) === 0) writeAttribute(foot, SEGMENT_NAME, segment.name);
    foot.ascii((kind & IS_SEGMENT) === 0 ? '},"is_segment":false,"status":"' : '},"is_segment":true,"status":"');
    foot.ascii((kind & IS_ERROR) === 0 ? 'ok"}' : 'error"}');
    frame.segment = segment;
    frame.name = segment.name;
  }

  #isException({ attributes, isSegment, omitted }: SpanParts): boolean {
    if (omitted !== undefined) return true;
    for (let i = 0; i < attributes.length; i += 2) {
      if (this.#replaceable.has(attributes[i] as string) && !(isSegment && attributes[i] === NAME_SOURCE)) return true;
    }
    return false;
  }

  /** The span's own attributes, each followed by a comma. */
  #writeOwn(list: AttributeList, isSegment: boolean): number {
    let flags = 0;
    for (let i = 0; i < list.length; i += 2) {
      const key = list[i] as string;
      if (isSegment && key === NAME_SOURCE) continue; // the segment knows it
      if (key === HOST) flags = HAS_HOST;
      this.#attributes.write(this.#out, key, list[i + 1] as AttributeValue);
    }
    return flags;
  }

  #writeWhole(list: AttributeList, span: SpanParts): number {
    const out = this.#out;
    const isClosed = indexOf(span.attributes, SEGMENT_NAME) >= 0 || span.omitted?.has(SEGMENT_NAME) === true;
    const end = isClosed ? list : without(list, SEGMENT_NAME);
    writeList(out, end);
    if (isClosed && end.length > 0) out.length--; // its last comma
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

/** Copies an id. */
function copy(to: Uint8Array, toAt: number, from: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) to[toAt + i] = from[at + i]!;
}

/** Writes seconds with six decimals, of microseconds. Times of one second share their first half. */
class TimeWriter {
  #second = -1;
  #bytes = asciiBytes('');

  write(out: ByteWriter, us: number): void {
    // Those after the year 2255 are no whole numbers any more, those before 1970 are no times.
    const second = Math.max(0, Math.floor(us / 1e6));
    if (second !== this.#second) {
      this.#second = second;
      this.#bytes = asciiBytes(`${second}.`);
    }
    out.raw(this.#bytes);
    out.sixDigits(Math.min(999_999, Math.max(0, us - second * 1e6)));
  }
}
