/** What the code was written for. */
export type Vendor = 'spanstream' | 'sentry';

/** Which package takes the place of the one that is imported; undefined: none of those that are moved. */
export function packageFor(source: string): { readonly vendor: Vendor; readonly target: string } | undefined {
  const own = /^@spanstream\/(node|browser|core)(?:\/.*)?$/.exec(source);
  if (own !== null) return { vendor: 'spanstream', target: source };
  const theirs = /^@sentry\/(.+)$/.exec(source)?.[1];
  if (theirs === undefined) return undefined;
  if (PAGES.has(theirs)) return { vendor: 'sentry', target: '@spanstream/browser' };
  return SERVERS.has(theirs) ? { vendor: 'sentry', target: '@spanstream/node' } : undefined;
}

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
  ]),
};

/** The status words of transactions beside `ok` and `error`: https://develop.sentry.dev/sdk/telemetry/traces/span-status/ */
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
export const SPAN_NAME = /^(?:span|transaction|tx|txn|parent|child|root)$|(?:Span|Transaction)$/;
