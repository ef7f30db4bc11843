/** The span in another process that a request came from. */
export interface RemoteSpan {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly parentSpanId: string;
  /** The decision made there; undefined: undecided, which `traceparent` cannot express. */
  readonly sampled: boolean | undefined;
}

const SENTRY_TRACE = /^[ \t]*(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})(?:-([01]))?[ \t]*$/;
/** A later version than 00 may go on after a dash. */
const TRACEPARENT = /^[ \t]*(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]([\da-f])(-[^]*)?[ \t]*$/;
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
  while (isOws(text[start])) start++;
  while (end > start && isOws(text[end - 1])) end--;
  return text.slice(start, end);
}

function isOws(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}

/**
 * Reads a `sentry-trace` header: `<32 hex>-<16 hex>[-1|-0]`, where no flag means undecided.
 * Anything else, upper case and all-zero ids included, is undefined.
 */
export function parseSentryTrace(header: string): RemoteSpan | undefined {
  const [, traceId, parentSpanId, flag] = SENTRY_TRACE.exec(header) ?? [];
  return traceId && parentSpanId ? { traceId, parentSpanId, sampled: flag === undefined ? undefined : flag === '1' } : undefined;
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
  const [, version, traceId, parentSpanId, flags = '', more] = TRACEPARENT.exec(header) ?? [];
  if (!traceId || !parentSpanId || (version === '00' && more !== undefined)) return undefined;
  return { traceId, parentSpanId, sampled: (parseInt(flags, 16) & 1) === 1 };
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
