import type { Segment } from '../span/segment.ts';
import { listBytes } from './attribute-bytes.ts';
import { asciiBytes, ByteWriter, maxQuotedBytes } from './byte-writer.ts';
import { type ConstantAttributes, decisionAttributes, HOST, SEGMENT_ID, SEGMENT_NAME, without } from './constants.ts';

/** What of a span's kind decides about the bytes around its own. */
export const IS_ERROR = 1;
export const IS_SEGMENT = 2;
export const HAS_HOST = 4;
export const HAS_PARENT = 8;
/** The words are the whole span, but for the segment's name … */
export const IS_WHOLE = 16;
/** … which it may have itself. */
export const IS_CLOSED = 32;

const ID_DOTS = '................';
/** Where `{"trace_id":"` ends. */
const TRACE_ID_AT = 13;
/** Where `{"trace_id":"<32>","span_id":"` ends, and `","parent_span_id":"` behind the 16 digits. */
export const SPAN_ID_AT = 58;
export const PARENT_ID_AT = SPAN_ID_AT + 16 + 20;
/** What stands between the last id and the start time, and a time of ten digits, a dot and six more with what follows it. */
const START_AFTER_ID = 16 + 20;
export const END_AFTER_START = 17 + 17;
const TIME_DOTS = '.'.repeat(17);
const SEGMENT_ID_OPENING = /* @__PURE__ */ asciiBytes(`"${SEGMENT_ID}":{"type":"string","value":"`);
const TEXT_END = /* @__PURE__ */ asciiBytes('"},');
const SEGMENT_NAME_OPENING = /* @__PURE__ */ asciiBytes(`"${SEGMENT_NAME}":{"type":"string","value":`);

/** The bytes around a span's own. */
export interface Frame {
  readonly kind: number;
  /** Up to the name; ids and times are dots to be written over. */
  readonly head: Uint8Array;
  readonly startAt: number;
  /** The constants, what the segment adds, and the end. */
  readonly foot: ByteWriter;
  readonly constantBytes: number;
  /** What is written of `foot`. */
  tail: Uint8Array;
  /** Tail, comma and head, for two spans of the kind one behind the other: one copy instead of two. */
  joint: Uint8Array;
  /** Whom it fits now. */
  segment: Segment | undefined;
  name: string;
}

/** The frames of all kinds, each fitted to the segment that it was asked for last. */
export class SpanFrames {
  /** Bytes of what every span has in common, and of what every top-level span has besides. */
  readonly everyBytes: number;
  readonly segmentBytes: number;
  readonly #every: Uint8Array;
  readonly #segment: Uint8Array;
  readonly #segmentNoHost: Uint8Array;
  readonly #frames: Frame[] = [];
  #source = '';
  #sampleRate: number | undefined = undefined;
  #decisionBytes: Uint8Array | undefined = undefined;

  constructor({ every, segment }: ConstantAttributes) {
    this.#every = listBytes(every);
    this.#segment = listBytes(segment);
    this.#segmentNoHost = listBytes(without(segment, HOST));
    this.everyBytes = this.#every.length;
    this.segmentBytes = this.#segment.length;
  }

  /** Whether this is the kind's frame and fits the segment as it is. */
  fits(frame: Frame, kind: number, segment: Segment): boolean {
    return frame.kind === kind && frame.segment === segment && frame.name === segment.name;
  }

  /** The kind's frame, brought up to this segment. */
  fit(kind: number, segment: Segment): Frame {
    const frame = (this.#frames[kind] ??= this.#create(kind));
    if (!this.fits(frame, kind, segment)) this.#fitFrame(frame, kind, segment);
    return frame;
  }

  #create(kind: number): Frame {
    const hasParent = (kind & HAS_PARENT) !== 0;
    const parent = hasParent ? `","parent_span_id":"${ID_DOTS}` : '';
    const ids = `{"trace_id":"${ID_DOTS}${ID_DOTS}","span_id":"${ID_DOTS}${parent}`;
    const foot = new ByteWriter(this.#every.length + this.#segment.length + 512);
    if ((kind & IS_WHOLE) === 0) {
      foot.raw(this.#every);
      if ((kind & IS_SEGMENT) !== 0) foot.raw((kind & HAS_HOST) === 0 ? this.#segment : this.#segmentNoHost);
    }
    return {
      kind,
      head: asciiBytes(`${ids}","start_timestamp":${TIME_DOTS},"end_timestamp":${TIME_DOTS},"name":`),
      startAt: (hasParent ? PARENT_ID_AT : SPAN_ID_AT) + START_AFTER_ID,
      foot,
      constantBytes: foot.length,
      tail: foot.bytes,
      joint: foot.bytes,
      segment: undefined,
      name: '',
    };
  }

  /** Frames are used again for the next segment: making them anew would cost more than the few spans of a small trace. */
  #fitFrame(frame: Frame, kind: number, segment: Segment): void {
    const { head, foot } = frame;
    const { traceId } = segment.trace;
    for (let i = 0; i < 32; i++) head[TRACE_ID_AT + i] = traceId.charCodeAt(i);
    foot.length = frame.constantBytes;
    foot.reserve(maxQuotedBytes(segment.name) + segment.source.length * 12 + 512 + head.length);
    if ((kind & IS_WHOLE) === 0) {
      if ((kind & IS_SEGMENT) !== 0) foot.raw(this.#decision(segment));
      foot.raw(SEGMENT_ID_OPENING);
      foot.ascii(segment.spanId);
      foot.few(TEXT_END);
    }
    if ((kind & IS_CLOSED) === 0) {
      foot.raw(SEGMENT_NAME_OPENING);
      foot.quoted(segment.name);
      foot.ascii('}');
    }
    foot.ascii((kind & IS_SEGMENT) === 0 ? '},"is_segment":false,"status":"' : '},"is_segment":true,"status":"');
    foot.ascii((kind & IS_ERROR) === 0 ? 'ok"}' : 'error"}');
    const tailLength = foot.length;
    foot.ascii(',');
    foot.raw(head);
    if (frame.joint.length !== foot.length || frame.joint.buffer !== foot.bytes.buffer) {
      frame.tail = foot.bytes.subarray(0, tailLength);
      frame.joint = foot.bytes.subarray(0, foot.length);
    }
    frame.segment = segment;
    frame.name = segment.name;
  }

  /** Hardly ever another than for the segment before. */
  #decision(segment: Segment): Uint8Array {
    const { source, sampleRate } = segment;
    if (source !== this.#source || sampleRate !== this.#sampleRate || this.#decisionBytes === undefined) {
      this.#source = source;
      this.#sampleRate = sampleRate;
      this.#decisionBytes = listBytes(decisionAttributes(segment));
    }
    return this.#decisionBytes;
  }
}
