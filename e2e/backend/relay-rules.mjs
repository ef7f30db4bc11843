/** What the real ingestion server (Relay) enforces on the trace header and on each span; docs of the span protocol version 2. */

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const PUBLIC_KEY = /^[0-9a-f]{32}$/;
const STRINGS = ['sample_rate', 'sample_rand', 'sampled', 'release', 'environment', 'transaction', 'org_id'];

const IS_OF_TYPE = {
  string: (value) => typeof value === 'string' && value.isWellFormed(),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isSafeInteger(value),
  double: (value) => typeof value === 'number',
  array: (value) =>
    Array.isArray(value) && value.every((item) => item !== null && typeof item !== 'object' && typeof item === typeof value[0]),
};

/**
 * Why the trace header of an envelope would count as missing.
 * @returns {string | undefined}
 */
export function traceHeaderFault(trace) {
  if (typeof trace !== 'object' || trace === null) return 'no trace header';
  if (!TRACE_ID.test(trace.trace_id)) return `trace_id ${trace.trace_id} of the trace header`;
  if (!PUBLIC_KEY.test(trace.public_key)) return `public_key ${trace.public_key} is not 32 hexadecimal digits`;
  for (const key of STRINGS)
    if (trace[key] !== undefined && typeof trace[key] !== 'string') return `${key} of the trace header is no string`;
  return undefined;
}

/**
 * Why a span would be refused in an envelope of this trace.
 * @returns {string | undefined}
 */
export function spanFault(span, traceId) {
  const where = `span ${span.span_id} (${span.name}):`;
  if (span.trace_id !== traceId) return `${where} trace_id differs from the header's`;
  if (!SPAN_ID.test(span.span_id)) return `${where} span_id`;
  if (span.parent_span_id !== undefined && !SPAN_ID.test(span.parent_span_id)) return `${where} parent_span_id`;
  if (typeof span.name !== 'string' || typeof span.is_segment !== 'boolean') return `${where} name or is_segment`;
  if (!['ok', 'error'].includes(span.status)) return `${where} status ${span.status}`;
  if (!isTime(span.start_timestamp) || !isTime(span.end_timestamp)) return `${where} a timestamp is no time in seconds`;
  if (span.start_timestamp > span.end_timestamp) return `${where} it ends before it starts`;
  return attributesFault(span, where) ?? linksFault(span.links ?? [], where);
}

function attributesFault({ attributes }, where) {
  for (const [key, attribute] of Object.entries(attributes)) {
    const isOfType = IS_OF_TYPE[attribute?.type];
    if (isOfType === undefined || !isOfType(attribute.value)) return `${where} attribute ${key} is ${JSON.stringify(attribute)}`;
    if (attribute.unit !== undefined && typeof attribute.unit !== 'string') return `${where} the unit of ${key}`;
  }
  return undefined;
}

function linksFault(links, where) {
  const isBroken = links.some((link) => !TRACE_ID.test(link.trace_id) || !SPAN_ID.test(link.span_id));
  return isBroken ? `${where} a link's ids` : undefined;
}

function isTime(seconds) {
  return typeof seconds === 'number' && seconds > 1e9 && seconds < 1e10;
}
