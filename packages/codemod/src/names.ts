/** What the code was written for. */
export type Vendor = 'spanstream' | 'sentry';

/**
 * Which package takes the place of the one that is imported; undefined: none of those that are moved. Without a target it is the one
 * that the application has.
 */
export function packageFor(source: string): { readonly vendor: Vendor; readonly target: string | undefined } | undefined {
  if (/^@spanstream\/(?:node|core|browser(?:\/(?:stream|bare))?)$/.test(source)) return { vendor: 'spanstream', target: source };
  const theirs = /^@sentry\/(.+)$/.exec(source)?.[1];
  if (theirs === undefined) return undefined;
  if (PAGES.has(theirs)) return { vendor: 'sentry', target: '@spanstream/browser' };
  if (SERVERS.has(theirs)) return { vendor: 'sentry', target: '@spanstream/node' };
  return ANYWHERE.has(theirs) ? { vendor: 'sentry', target: undefined } : undefined;
}

const ANYWHERE = new Set(['core', 'types']);
const PAGES = new Set(['browser', 'react', 'vue', 'svelte', 'angular', 'solid']);
const SERVERS = new Set(['node', 'node-core', 'nestjs', 'bun']);

/** Calls that start or look at spans, by what the field's SDKs call them. */
export const SPAN_CALLS: Readonly<Record<Vendor, ReadonlySet<string>>> = {
  spanstream: new Set(['startTransaction', 'startSpan']),
  sentry: new Set([
    'startTransaction',
    'startSpan',
    'startSpanManual',
    'startInactiveSpan',
    'withActiveSpan',
    'getActiveSpan',
    'continueTrace',
    'startNewTrace',
    'suppressTracing',
    'getTraceMetaTags',
  ]),
};

/** Calls of the other SDK that take or give its own spans, and what is done instead. */
export const WITHOUT_SUCCESSOR: Readonly<Record<string, string>> = {
  getRootSpan: 'keep the top-level span in a variable',
  spanToJSON: 'read name, status and getAttributes() of the span',
  spanToTraceHeader: "take 'sentry-trace' of tracing.getTraceHeaders(span)",
  spanToBaggageHeader: 'take baggage of tracing.getTraceHeaders(span)',
  spanToTraceContext: 'read spanContext() of the span',
  getTraceData: 'use tracing.getTraceHeaders()',
  getSpanDescendants: 'spans know no children',
  setHttpStatus: "call span.setAttribute('http.response.status_code', …), and span.setStatus('error') where the code means one",
  setMeasurement: 'call setAttribute(name, { value, unit }) on the top-level span',
  updateSpanName: 'call span.setName(…)',
  getCurrentHub: 'use tracing.getActiveSpan() and tracing.startSpan(…)',
};

/** Types of the old API, and what is used instead. */
export const OLD_TYPES: Readonly<Record<string, string>> = {
  TransactionOptions: 'StartSpanOptions',
  LegacyChildOptions: 'StartSpanOptions',
  LegacyStartSpanOptions: 'StartSpanOptions',
  StatusWord: "SpanStatus, which is 'ok' or 'error'",
};

/** The types of spans, by what the field's SDKs call them. */
export const SPAN_TYPES: Readonly<Record<Vendor, ReadonlySet<string>>> = {
  spanstream: new Set(['LegacySpan']),
  sentry: new Set(['Span', 'Transaction']),
};

/** Written out here, as code must be moved when the old API is no longer part of core. The status words of transactions beside `ok` and `error`: https://develop.sentry.dev/sdk/telemetry/traces/span-status/ */
export const STATUS_WORDS = new Set([
  'cancelled',
  'unknown',
  'unknown_error',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal_error',
  'unavailable',
  'data_loss',
  'unauthenticated',
]);

/** Names that spans are given where nothing else tells what a parameter is. */
export const SPAN_NAME = /^span$|Span$/;
/** Names that spans are given as well as other things. */
export const PERHAPS_SPAN_NAME = /^(?:transaction|tx|txn|parent|child|root)$|Transaction$/;
