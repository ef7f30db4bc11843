import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import { idHalf } from '../span/ids.ts';
import type { Segment } from '../span/segment.ts';
import type { SpanLink } from '../span/span-data.ts';
import { utf8Length, wellFormed } from '../span/text.ts';
import { type ConstantAttributes, SAMPLE_RATE, SEGMENT_ID, SEGMENT_NAME, type SpanParts, withConstants } from './constants.ts';
import { envelopeText } from './envelope.ts';
import type { EncoderFacts, SpanEncoder, WaitingSpans } from './span-encoder.ts';

/** In waiting and in stored spans: all that those of one segment have in common, and its name. JSON as it is written here has no such characters. */
const COMMON = '\t';
const NAME = '\r';
/** Beside the constants, the id and the name of the segment, in a list. */
const COMMON_LENGTH = 4;

/** A waiting span: its text in the short form. */
interface Item {
  readonly spanId: string;
  readonly text: string;
  /** Of the text, counted once: whoever groups spans anew asks again and again. */
  readonly bytes: number;
  readonly isUrgent: boolean;
}

/** What an object and its strings take beside their characters. */
const ITEM_BYTES = 100;

/** Keeps spans as text, for pages: little code, and few spans wait there. */
export function createTextEncoder({ constants, envelope }: EncoderFacts): SpanEncoder {
  const { start, middle, end } = envelopeText(envelope);
  let last: Item;
  let segmentId: string;
  let segmentName: string;
  let prefix: string;
  let prefixBytes: number;
  /** What `expandShort` needs in front of a segment's spans. */
  const readSegment = ({ spanId, name }: Segment): string => {
    // Spans that wait are mostly of one segment.
    if (spanId !== segmentId || name !== segmentName) {
      segmentId = spanId;
      segmentName = name;
      prefix = `${listText([...constants.every, SEGMENT_ID, spanId])},${COMMON}${attributeText(SEGMENT_NAME, name)}${COMMON}`;
      prefixBytes = utf8Length(prefix);
    }
    return prefix;
  };
  const writeShort = (spans: WaitingSpans, head: string, foot: string): string => {
    let first: string | undefined;
    const texts: string[] = [];
    spans.forEach((item, _at, segment) => {
      const { text } = item as Item;
      const own = readSegment(segment);
      first ??= own;
      texts.push(own === first ? text : expandShort(own + text));
    });
    return first + head + texts.join() + foot;
  };
  const ignore = (): void => undefined;
  return {
    constants,
    items: {
      get slab() {
        return last;
      },
      write(span) {
        last = toItem(span, constants);
        return 0;
      },
      undo: ignore,
      release: ignore,
      spanId: (item) => (item as Item).spanId,
      isUrgent: (item) => (item as Item).isUrgent,
      idHalf: (item, _at, half) => idHalf((item as Item).spanId, half),
      recordBytes: (item) => (item as Item).bytes + ITEM_BYTES,
      wireBytes(item, _at, segment) {
        readSegment(segment);
        return (item as Item).bytes + prefixBytes;
      },
      sentBytes: (_at, segment) => utf8Length(expandShort(readSegment(segment) + last.text)),
    },
    encode(spans, sentAtMs, trace, isShort) {
      const head = `${start}${new Date(sentAtMs).toISOString()}","trace":${trace}${middle}${spans.spanCount}${end}`;
      const short = writeShort(spans, head, ']}\n');
      return isShort ? short : expandShort(short);
    },
    payloadBytes: (spans) => utf8Length(expandShort(writeShort(spans, '', ''))),
    recycle: ignore,
  };
}

/** The envelope of its short form; any other text as it is. */
export function expandShort(text: string): string {
  const [common, name, ...parts] = text.split(COMMON);
  return name === undefined ? text : parts.join(common).split(NAME).join(name);
}

function toItem(span: SpanParts, constants: ConstantAttributes): Item {
  const { spanId, parentSpanId, segment, isSegment, links, attributes } = span;
  const all = withConstants(span, constants);
  // Where the name of the segment is a constant, it stands last. None of the constants was replaced or taken away.
  const isCommon = !isSegment && all.length === attributes.length + constants.every.length + COMMON_LENGTH;
  const hasOwnName = indexOf(attributes, SEGMENT_NAME) >= 0 || span.omitted?.has(SEGMENT_NAME) === true;
  const [own, rest] = isCommon ? [attributes, COMMON + NAME] : hasOwnName ? [all, ''] : [all.slice(0, -2), NAME];
  const parent = parentSpanId === undefined ? '' : `"parent_span_id":"${parentSpanId}",`;
  const times = `"start_timestamp":${seconds(span.startMs)},"end_timestamp":${seconds(span.endMs)}`;
  const linked = links?.length ? `,"links":[${links.map(linkText).join()}]` : '';
  const text = `{"trace_id":"${segment.trace.traceId}","span_id":"${spanId}",${parent}${times},"name":${quote(span.name)}${linked},"attributes":{${[listText(own), rest].filter(Boolean).join()}},"is_segment":${isSegment},"status":"${span.status}"}`;
  return { spanId, text, bytes: utf8Length(text), isUrgent: isSegment || span.status === 'error' };
}

function listText(list: AttributeList): string {
  const texts: string[] = [];
  for (let i = 0; i < list.length; i += 2) texts.push(attributeText(list[i] as string, list[i + 1] as AttributeValue));
  return texts.join();
}

/** Type and value as wire.md has them. */
function attributeText(key: string, given: AttributeValue): string {
  const isUnit = typeof given === 'object' && 'unit' in given;
  const value = isUnit ? given.value : given;
  const type =
    typeof value === 'object'
      ? 'array'
      : typeof value !== 'number'
        ? typeof value
        : Number.isSafeInteger(value) && key !== SAMPLE_RATE
          ? 'integer'
          : 'double';
  const text = typeof value === 'object' ? `[${value.map(valueText).join()}]` : valueText(value);
  return `${quote(key)}:{"type":"${type}","value":${text}${isUnit ? `,"unit":${quote(given.unit)}` : ''}}`;
}

function valueText(value: string | number | boolean): string {
  return typeof value === 'string' ? quote(value) : String(value);
}

function linkText({ context: { traceId, spanId, sampled }, attributes = {} }: SpanLink): string {
  const own = listText(Object.entries(attributes).flat() as AttributeList);
  const decision = sampled === undefined ? '' : `,"sampled":${sampled}`;
  return `{"trace_id":"${traceId}","span_id":"${spanId}"${decision}${own && `,"attributes":{${own}}`}}`;
}

/** Epoch seconds to the microsecond, as a JSON number. */
export function seconds(ms: number): string {
  const us = String(Math.max(0, Math.round(ms * 1000))).padStart(7, '0');
  return `${us.slice(0, -6)}.${us.slice(-6)}`;
}

/** The text as a JSON string; lone surrogates as U+FFFD. */
export function quote(text: string): string {
  return JSON.stringify(wellFormed(text));
}
