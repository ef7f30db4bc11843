import type { ReadSpan, SpanLink } from '../span-record.ts';
import { isJsonObject, type JsonObject, parseHexId, parseJsonObject, textOf } from './json-shape.ts';
import type { EnvelopeItem } from './parse-envelope.ts';
import { malformed, Refusal } from './refusal.ts';
import { serviceOf } from './service-name.ts';
import { readWireAttributes } from './wire-attributes.ts';

/** Relay's limit of a span container: 12 MiB. */
const MAX_CONTAINER_BYTES = 12 * 1024 * 1024;
/** The content type that marks spans of the second protocol version. */
export const SPAN_CONTAINER_TYPE = 'application/vnd.sentry.items.span.v2+json';

/** Spans that were read, and what the sender should know about them. */
export interface ReadSpans {
  readonly spans: readonly ReadSpan[];
  readonly notes: readonly string[];
}

/** Reads a container of spans and refuses it for what the real ingestion server refuses it for. */
export function readSpanContainer(item: EnvelopeItem, envelopeHeader: JsonObject, projectId: string): ReadSpans {
  if (item.payload.length > MAX_CONTAINER_BYTES) {
    throw new Refusal(413, `the span container has ${item.payload.length} bytes; the limit is ${MAX_CONTAINER_BYTES}`);
  }
  const traceId = checkTraceHeader(envelopeHeader['trace']);
  const payload = parseJsonObject(item.payload, 'the span container');
  const items = payload['items'];
  if (!Array.isArray(items)) throw malformed('the span container has no items');
  if (item.header['item_count'] !== items.length) {
    throw malformed(`item_count is ${JSON.stringify(item.header['item_count']) ?? 'missing'} and the container has ${items.length} items`);
  }
  const notes = new Set<string>();
  if (payload['ingest_settings'] !== undefined && payload['version'] !== 2) notes.add('ingest_settings count only with version 2');
  const spans = new Map<string, ReadSpan>();
  items.forEach((source: unknown, index) => {
    const span = readSpan(source, `span ${index + 1}`, traceId, { projectId, notes });
    if (spans.has(span.span_id)) notes.add('a span id came twice in one container; the second is dropped');
    else spans.set(span.span_id, span);
  });
  return { spans: [...spans.values()], notes: [...notes] };
}

/** The trace id of the envelope's `trace` header; one fault in the header and the whole of it counts as missing. */
function checkTraceHeader(trace: unknown): string {
  if (trace === undefined || trace === null) throw malformed('the envelope header has no trace');
  if (!isJsonObject(trace)) throw malformed('trace in the envelope header is not an object');
  const traceId = parseHexId(trace['trace_id'], 32, 'trace_id in the trace header');
  const key = trace['public_key'];
  if (typeof key !== 'string' || key.length !== 32) {
    throw malformed(`public_key in the trace header is not a text of 32 characters: ${JSON.stringify(key) ?? 'missing'}`);
  }
  for (const rate of ['sample_rate', 'sample_rand']) {
    const value = trace[rate];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' || !/^\d*\.?\d+(e[+-]?\d+)?$/i.test(value)) {
      throw malformed(`${rate} in the trace header is not a number in a JSON string: ${JSON.stringify(value)}`);
    }
  }
  return traceId;
}

function readSpan(source: unknown, place: string, traceId: string, context: { projectId: string; notes: Set<string> }): ReadSpan {
  if (!isJsonObject(source)) throw malformed(`${place} is not an object`);
  const ownTraceId = parseHexId(source['trace_id'], 32, `trace_id of ${place}`);
  if (ownTraceId !== traceId) throw malformed(`trace_id of ${place} is ${ownTraceId}; the trace header says ${traceId}`);
  const parent = source['parent_span_id'];
  const { start, end } = readTimes(source, place);
  const status = source['status'];
  if (status !== 'ok' && status !== 'error') throw malformed(`status of ${place} is neither "ok" nor "error"`);
  const { attributes, notes } = readWireAttributes(source['attributes'], place);
  for (const note of notes) context.notes.add(note);
  const links = readLinks(source['links'], place);
  return {
    trace_id: traceId,
    span_id: parseHexId(source['span_id'], 16, `span_id of ${place}`),
    ...(textOf(parent) === undefined ? {} : { parent_span_id: parseHexId(parent, 16, `parent_span_id of ${place}`) }),
    is_segment: source['is_segment'] === true,
    start_timestamp: start,
    end_timestamp: end,
    name: readName(source['name'], place),
    status,
    attributes,
    ...(links.length > 0 ? { links } : {}),
    service: serviceOf(attributes, context.projectId),
  };
}

function readName(name: unknown, place: string): string {
  if (typeof name !== 'string') throw malformed(`${place} has no name`);
  return name;
}

function readTimes(source: JsonObject, place: string): { start: number; end: number } {
  const start = source['start_timestamp'];
  const end = source['end_timestamp'];
  if (typeof start !== 'number' || start < 0) throw malformed(`start_timestamp of ${place} is not seconds since the epoch`);
  if (typeof end !== 'number' || end < 0) throw malformed(`end_timestamp of ${place} is not seconds since the epoch`);
  if (start > end) throw malformed(`${place} starts after its end (${start} > ${end})`);
  return { start, end };
}

/** Reads links of the wire form `{trace_id, span_id, sampled, attributes}`. */
function readLinks(source: unknown, place: string): SpanLink[] {
  if (source === undefined || source === null) return [];
  if (!Array.isArray(source)) throw malformed(`links of ${place} are not an array`);
  return source.map((link: unknown, index): SpanLink => {
    const which = `link ${index + 1} of ${place}`;
    if (!isJsonObject(link)) throw malformed(`${which} is not an object`);
    const { attributes } = readWireAttributes(link['attributes'], which);
    return {
      context: {
        traceId: parseHexId(link['trace_id'], 32, `trace_id of ${which}`),
        spanId: parseHexId(link['span_id'], 16, `span_id of ${which}`),
        ...(typeof link['sampled'] === 'boolean' ? { sampled: link['sampled'] } : {}),
      },
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    };
  });
}
