import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import { idHalf } from '../span/ids.ts';
import type { Segment } from '../span/segment.ts';
import type { SpanLink } from '../span/span-data.ts';
import { utf8Length, wellFormed } from '../span/text.ts';
import { SAMPLE_RATE, SEGMENT_NAME, type SpanParts, without, withConstants } from './constants.ts';
import { envelopeText } from './envelope.ts';
import type { EncoderFacts, SpanEncoder, WaitingSpans } from './span-encoder.ts';

/** A waiting span: its text up to where the segment's name belongs, and what follows. */
interface Item {
  readonly spanId: string;
  readonly head: string;
  readonly tail: string;
  /** In memory, counted once: whoever groups spans anew asks again and again. */
  readonly bytes: number;
  /** It has a name of its segment of its own, or none. */
  readonly isClosed: boolean;
  readonly isUrgent: boolean;
}

/** What an object and its strings take beside their characters. */
const ITEM_BYTES = 100;
/** What surrounds the segment's name. */
const NAME_FRAME_BYTES = 48;

/** Keeps spans as text, for pages: little code, and few spans wait there. */
export function createTextEncoder({ constants, envelope }: EncoderFacts): SpanEncoder {
  const { start, middle, end } = envelopeText(envelope);
  let last: Item;
  let lastName: string | undefined;
  let nameText = '';
  let nameBytes = 0;
  // Spans that wait are mostly of one segment.
  const readName = ({ name }: Segment): void => {
    if (name === lastName) return;
    lastName = name;
    nameText = attributeText(SEGMENT_NAME, name);
    nameBytes = utf8Length(nameText) - NAME_FRAME_BYTES;
  };
  const expand = ({ head, tail, isClosed }: Item, segment: Segment): string => {
    readName(segment);
    return head + (isClosed ? '' : nameText) + tail;
  };
  const expandAll = (spans: WaitingSpans): string => {
    const texts: string[] = [];
    spans.forEach((item, _at, segment) => texts.push(expand(item as Item, segment)));
    return texts.join();
  };
  const ignore = (): void => undefined;
  return {
    constants,
    items: {
      get slab() {
        return last;
      },
      write(span) {
        last = toItem(span, withConstants(span, constants));
        return 0;
      },
      undo: ignore,
      release: ignore,
      spanId: (item) => (item as Item).spanId,
      isUrgent: (item) => (item as Item).isUrgent,
      idHalf: (item, _at, half) => idHalf((item as Item).spanId, half),
      recordBytes: (item) => (item as Item).bytes,
      wireBytes(item, _at, segment) {
        readName(segment);
        return (item as Item).bytes + nameBytes;
      },
      sentBytes: (_at, segment) => utf8Length(expand(last, segment)),
    },
    encode: (spans, sentAtMs, trace) =>
      `${start}${new Date(sentAtMs).toISOString()}","trace":${trace}${middle}${spans.spanCount}${end}${expandAll(spans)}]}\n`,
    payloadBytes: (spans) => utf8Length(expandAll(spans)),
    recycle: ignore,
  };
}

function toItem(span: SpanParts, attributes: AttributeList): Item {
  const { spanId, parentSpanId, segment, isSegment, links } = span;
  const isClosed = indexOf(span.attributes, SEGMENT_NAME) >= 0 || span.omitted?.has(SEGMENT_NAME) === true;
  const own = listText(isClosed ? attributes : without(attributes, SEGMENT_NAME));
  const parent = parentSpanId === undefined ? '' : `"parent_span_id":"${parentSpanId}",`;
  const times = `"start_timestamp":${seconds(span.startMs)},"end_timestamp":${seconds(span.endMs)}`;
  const more = links === undefined || links.length === 0 ? '' : `,"links":[${links.map(linkText).join()}]`;
  const head = `{"trace_id":"${segment.trace.traceId}","span_id":"${spanId}",${parent}${times},"name":${quote(span.name)}${more},"attributes":{${own}${isClosed || own === '' ? '' : ','}`;
  const tail = `},"is_segment":${isSegment},"status":"${span.status}"}`;
  return { spanId, head, tail, bytes: utf8Length(head) + ITEM_BYTES, isClosed, isUrgent: isSegment || span.status === 'error' };
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
