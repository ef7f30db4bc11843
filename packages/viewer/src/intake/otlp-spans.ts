import type { Attributes, AttributeValue, ReadSpan, SpanLink } from '../span-record.ts';
import { isJsonObject, type JsonObject, parseHexId, textOf } from './json-shape.ts';
import { malformed, Refusal } from './refusal.ts';
import { isFlatOfOneType } from './wire-attributes.ts';

/** The spans of an export request; what could not be taken is told as a partial success. */
export interface ReadOtlp {
  readonly spans: readonly ReadSpan[];
  readonly rejected: number;
  readonly reason?: string;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_ERROR = 2;
/** Bits 8 and 9 of the flags: "it is known whether the parent is remote" and "it is". */
const REMOTE_KNOWN = 0x100;
const REMOTE = 0x200;

/** Reads an export request in the shape of OTLP's JSON mapping. */
export function readOtlpRequest(request: JsonObject): ReadOtlp {
  const spans: ReadSpan[] = [];
  let rejected = 0;
  let reason: string | undefined;
  for (const resourceSpans of objectsOf(request['resourceSpans'], 'resourceSpans')) {
    const resource = isJsonObject(resourceSpans['resource']) ? readAttributes(resourceSpans['resource']['attributes']) : {};
    for (const scopeSpans of objectsOf(resourceSpans['scopeSpans'], 'scopeSpans')) {
      const shared = { ...resource, ...scopeAttributes(scopeSpans['scope']) };
      for (const source of objectsOf(scopeSpans['spans'], 'spans')) {
        try {
          spans.push(readSpan(source, shared));
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          rejected++;
          reason ??= error.message;
        }
      }
    }
  }
  return { spans, rejected, ...(reason === undefined ? {} : { reason }) };
}

function readSpan(source: JsonObject, shared: Attributes): ReadSpan {
  const name = typeof source['name'] === 'string' ? source['name'] : '';
  const place = `span "${name}"`;
  const parent = textOf(source['parentSpanId']);
  const start = seconds(source['startTimeUnixNano'], `startTimeUnixNano of ${place}`);
  const end = seconds(source['endTimeUnixNano'], `endTimeUnixNano of ${place}`);
  if (start > end) throw malformed(`${place} starts after its end`);
  const status = isJsonObject(source['status']) ? source['status'] : {};
  const kind = kindOf(source['kind']);
  const links = readLinks(source['links'], place);
  const service = shared['service.name'];
  return {
    trace_id: parseHexId(source['traceId'], 32, `traceId of ${place}`),
    span_id: parseHexId(source['spanId'], 16, `spanId of ${place}`),
    ...(parent === undefined || /^0+$/.test(parent) ? {} : { parent_span_id: parseHexId(parent, 16, `parentSpanId of ${place}`) }),
    is_segment: parent === undefined || isTopmost(source['flags'], kind),
    start_timestamp: start,
    end_timestamp: end,
    name,
    status: status['code'] === STATUS_ERROR || status['code'] === 'STATUS_CODE_ERROR' ? 'error' : 'ok',
    attributes: {
      ...shared,
      'sentry.kind': kind,
      ...eventAttributes(source['events'], start),
      ...readAttributes(source['attributes']),
      ...(textOf(status['message']) === undefined ? {} : { 'sentry.status.message': textOf(status['message']) ?? '' }),
    },
    ...(links.length > 0 ? { links } : {}),
    service: typeof service === 'string' && service !== '' ? service : 'unknown_service',
  };
}

function isTopmost(flags: unknown, kind: string): boolean {
  const bits = typeof flags === 'number' ? flags : 0;
  return (bits & REMOTE_KNOWN) === 0 ? kind === 'server' || kind === 'consumer' : (bits & REMOTE) !== 0;
}

function kindOf(kind: unknown): string {
  if (typeof kind === 'string') return kind.replace(/^SPAN_KIND_/, '').toLowerCase();
  return (typeof kind === 'number' ? KINDS[kind] : undefined) ?? 'unspecified';
}

/** SpanJSON has no events: an exception fills the attributes of its name, other events become texts in one list. */
function eventAttributes(source: unknown, start: number): Attributes {
  const exceptions: Attributes = {};
  const texts: string[] = [];
  for (const event of objectsOf(source ?? [], 'events')) {
    const attributes = readAttributes(event['attributes']);
    if (event['name'] === 'exception') Object.assign(exceptions, attributes);
    else {
      const offsetMs = (seconds(event['timeUnixNano'] ?? 0, 'timeUnixNano of an event') - start) * 1000;
      const details = Object.keys(attributes).length > 0 ? ` ${JSON.stringify(attributes)}` : '';
      texts.push(`+${offsetMs.toFixed(3)}ms ${String(event['name'])}${details}`);
    }
  }
  return texts.length > 0 ? { ...exceptions, 'otel.events': texts } : exceptions;
}

function readLinks(source: unknown, place: string): SpanLink[] {
  return objectsOf(source ?? [], 'links').map((link): SpanLink => {
    const attributes = readAttributes(link['attributes']);
    return {
      context: {
        traceId: parseHexId(link['traceId'], 32, `traceId of a link of ${place}`),
        spanId: parseHexId(link['spanId'], 16, `spanId of a link of ${place}`),
        ...(typeof link['flags'] === 'number' ? { sampled: (link['flags'] & 1) === 1 } : {}),
      },
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    };
  });
}

function scopeAttributes(scope: unknown): Attributes {
  if (!isJsonObject(scope)) return {};
  const name = textOf(scope['name']);
  const version = textOf(scope['version']);
  return {
    ...(name === undefined ? {} : { 'otel.scope.name': name }),
    ...(version === undefined ? {} : { 'otel.scope.version': version }),
  };
}

function readAttributes(source: unknown): Attributes {
  const entries: [string, AttributeValue][] = [];
  for (const pair of objectsOf(source ?? [], 'attributes')) {
    const value = readAnyValue(pair['value']);
    if (typeof pair['key'] === 'string' && value !== undefined) entries.push([pair['key'], asAttribute(value)]);
  }
  return Object.fromEntries(entries);
}

function asAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && isFlatOfOneType(value)) return value;
  return JSON.stringify(value);
}

function readAnyValue(value: unknown): unknown {
  if (!isJsonObject(value)) return undefined;
  if ('intValue' in value) {
    const number = Number(value['intValue']);
    return Number.isSafeInteger(number) ? number : String(value['intValue']);
  }
  if (isJsonObject(value['arrayValue'])) return objectsOf(value['arrayValue']['values'] ?? [], 'values').map(readAnyValue);
  if (isJsonObject(value['kvlistValue'])) return readAttributes(value['kvlistValue']['values']);
  // JSON has no NaN or infinities; the mapping writes them as texts, which is how they stay here.
  return value['stringValue'] ?? value['boolValue'] ?? value['doubleValue'] ?? value['bytesValue'];
}

function seconds(nanoseconds: unknown, what: string): number {
  if (typeof nanoseconds !== 'string' && typeof nanoseconds !== 'number') throw malformed(`${what} is missing`);
  const text = String(nanoseconds);
  if (!/^\d{1,20}$/.test(text)) throw malformed(`${what} is not a count of nanoseconds`);
  // Microseconds are what a double holds exactly for today's dates.
  return Number(BigInt(text) / 1000n) / 1e6;
}

function objectsOf(source: unknown, what: string): JsonObject[] {
  if (source === undefined || source === null) return [];
  if (!Array.isArray(source) || !source.every(isJsonObject)) throw malformed(`${what} of the OTLP request are not an array of objects`);
  return source;
}
