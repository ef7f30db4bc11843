import type { AttributeList, AttributeValue } from '../span/attributes.ts';
import { indexOf } from '../span/attributes.ts';
import { NAME_SOURCE, type Segment } from '../span/segment.ts';
import type { RecordingSpan } from '../span/span.ts';
import type { SpanLink } from '../span/span-data.ts';
import type { FinishedSpan } from '../span/span-json.ts';
import { isPlain, quote, quoteSpecial, utf8Length } from '../span/text.ts';

/** The one constant of top-level spans that instrumentation often sets itself, so the texts exist with and without it. */
const HOST = 'server.address';
const SEGMENT_ID = 'sentry.segment.id';
const SEGMENT_NAME = 'sentry.segment.name';
const SPAN_SOURCE = 'sentry.span.source';
const SAMPLE_RATE = 'sentry.sample_rate';
const NO_PARENT = '                ';
/** Longest name that may lie in the quoted-name cache, and how many may. */
const MAX_CACHED_KEYS = 2000;
/** What stands around a span's own words: braces, ids, member names, segment id. */
const FRAME_BYTES = 330;
/** Source twice and sample rate, without the source's text. */
const MAX_DECISION_BYTES = 220;

/** The attributes that are the same on every span of a client, and those on every top-level span. */
export interface ConstantAttributes {
  readonly every: AttributeList;
  readonly segment: AttributeList;
}

/** What a span's text is made of. */
export interface SpanParts extends FinishedSpan {
  readonly attributes: AttributeList;
  /** Constants that a hook took away. */
  readonly omitted?: ReadonlySet<string>;
}

/**
 * Turns ended spans into text in two steps. `compact` is what waits in memory: ids, times and the span's own words, without
 * what is the same for its neighbours. `expand` adds that on the way out, and with it the segment's final name (R5).
 *
 * A compact text is `<span id><parent id><status><kind><start><end><name and own attributes>`, all but the last of fixed
 * length. A text that begins with `{` is a whole span, for spans that replace constants with values of their own.
 */
export class SpanItems {
  readonly #every: string;
  readonly #segmentConstants: string;
  readonly #segmentConstantsNoHost: string;
  readonly #constants: ConstantAttributes;
  readonly #replaceable: ReadonlySet<string>;
  readonly #everyBytes: number;
  readonly #segmentBytes: number;
  readonly #keys = new Map<string, string>();
  #isPlain = true;
  #lastName = '';
  #lastNameBytes = 0;
  #lastSecond = -1;
  #lastSecondText = '';

  constructor(constants: ConstantAttributes) {
    this.#constants = constants;
    this.#every = this.#list(constants.every);
    this.#segmentConstants = this.#list(constants.segment);
    this.#segmentConstantsNoHost = this.#list(without(constants.segment, HOST));
    this.#everyBytes = utf8Length(this.#every);
    this.#segmentBytes = utf8Length(this.#segmentConstants);
    const names = [...constants.every, ...constants.segment].filter((name, i) => i % 2 === 0 && name !== HOST) as string[];
    this.#replaceable = new Set([...names, SEGMENT_ID, SEGMENT_NAME, SPAN_SOURCE, SAMPLE_RATE]);
  }

  /** The text that waits in memory. */
  compact(span: SpanParts): string {
    const { attributes, isSegment, omitted } = span;
    this.#isPlain = true;
    let own = '';
    let hasHost = omitted?.has(HOST) === true;
    if (omitted !== undefined && omitted.size > (hasHost ? 1 : 0)) return flatten(this.#whole(span));
    for (let i = 0; i < attributes.length; i += 2) {
      const key = attributes[i] as string;
      if (isSegment && key === NAME_SOURCE) continue; // the segment knows it
      if (key === HOST) hasHost = true;
      else if (this.#replaceable.has(key)) return flatten(this.#whole(span));
      own += this.#attribute(key, attributes[i + 1] as AttributeValue) + ',';
    }
    const kind = isSegment ? (hasHost ? 'h' : 's') : 'c';
    const head = `${span.spanId}${span.parentSpanId ?? NO_PARENT}${span.status === 'ok' ? 'o' : 'e'}${kind}`;
    const times = this.#time(span.startMs) + this.#time(span.endMs);
    return flatten(head + times + this.#tail(span.name, span.links) + own);
  }

  /** The span's attributes with the constants that it does not replace, in the order in which they are sent. */
  withConstants(span: SpanParts): AttributeList {
    const list = span.attributes.slice();
    const add = (constants: AttributeList): void => {
      for (let i = 0; i < constants.length; i += 2) if (indexOf(list, constants[i] as string) < 0) list.push(constants[i]!, constants[i + 1]!);
    };
    add(this.#constants.every);
    if (span.isSegment) {
      add(this.#constants.segment);
      add(decisionAttributes(span.segment));
    }
    add([SEGMENT_ID, span.segment.spanId, SEGMENT_NAME, span.segment.name]);
    return list;
  }

  /** The inverse of `withConstants` after a hook had the attributes: what it left alone is constant again. */
  withoutConstants(span: SpanParts, before: AttributeList, after: AttributeList): Pick<SpanParts, 'attributes' | 'omitted'> {
    const attributes: AttributeList = [];
    const omitted = new Set<string>();
    for (let i = 0; i < before.length; i += 2) {
      const key = before[i] as string;
      if (indexOf(after, key) < 0 && indexOf(span.attributes, key) < 0) omitted.add(key);
    }
    for (let i = 0; i < after.length; i += 2) {
      const key = after[i] as string;
      const isConstant = indexOf(span.attributes, key) < 0 && indexOf(before, key) >= 0;
      if (!isConstant || before[indexOf(before, key) + 1] !== after[i + 1]) attributes.push(key, after[i + 1]!);
    }
    return omitted.size === 0 ? { attributes } : { attributes, omitted };
  }

  /** Bytes that the text just made by `compact` takes when sent; at most a few hundred too many, never too few. */
  wireBytes(compact: string, segment: Segment, isSegment: boolean): number {
    const own = this.#isPlain ? compact.length : utf8Length(compact);
    if (segment.name !== this.#lastName) {
      this.#lastName = segment.name;
      this.#lastNameBytes = utf8Length(quote(segment.name));
    }
    const constants = isSegment ? this.#everyBytes + this.#segmentBytes + segment.source.length * 6 + MAX_DECISION_BYTES : this.#everyBytes;
    return own + constants + this.#lastNameBytes + FRAME_BYTES;
  }

  /** Appends the pieces of the span as it is sent. */
  expand(out: string[], compact: string, segment: Segment): void {
    if (compact.charCodeAt(0) === 123 /* { */) {
      out.push(compact);
      if (!compact.endsWith('}}')) out.push(this.#segmentName(segment), '}}');
      return;
    }
    const parent = compact.charCodeAt(16) === 32 ? '' : `","parent_span_id":"${compact.slice(16, 32)}`;
    const kind = compact.charCodeAt(33);
    out.push('{"trace_id":"', segment.trace.traceId, '","span_id":"', compact.slice(0, 16), parent);
    out.push(kind === 99 /* c */ ? '","is_segment":false,"start_timestamp":' : '","is_segment":true,"start_timestamp":');
    out.push(compact.slice(34, 51), ',"end_timestamp":', compact.slice(51, 68));
    out.push(compact.charCodeAt(32) === 111 /* o */ ? ',"status":"ok"' : ',"status":"error"', compact.slice(68));
    out.push(this.#every);
    if (kind !== 99) out.push(kind === 104 /* h */ ? this.#segmentConstantsNoHost : this.#segmentConstants, this.#decision(segment));
    out.push(this.#segmentId(segment), this.#segmentName(segment), '}}');
  }

  /** The text of a span that replaces or omits constants; open at its end for the segment's name, unless that is one of them. */
  #whole(span: SpanParts): string {
    const list = this.withConstants(span);
    const isNamed = indexOf(span.attributes, SEGMENT_NAME) >= 0 || span.omitted?.has(SEGMENT_NAME) === true;
    const texts: string[] = [];
    for (let i = 0; i < list.length; i += 2) {
      const key = list[i] as string;
      if (span.omitted?.has(key) === true || (key === SEGMENT_NAME && !isNamed)) continue;
      texts.push(this.#attribute(key, list[i + 1] as AttributeValue));
    }
    const parent = span.parentSpanId === undefined ? '' : `,"parent_span_id":"${span.parentSpanId}"`;
    const head = `{"trace_id":"${span.segment.trace.traceId}","span_id":"${span.spanId}"${parent},"is_segment":${span.isSegment}`;
    const times = `,"start_timestamp":${this.#time(span.startMs)},"end_timestamp":${this.#time(span.endMs)}`;
    const own = texts.join(',');
    return `${head}${times},"status":"${span.status}"${this.#tail(span.name, span.links)}${own}${isNamed ? '}}' : own && ','}`;
  }

  #tail(name: string, links: readonly SpanLink[] | undefined): string {
    const linkText = links === undefined || links.length === 0 ? '' : `,"links":[${links.map((link) => this.#link(link)).join(',')}]`;
    return `,"name":${this.#quote(name)}${linkText},"attributes":{`;
  }

  #link({ context, attributes = {} }: SpanLink): string {
    const list = Object.keys(attributes).map((key) => this.#attribute(key, attributes[key] as AttributeValue));
    const extra = list.length === 0 ? '' : `,"attributes":{${list.join(',')}}`;
    const sampled = context.sampled === undefined ? '' : `,"sampled":${context.sampled}`;
    return `{"trace_id":"${context.traceId}","span_id":"${context.spanId}"${sampled}${extra}}`;
  }

  #attribute(key: string, value: AttributeValue): string {
    const name = this.#quotedKey(key);
    switch (typeof value) {
      case 'string':
        return `${name}:{"type":"string","value":${this.#quote(value)}}`;
      case 'number':
        return `${name}:{"type":"${key !== SAMPLE_RATE && Number.isSafeInteger(value) ? 'integer' : 'double'}","value":${value}}`;
      case 'boolean':
        return `${name}:{"type":"boolean","value":${value}}`;
    }
    if ('unit' in value) return `${this.#attribute(key, value.value).slice(0, -1)},"unit":${this.#quote(value.unit)}}`;
    const elements = value as readonly (string | number | boolean)[];
    return `${name}:{"type":"array","value":[${elements.map((element) => (typeof element === 'string' ? this.#quote(element) : String(element))).join(',')}]}`;
  }

  #quote(text: string): string {
    if (isPlain(text)) return `"${text}"`;
    // Only then are the bytes of the whole counted one by one.
    this.#isPlain = false;
    return quoteSpecial(text);
  }

  #quotedKey(key: string): string {
    let text = this.#keys.get(key);
    if (text === undefined) {
      text = this.#quote(key);
      // Names are few in a healthy program; one that makes them up must not fill memory.
      if (this.#keys.size < MAX_CACHED_KEYS && key.length < 100 && isPlain(key)) this.#keys.set(key, text);
    }
    return text;
  }

  /** Seconds with six decimals, 17 characters until the year 2286. Times of one second share their first half. */
  #time(ms: number): string {
    const us = Math.round(ms * 1000);
    const second = Math.floor(us / 1e6);
    if (second !== this.#lastSecond) {
      this.#lastSecond = second;
      this.#lastSecondText = `${String(second).padStart(10, '0')}.`;
    }
    const rest = us - second * 1e6;
    const thousands = Math.floor(rest / 1000);
    return this.#lastSecondText + DIGITS[thousands]! + DIGITS[rest - thousands * 1000]!;
  }

  #decision(segment: Segment): string {
    return this.#list(decisionAttributes(segment));
  }

  #segmentId(segment: Segment): string {
    return `"${SEGMENT_ID}":{"type":"string","value":"${segment.spanId}"},`;
  }

  #segmentName(segment: Segment): string {
    return `"${SEGMENT_NAME}":{"type":"string","value":${quote(segment.name)}}`;
  }

  #list(list: AttributeList): string {
    let text = '';
    for (let i = 0; i < list.length; i += 2) text += this.#attribute(list[i] as string, list[i + 1] as AttributeValue) + ',';
    return flatten(text);
  }
}

const DIGITS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

/** Where a top-level span's name and decision come from. */
function decisionAttributes(segment: Segment): AttributeList {
  const list: AttributeList = [NAME_SOURCE, segment.source, SPAN_SOURCE, segment.source];
  if (segment.sampleRate !== undefined) list.push(SAMPLE_RATE, segment.sampleRate);
  return list;
}

/** The span's id, from either form of a waiting text. */
export function spanIdOf(compact: string): string {
  return compact.charCodeAt(0) === 123 ? compact.slice(58, 74) : compact.slice(0, 16);
}

/** The parts of a span that has ended, with the attributes that it leaves with. */
export function partsOf(span: RecordingSpan, attributes: AttributeList): SpanParts {
  return { spanId: span.spanId, parentSpanId: span.parentSpanId, segment: span.segment, isSegment: span.isSegment, startMs: span.startMs, endMs: span.endMs, name: span.name, status: span.status, attributes, links: span.links };
}

/** Joins a text that was concatenated from pieces into one piece: the pieces would take twice the memory while it waits. */
function flatten(text: string): string {
  text.charCodeAt(0);
  return text;
}

function without(list: AttributeList, key: string): AttributeList {
  const at = indexOf(list, key);
  return at < 0 ? list : [...list.slice(0, at), ...list.slice(at + 2)];
}
