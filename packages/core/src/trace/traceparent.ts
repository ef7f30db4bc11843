/** The span in another process that a request came from. */
export interface RemoteSpan {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly parentSpanId: string;
  /** The decision made there; undefined: undecided, which `traceparent` cannot express. */
  readonly sampled: boolean | undefined;
}

const DASH = 45;
const ZERO = 48;
const ONE = 49;
const SENTRY_TRACE_LENGTH = 49;
const TRACEPARENT_LENGTH = 55;
const MAX_TRACESTATE_MEMBERS = 32;

/**
 * One member of a `tracestate`. The keys are those of level 1, which the working group's test harness insists on:
 * a simple key begins with a letter, and `tenant@vendor` has its own limits.
 * https://www.w3.org/TR/trace-context-1/#tracestate-header-field-values
 */
const TRACESTATE_MEMBER =
  /^([a-z][_0-9a-z\-*/]{0,255}|[0-9a-z][_0-9a-z\-*/]{0,240}@[a-z][_0-9a-z\-*/]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/** The text without the spaces and tabs around it: the optional white space of HTTP field values, not what `trim` takes for blank. */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isOws(code: number): boolean {
  return code === 32 || code === 9;
}

function isLowerHex(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    // NaN past the end of the text fails both comparisons.
    if (!((code >= ZERO && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

function isId(text: string, start: number, end: number): boolean {
  let i = start;
  while (i < end && text.charCodeAt(i) === ZERO) i++;
  return i < end && isLowerHex(text, i, end);
}

/**
 * Reads a `sentry-trace` header: `<32 hex>-<16 hex>[-1|-0]`, where no flag means undecided.
 * Anything else, upper case and all-zero ids included, is undefined.
 */
export function parseSentryTrace(header: string): RemoteSpan | undefined {
  const text = trimOws(header);
  const decided = text.length === SENTRY_TRACE_LENGTH + 2;
  if (!decided && text.length !== SENTRY_TRACE_LENGTH) return undefined;
  if (!isId(text, 0, 32) || text.charCodeAt(32) !== DASH || !isId(text, 33, SENTRY_TRACE_LENGTH)) return undefined;
  const flag = decided ? text.charCodeAt(50) : undefined;
  if (decided && (text.charCodeAt(49) !== DASH || (flag !== ZERO && flag !== ONE))) return undefined;
  return {
    traceId: text.slice(0, 32),
    parentSpanId: text.slice(33, SENTRY_TRACE_LENGTH),
    sampled: decided ? flag === ONE : undefined,
  };
}

/** Writes a `sentry-trace` header; an undefined decision leaves the flag out. */
export function formatSentryTrace(traceId: string, spanId: string, sampled: boolean | undefined): string {
  const ids = `${traceId}-${spanId}`;
  return sampled === undefined ? ids : `${ids}-${sampled ? 1 : 0}`;
}

/**
 * Reads a W3C `traceparent`: version 00 has exactly 55 characters, version ff does not exist, a later version may go
 * on after a dash. Anything else is undefined. A flag of 00 is a negative decision (R24).
 * https://www.w3.org/TR/trace-context-2/#traceparent-header
 */
export function parseTraceparent(header: string): RemoteSpan | undefined {
  const text = trimOws(header);
  if (text.length < TRACEPARENT_LENGTH || !isLowerHex(text, 0, 2) || text.startsWith('ff')) return undefined;
  if (text.length > TRACEPARENT_LENGTH && (text.startsWith('00') || text.charCodeAt(TRACEPARENT_LENGTH) !== DASH)) return undefined;
  if (text.charCodeAt(2) !== DASH || text.charCodeAt(35) !== DASH || text.charCodeAt(52) !== DASH) return undefined;
  if (!isId(text, 3, 35) || !isId(text, 36, 52) || !isLowerHex(text, 53, TRACEPARENT_LENGTH)) return undefined;
  const flags = Number.parseInt(text.slice(53, TRACEPARENT_LENGTH), 16);
  return {
    traceId: text.slice(3, 35),
    parentSpanId: text.slice(36, 52),
    sampled: (flags & 1) === 1,
  };
}

/**
 * Writes a W3C `traceparent` of version 00. It has no way to say undecided: that goes out as 00, and `sentry-trace`,
 * which those who know it read first, tells the difference.
 */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean | undefined): string {
  return `00-${traceId}-${spanId}-${sampled === true ? '01' : '00'}`;
}

/**
 * A `tracestate` as it may be passed on: the text itself when each member is valid, keys are unique and there are 1 to
 * 32 members; else undefined, since a list that is wrong in one place is to be discarded as a whole. Several header
 * lines are given joined by commas.
 */
export function parseTracestate(header: string): string | undefined {
  const keys = new Set<string>();
  for (const part of header.split(',')) {
    const member = trimOws(part);
    if (member === '') continue;
    const key = TRACESTATE_MEMBER.exec(member)?.[1];
    if (key === undefined || keys.has(key) || keys.size === MAX_TRACESTATE_MEMBERS) return undefined;
    keys.add(key);
  }
  return keys.size === 0 ? undefined : trimOws(header);
}
