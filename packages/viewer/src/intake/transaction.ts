import type { Attributes, AttributeValue, ReadSpan, SpanLink } from '../span-record.ts';
import { isJsonObject, type JsonObject, parseHexId, parseJsonObject, textOf } from './json-shape.ts';
import type { EnvelopeItem } from './parse-envelope.ts';
import { malformed, Refusal } from './refusal.ts';
import { serviceOf } from './service-name.ts';
import { toAttributeValue } from './wire-attributes.ts';

/** Relay's limit of a transaction: 1 MiB. */
const MAX_TRANSACTION_BYTES = 1024 * 1024;

/** Turns a transaction of the static lifecycle into spans: the segment and its children. */
export function readTransaction(item: EnvelopeItem, projectId: string): ReadSpan[] {
  if (item.payload.length > MAX_TRANSACTION_BYTES) {
    throw new Refusal(413, `the transaction has ${item.payload.length} bytes; the limit is ${MAX_TRANSACTION_BYTES}`);
  }
  const event = parseJsonObject(item.payload, 'the transaction');
  const trace = memberOf(event['contexts'], 'trace');
  if (trace === undefined) throw malformed('the transaction has no trace context');
  const name = textOf(event['transaction']) ?? '<unlabeled transaction>';
  const traceId = parseHexId(trace['trace_id'], 32, 'trace_id of the transaction');
  const segmentId = parseHexId(trace['span_id'], 16, 'span_id of the transaction');
  const shared = sharedAttributes(event, segmentId, name);
  const service = serviceOf({ ...shared, ...plainAttributes(event['tags']), ...plainAttributes(trace['data']) }, projectId);
  const segment = { ...trace, start_timestamp: event['start_timestamp'], timestamp: event['timestamp'] };
  const children = event['spans'] ?? [];
  if (!Array.isArray(children)) throw malformed('spans of the transaction are not an array');
  return [
    {
      ...readEventSpan(segment, 'the transaction', traceId, { ...shared, ...segmentAttributes(event) }),
      name,
      is_segment: true,
      service,
    },
    ...children.map((child: unknown, index): ReadSpan => {
      const place = `span ${index + 1} of the transaction`;
      if (!isJsonObject(child)) throw malformed(`${place} is not an object`);
      return { ...readEventSpan(child, place, traceId, shared), service };
    }),
  ];
}

function readEventSpan(source: JsonObject, place: string, traceId: string, shared: Attributes): Omit<ReadSpan, 'service'> {
  const start = readTimestamp(source['start_timestamp'], `start_timestamp of ${place}`);
  const end = readTimestamp(source['timestamp'], `timestamp of ${place}`);
  if (start > end) throw malformed(`${place} starts after its end (${start} > ${end})`);
  const parent = textOf(source['parent_span_id']);
  const status = textOf(source['status']);
  const failed = status !== undefined && !['ok', 'unset', 'cancelled', 'unknown'].includes(status);
  const links = readLinks(source['links'], place);
  const op = textOf(source['op']);
  const origin = textOf(source['origin']);
  return {
    trace_id: traceId,
    span_id: parseHexId(source['span_id'], 16, `span_id of ${place}`),
    ...(parent === undefined ? {} : { parent_span_id: parseHexId(parent, 16, `parent_span_id of ${place}`) }),
    is_segment: false,
    start_timestamp: start,
    end_timestamp: end,
    name: textOf(source['description']) ?? op ?? '<unnamed span>',
    status: failed ? 'error' : 'ok',
    attributes: {
      ...shared,
      ...(op === undefined ? {} : { 'sentry.op': op }),
      ...(origin === undefined ? {} : { 'sentry.origin': origin }),
      ...(failed ? { 'sentry.status.message': status } : {}),
      ...plainAttributes(source['tags']),
      ...plainAttributes(source['data']),
    },
    ...(links.length > 0 ? { links } : {}),
  };
}

/** What a streamed span would carry on each span and a transaction says once. */
function sharedAttributes(event: JsonObject, segmentId: string, name: string): Attributes {
  const sdk = isJsonObject(event['sdk']) ? event['sdk'] : {};
  const user = isJsonObject(event['user']) ? event['user'] : {};
  return plainAttributes({
    'sentry.trace_lifecycle': 'static',
    'sentry.segment.id': segmentId,
    'sentry.segment.name': name,
    'sentry.release': event['release'],
    'sentry.environment': event['environment'],
    'sentry.sdk.name': sdk['name'],
    'sentry.sdk.version': sdk['version'],
    'user.id': user['id'],
    'user.email': user['email'],
    'user.name': user['username'],
    'user.ip_address': user['ip_address'],
  });
}

/** What a transaction says beside its trace context: tags, measurements, the other contexts. */
function segmentAttributes(event: JsonObject): Attributes {
  const flat: [string, unknown][] = [];
  for (const [context, content] of Object.entries(isJsonObject(event['contexts']) ? event['contexts'] : {})) {
    if (context === 'trace' || !isJsonObject(content)) continue;
    for (const [key, value] of Object.entries(content)) flat.push([`${context}.${key}`, value]);
  }
  const info = event['transaction_info'];
  const source = isJsonObject(info) ? info['source'] : undefined;
  return {
    ...plainAttributes(Object.fromEntries(flat)),
    ...plainAttributes(event['measurements']),
    ...plainAttributes(event['tags']),
    ...plainAttributes({ 'sentry.segment.name.source': source, 'server.address': event['server_name'] }),
  };
}

function plainAttributes(source: unknown): Attributes {
  const entries: [string, AttributeValue][] = [];
  for (const [key, plain] of Object.entries(isJsonObject(source) ? source : {})) {
    const value = toAttributeValue(plain);
    if (value !== undefined) entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

/** Events of older SDKs write times as ISO texts. */
function readTimestamp(value: unknown, what: string): number {
  const seconds = typeof value === 'string' ? Date.parse(value) / 1000 : value;
  if (typeof seconds !== 'number' || !(seconds >= 0)) throw malformed(`${what} is not a time`);
  return seconds;
}

function readLinks(source: unknown, place: string): SpanLink[] {
  if (!Array.isArray(source)) return [];
  return source.filter(isJsonObject).map((link): SpanLink => {
    const attributes = plainAttributes(link['attributes']);
    return {
      context: {
        traceId: parseHexId(link['trace_id'], 32, `trace_id of a link of ${place}`),
        spanId: parseHexId(link['span_id'], 16, `span_id of a link of ${place}`),
        ...(typeof link['sampled'] === 'boolean' ? { sampled: link['sampled'] } : {}),
      },
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    };
  });
}

function memberOf(source: unknown, key: string): JsonObject | undefined {
  const member = isJsonObject(source) ? source[key] : undefined;
  return isJsonObject(member) ? member : undefined;
}
