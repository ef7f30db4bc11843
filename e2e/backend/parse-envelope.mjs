import { spanFault, traceHeaderFault } from './relay-rules.mjs';

const SPAN_CONTENT_TYPE = 'application/vnd.sentry.items.span.v2+json';
const MAX_CONTAINER_BYTES = 12 * 1024 * 1024;
const MAX_SPANS = 1000;
const NEWLINE = 10;

/**
 * Reads an envelope as the real server would; what that refuses is an error here.
 * @param {Buffer} body
 * @returns {{ header: any, spans: any[], reports: any[] }}
 * @throws {Error} naming the rule that is broken
 */
export function parseEnvelope(body) {
  const { header, items } = splitEnvelope(body);
  const containers = items.filter((item) => item.header.type === 'span');
  const reports = items.filter((item) => item.header.type === 'client_report').map((item) => readJson(item.payload, 'client report'));
  refuseIf(containers.length > 1, `${containers.length} span containers in one envelope`);
  for (const { header: item } of items) refuseIf(!['span', 'client_report'].includes(item.type), `an item of type ${item.type}`);
  refuseIf(typeof header.sdk?.name !== 'string' || typeof header.sdk?.version !== 'string', 'no sdk in the header');
  const spans = containers.length === 0 ? [] : readContainer(header, containers[0]);
  if (spans.length > 0) refuseIf(Number.isNaN(Date.parse(header.sent_at)), 'sent_at is no date');
  return { header, spans, reports };
}

/**
 * How many spans an envelope says it has, without reading them.
 * @param {Buffer} body
 * @returns {number}
 */
export function countSpans(body) {
  const start = body.indexOf(NEWLINE) + 1;
  const item = readJson(body.subarray(start, body.indexOf(NEWLINE, start)), 'item header');
  return item.type === 'span' ? item.item_count : 0;
}

function splitEnvelope(body) {
  let position = 0;
  const takeLine = () => {
    const end = body.indexOf(NEWLINE, position);
    const line = body.subarray(position, end < 0 ? body.length : end);
    position = end < 0 ? body.length : end + 1;
    return line;
  };
  const header = readJson(takeLine(), 'envelope header');
  const items = [];
  while (position < body.length) {
    const item = readJson(takeLine(), 'item header');
    if (item.length === undefined) {
      items.push({ header: item, payload: takeLine() });
    } else {
      items.push({ header: item, payload: body.subarray(position, position + item.length) });
      position += item.length + 1;
    }
  }
  refuseIf(items.length === 0, 'an envelope without items');
  return { header, items };
}

function readContainer(header, { header: item, payload }) {
  refuseIf(item.content_type !== SPAN_CONTENT_TYPE, `content type ${item.content_type} of the span container`);
  refuseIf(payload.length > MAX_CONTAINER_BYTES, `a container of ${payload.length} bytes`);
  const { version, items } = readJson(payload, 'span container');
  refuseIf(version !== 2, `version ${version} of the span container`);
  refuseIf(!Array.isArray(items) || items.length === 0 || items.length > MAX_SPANS, 'a container of no or too many spans');
  refuseIf(item.item_count !== items.length, `item_count ${item.item_count} for ${items.length} spans`);
  refuseWith(traceHeaderFault(header.trace));
  const ids = new Set();
  for (const span of items) {
    refuseWith(spanFault(span, header.trace.trace_id));
    refuseIf(ids.has(span.span_id), `span ${span.span_id} twice in one container`);
    ids.add(span.span_id);
  }
  return items;
}

function readJson(bytes, what) {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`the ${what} is no JSON: ${text.slice(0, 80)}`);
  }
}

function refuseIf(isBroken, reason) {
  if (isBroken) throw new Error(reason);
}

function refuseWith(fault) {
  if (fault !== undefined) throw new Error(fault);
}
