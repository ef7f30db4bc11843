import { SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import type { SpanLink } from '../span/span-data.ts';
import { maxAttributeBytes } from '../wire/attribute-bytes.ts';
import { asciiBytes, ByteWriter, maxQuotedBytes, writeDigits } from '../wire/byte-writer.ts';
import type { SpanParts } from '../wire/constants.ts';
import { type Slab, SLAB_BYTES, SlabPool } from '../wire/slab-pool.ts';
import { seconds } from '../wire/text-encoder.ts';
import { toJsonText } from './json-text.ts';
import { toStatusWord } from './status-words.ts';

/** Ids, times, status and the names of members, at most. */
const FRAME_BYTES = 500;
/** Beyond this a program makes its attribute names up, and they must not fill memory. */
const MAX_KEYS = 2000;
const MAX_KEPT_KEY_LENGTH = 100;

const SPAN_ID = /* @__PURE__ */ asciiBytes('{"span_id":"');
const PARENT_ID = /* @__PURE__ */ asciiBytes('","parent_span_id":"');
const TRACE_ID = /* @__PURE__ */ asciiBytes('","trace_id":"');
/** Where the decimals stand in `,"start_timestamp":<10>.<6>,"timestamp":<10>.<6>`. */
const START_DIGITS_AT = 30;
const END_DIGITS_AT = START_DIGITS_AT + 6 + 24;
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
const OP = /* @__PURE__ */ asciiBytes(',"op":');
const ORIGIN = /* @__PURE__ */ asciiBytes(',"origin":');
const MANUAL = /* @__PURE__ */ asciiBytes(',"origin":"manual"');
const STATUS = /* @__PURE__ */ asciiBytes(',"status":"');
const DATA = /* @__PURE__ */ asciiBytes('","data":{');

/** Where something waits: its array, its first byte and the one behind it. */
export interface Place {
  readonly slab: Slab;
  readonly at: number;
  readonly end: number;
}

/** What a transaction says of its top-level span and of itself. */
export interface TopParts {
  readonly data: AttributeList;
  /** Attributes that never change, each with a comma in front. */
  readonly constantData: Uint8Array;
  /** The other contexts and the end of their object. */
  readonly contexts: Uint8Array;
  /** Members of this event, as JSON. */
  readonly own: string;
  /** Members of every event, as JSON. */
  readonly constant: Uint8Array;
}

/** Writes the parts of transactions as JSON in UTF-8 into arrays that are used again: as strings they took twice the CPU, most of it in collections (Node 20). */
export class EventWriter {
  readonly #pool: SlabPool;
  #slab: Slab;
  readonly #out: ByteWriter;
  readonly #keys = new Map<string, Uint8Array>();
  #second = NaN;
  #timesBytes: Uint8Array = NO_BYTES;
  #traceId = '';
  readonly #traceBytes = asciiBytes(`","trace_id":"${'.'.repeat(32)}","description":`);

  /** @param maxIdleBytes what may lie idle for the next spans, at most */
  constructor(maxIdleBytes: number, reusesOutputs: boolean) {
    this.#pool = new SlabPool(maxIdleBytes, reusesOutputs);
    this.#slab = this.#pool.take(0);
    this.#out = new ByteWriter(this.#slab.bytes);
  }

  /** A span below a transaction, and a comma. */
  writeChild(span: SpanParts): Place {
    const at = this.#begin(bytesOfSpan(span));
    const out = this.#out;
    out.few(SPAN_ID);
    out.ascii(span.spanId);
    this.#writeParentId(span);
    out.raw(this.#traceMember(span.segment.trace.traceId));
    out.quoted(span.name);
    this.#writeTimes(span);
    this.#writeCommon(span, span.attributes);
    out.ascii('}},');
    return this.#finish(at);
  }

  /** A top-level span, up to the list of the others. */
  writeTop(span: SpanParts, { data, constantData, contexts, own, constant }: TopParts): Place {
    const constantBytes = constantData.length + contexts.length + constant.length;
    const at = this.#begin(bytesOfSpan(span) + bytesOfList(data) + own.length * 3 + constantBytes);
    const out = this.#out;
    out.ascii('"type":"transaction","transaction":');
    out.quoted(span.name);
    this.#writeTimes(span);
    out.ascii(',"contexts":{"trace":{"span_id":"');
    out.ascii(span.spanId);
    this.#writeParentId(span);
    out.few(TRACE_ID);
    out.ascii(span.segment.trace.traceId);
    out.ascii('"');
    this.#writeCommon(span, data);
    out.raw(data.length === 0 ? constantData.subarray(1) : constantData);
    out.ascii('}}');
    out.raw(contexts);
    out.utf8(own);
    out.raw(constant);
    return this.#finish(at);
  }

  /** An envelope: the lines in front, the top-level span, the others. */
  assemble(lines: string, top: Place, children: readonly Place[]): Uint8Array<ArrayBuffer> {
    let bytes = lines.length * 3 + (top.end - top.at) + 32;
    for (const { at, end } of children) bytes += end - at;
    const out = new ByteWriter(this.#pool.takeOutput(bytes));
    out.utf8(lines);
    out.raw(top.slab.bytes.subarray(top.at, top.end));
    out.ascii(',"spans":[');
    // Those that stand one behind the other, as most do, in one copy.
    for (let i = 0; i < children.length;) {
      const { slab, at } = children[i]!;
      let { end } = children[i]!;
      for (i++; children[i]?.slab === slab && children[i]!.at === end; i++) ({ end } = children[i]!);
      out.raw(slab.bytes.subarray(at, end));
    }
    if (children.length > 0) out.length--; // the last comma
    out.ascii(']}\n');
    return out.bytes.subarray(0, out.length);
  }

  /** Nobody reads any more what `assemble` returned. */
  recycle(output: Uint8Array<ArrayBuffer>): void {
    this.#pool.giveBackOutput(new Uint8Array(output.buffer));
  }

  /** So many parts that were written there have left, one way or the other. */
  release(slab: Slab, count: number): void {
    slab.live -= count;
    if (slab.live === 0 && slab !== this.#slab) this.#pool.giveBack(slab);
  }

  /** Takes back what was written last. */
  undo({ at }: Place): void {
    this.#slab.live--;
    this.#out.length = this.#slab.bytes.length > SLAB_BYTES ? this.#slab.bytes.length : at;
  }

  #writeParentId({ parentSpanId }: SpanParts): void {
    if (parentSpanId === undefined) return;
    this.#out.few(PARENT_ID);
    this.#out.ascii(parentSpanId);
  }

  /** The trace's id with what stands around it; the same for all spans of a tree. */
  #traceMember(traceId: string): Uint8Array {
    const bytes = this.#traceBytes;
    if (traceId === this.#traceId) return bytes;
    this.#traceId = traceId;
    for (let i = 0; i < 32; i++) bytes[TRACE_ID.length + i] = traceId.charCodeAt(i);
    return bytes;
  }

  /** Epoch seconds with six decimals. Most spans begin and end in the second of the one before: then only those change. */
  #writeTimes({ startMs, endMs }: SpanParts): void {
    const out = this.#out;
    const startUs = Math.round(startMs * 1000);
    const endUs = Math.round(endMs * 1000);
    const second = Math.floor(startUs / 1e6);
    if (!(second >= 1e9 && second < 1e10) || Math.floor(endUs / 1e6) !== second)
      return out.ascii(`,"start_timestamp":${seconds(startMs)},"timestamp":${seconds(endMs)}`);
    if (second !== this.#second) {
      this.#second = second;
      this.#timesBytes = asciiBytes(`,"start_timestamp":${second}.000000,"timestamp":${second}.000000`);
    }
    const at = out.length;
    out.raw(this.#timesBytes);
    writeDigits(out.bytes, at + START_DIGITS_AT, 6, startUs - second * 1e6);
    writeDigits(out.bytes, at + END_DIGITS_AT, 6, endUs - second * 1e6);
  }

  /** `op`, `origin`, `status` and `links`, which stand beside the attributes, and these. */
  #writeCommon(span: SpanParts, data: AttributeList): void {
    const out = this.#out;
    const op = textOf(span.attributes, SENTRY_OP);
    if (op !== undefined) {
      out.few(OP);
      out.quoted(op);
    }
    const origin = textOf(span.attributes, SENTRY_ORIGIN);
    if (origin === undefined) out.few(MANUAL);
    else {
      out.few(ORIGIN);
      out.quoted(origin);
    }
    if (span.links !== undefined && span.links.length > 0) out.utf8(`,"links":[${span.links.map(formatLink).join()}]`);
    out.few(STATUS);
    out.ascii(toStatusWord(span));
    out.few(DATA);
    for (let i = 0; i < data.length; i += 2) {
      if (i > 0) out.ascii(',');
      this.#writeAttribute(data[i] as string, data[i + 1] as AttributeValue);
    }
  }

  #writeAttribute(key: string, value: AttributeValue): void {
    const out = this.#out;
    out.few(this.#keys.get(key) ?? this.#keep(key));
    if (typeof value === 'string') out.quoted(value);
    else if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) out.integer(value);
    else if (typeof value === 'object') out.utf8(toJsonText(value));
    else out.ascii(String(value));
  }

  #keep(key: string): Uint8Array {
    const out = new ByteWriter(maxQuotedBytes(key) + 1);
    out.quoted(key);
    out.ascii(':');
    const bytes = out.toBytes();
    if (this.#keys.size < MAX_KEYS && key.length < MAX_KEPT_KEY_LENGTH) this.#keys.set(key, bytes);
    return bytes;
  }

  #begin(bytes: number): number {
    if (this.#out.length + bytes > this.#slab.bytes.length) {
      const full = this.#slab;
      this.#slab = this.#pool.take(bytes);
      this.#out.moveTo(this.#slab.bytes);
      if (full.live === 0) this.#pool.giveBack(full);
    }
    return this.#out.length;
  }

  #finish(at: number): Place {
    this.#slab.live++;
    return { slab: this.#slab, at, end: this.#out.length };
  }
}

function bytesOfSpan({ name, attributes, links }: SpanParts): number {
  let bytes = FRAME_BYTES + maxQuotedBytes(name) + bytesOfList(attributes);
  for (const { attributes: own = {} } of links ?? [])
    bytes += 200 + Object.keys(own).reduce((sum, key) => sum + maxAttributeBytes(key, own[key] as AttributeValue), 0);
  const op = textOf(attributes, SENTRY_OP);
  const origin = textOf(attributes, SENTRY_ORIGIN);
  return bytes + (op === undefined ? 0 : maxQuotedBytes(op)) + (origin === undefined ? 0 : maxQuotedBytes(origin));
}

function bytesOfList(list: AttributeList): number {
  let bytes = 0;
  for (let i = 0; i < list.length; i += 2) bytes += maxAttributeBytes(list[i] as string, list[i + 1] as AttributeValue);
  return bytes;
}

function textOf(attributes: AttributeList, key: string): string | undefined {
  const at = indexOf(attributes, key);
  const value = at < 0 ? undefined : attributes[at + 1];
  return typeof value === 'string' ? value : undefined;
}

function formatLink({ context: { traceId, spanId, sampled }, attributes }: SpanLink): string {
  return toJsonText({ trace_id: traceId, span_id: spanId, sampled, attributes });
}
