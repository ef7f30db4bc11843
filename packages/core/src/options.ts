import type { Sink } from './delivery/sink.ts';
import type { CreateTransport } from './delivery/transport.ts';
import type { Integration } from './integration.ts';
import type { AttributeLimits } from './span/attributes.ts';
import type { SpanJSON } from './span/span-data.ts';
import { type IgnorePattern, isTextPattern } from './trace/ignore-spans.ts';
import { type Check, type Checks, check, fail, isFunction, isInteger, isObject } from './option-checks.ts';
import { isRate, type TracesSampler } from './trace/sampling.ts';
import { type Dsn, parseDsn } from './wire/dsn.ts';

/**
 * How finished spans leave the process: one by one in batches, or as one transaction when the top-level span ends. `compare`
 * is `static` and notes what `stream` would do differently.
 */
export type TraceLifecycle = 'static' | 'stream' | 'compare';

/** When a trace's finished spans leave (R14). */
export interface BatchingOptions {
  /** Spans in one envelope. Default 1000, which is also the most; an integer from 1. */
  readonly maxSpans: number;
  /** Bytes of payload in one envelope, as UTF-8 before compression. Default 1,000,000; an integer from 1,000 to 12 MiB, the most a server takes. */
  readonly maxBytes: number;
  /** Milliseconds that a finished span waits at most. Default 5000. */
  readonly flushIntervalMs: number;
  /** Milliseconds between the end of a top-level span and the departure of what its trace has waiting. Default 500. */
  readonly flushOnSegmentEndMs: number;
}

/** How long finished spans are kept back for `filterSegment` (R20). */
export interface HoldbackOptions {
  /** Milliseconds; 0 keeps nothing back. Default 0. */
  readonly maxMs: number;
}

/** Part of a group of options; what is left out keeps its default. */
export type PartialOption<T> = { readonly [K in keyof T]?: T[K] | undefined };

/**
 * The options of `init`. An option that is `undefined` counts as left out. A value of the wrong type or out of range
 * is an error that `init` throws, naming the option and the value; it is the only thing the SDK ever throws (R34).
 */
export interface Options {
  /** Where spans are sent: `https://publicKey@host/project`. Default none, or `SENTRY_DSN`: spans work and propagate, nothing is sent. */
  readonly dsn?: string | undefined;
  /** A URL, usually of the page's own origin, that receives envelopes instead of the DSN's host. Default none. */
  readonly tunnel?: string | undefined;
  /** `false` makes everything inert. Default true. */
  readonly enabled?: boolean | undefined;
  /** Explains decisions on the console, each reason once a minute. Default false. */
  readonly debug?: boolean | undefined;
  /** The version of the application, e.g. `shop@1.4.0`, on every span. Default `SENTRY_RELEASE`, else none. */
  readonly release?: string | undefined;
  /** Where the application runs, on every span. Default `SENTRY_ENVIRONMENT`, else `production`. */
  readonly environment?: string | undefined;
  /** The machine's name, on top-level spans. Default: the host's name on Node, none in browsers. */
  readonly serverName?: string | undefined;
  /** Tells builds of one release apart. Default none. */
  readonly dist?: string | undefined;
  /** How finished spans leave the process. Default `static` (until 2.0), or `SENTRY_TRACE_LIFECYCLE`. */
  readonly traceLifecycle?: TraceLifecycle | undefined;
  /** Options under trial; one of the same name outside wins. */
  readonly _experiments?: { readonly traceLifecycle?: TraceLifecycle | undefined } | undefined;
  /** The share of traces that begin here and are recorded, 0..1. Default none, or `SENTRY_TRACES_SAMPLE_RATE`; without it and without a sampler tracing is off, propagation on. */
  readonly tracesSampleRate?: number | undefined;
  /** Decides for each top-level span; before `tracesSampleRate` and before the incoming decision. When it throws or returns rubbish these decide, with one warning. Default none. */
  readonly tracesSampler?: TracesSampler | undefined;
  /** Spans that are not recorded, decided when they start (R22). Default none. */
  readonly ignoreSpans?: readonly IgnorePattern[] | undefined;
  /** Whether to keep a local trace, asked once with its top-level span and all finished spans as they will be sent. Lifecycle `stream` with a `holdback` only. A throw keeps the trace. Default none. */
  readonly filterSegment?: ((segment: SpanJSON, spans: SpanJSON[]) => boolean) | undefined;
  /** How long `filterSegment` may wait for the end of a trace. Lifecycle `stream` only. Default `{ maxMs: 0 }`. */
  readonly holdback?: PartialOption<HoldbackOptions> | undefined;
  /** Changes name, status, attributes or links of a finished span; cannot drop it, nor change ids or times. A throw or another result leaves the span as it was. Default none. */
  readonly beforeSendSpan?: ((span: SpanJSON) => SpanJSON) | undefined;
  /** Outgoing requests that get trace headers, by URL: strings are contained, RegExps tested. Default: all on Node, the page's own origin in browsers. */
  readonly tracePropagationTargets?: readonly (string | RegExp)[] | undefined;
  /** Also writes the W3C header `traceparent`. Default true. */
  readonly propagateTraceparent?: boolean | undefined;
  /** Refuses to continue a trace when only one of the two organisations is known. Default false. */
  readonly strictTraceContinuation?: boolean | undefined;
  /** The organisation that spans belong to, digits. Default: from a DSN whose host begins `o<digits>.`. */
  readonly orgId?: string | number | undefined;
  /** Sends user ids, emails, IPs, cookies and query values. Default false. */
  readonly sendDefaultPii?: boolean | undefined;
  /** Bytes for open spans, buffers, requests under way and retries together; an integer from 1. Default 32 MiB on Node, 4 MiB in browsers. */
  readonly maxMemoryBytes?: number | undefined;
  /** When batches leave; what is left out keeps its default. */
  readonly batching?: PartialOption<BatchingOptions> | undefined;
  /** Makes what carries envelopes. Default: the platform's. */
  readonly transport?: CreateTransport | undefined;
  /** More destinations, e.g. `otlpSink({ url })`. Default none but the DSN. */
  readonly sinks?: readonly Sink[] | undefined;
  /** An array is merged into the platform's defaults by name; a function gets these and returns the exact list. */
  readonly integrations?: readonly Integration[] | ((defaults: Integration[]) => Integration[]) | undefined;
  /** Node: hands over what is buffered on `process.exit()` and uncaught exceptions, synchronously, within a second (R31). Default true. */
  readonly exitFlush?: boolean | undefined;
  /** Bounds of attributes and links (R6): integers from 0. Default 128 attributes, 8192 UTF-8 bytes a string, 1000 elements an array, 128 links. */
  readonly attributeLimits?: PartialOption<AttributeLimits> | undefined;
  /** Reports losses to the backend. Default true. */
  readonly sendClientReports?: boolean | undefined;
}

type Filled =
  | 'enabled'
  | 'debug'
  | 'environment'
  | 'ignoreSpans'
  | 'propagateTraceparent'
  | 'strictTraceContinuation'
  | 'sendDefaultPii'
  | 'maxMemoryBytes'
  | 'sinks'
  | 'exitFlush'
  | 'sendClientReports';
type Optional =
  | 'tunnel'
  | 'release'
  | 'serverName'
  | 'dist'
  | 'tracesSampleRate'
  | 'tracesSampler'
  | 'filterSegment'
  | 'beforeSendSpan'
  | 'tracePropagationTargets'
  | 'transport'
  | 'integrations';

/** The options as the SDK uses them: checked, with every default filled in; what has none is there as `undefined`. */
export type ResolvedOptions = { readonly [K in Filled]: NonNullable<Options[K]> } & { readonly [K in Optional]: Options[K] } & {
  readonly dsn: Dsn | undefined;
  /** The option, else from the DSN. */
  readonly orgId: string | undefined;
  readonly traceLifecycle: TraceLifecycle;
  /** Options of other SDKs that were given and do nothing. */
  readonly retired: readonly string[];
  readonly holdback: HoldbackOptions;
  readonly batching: BatchingOptions;
  readonly attributeLimits: AttributeLimits;
};

/** What differs between platforms. */
export interface OptionDefaults {
  readonly maxMemoryBytes: number;
  /** Options of other SDKs, with what there is instead. */
  readonly retired?: Readonly<Record<string, string>> | undefined;
}

const DEFAULT_BATCHING: BatchingOptions = { maxSpans: 1000, maxBytes: 1_000_000, flushIntervalMs: 5000, flushOnSegmentEndMs: 500 };
const DEFAULT_HOLDBACK: HoldbackOptions = { maxMs: 0 };
const DEFAULT_LIMITS: AttributeLimits = { maxAttributes: 128, maxStringBytes: 8192, maxArrayLength: 1000, maxLinks: 128 };

/** A server refuses more in one span container (wire.md, Envelope). */
const MAX_CONTAINER_BYTES = 12 * 1024 * 1024;
/** Timers run at once when asked to wait longer: https://developer.mozilla.org/docs/Web/API/Window/setTimeout#maximum_delay_value */
const MAX_TIMER_MS = 2 ** 31 - 1;

const MILLISECONDS: Check = ['milliseconds from 0', (value) => typeof value === 'number' && value >= 0 && value <= MAX_TIMER_MS];
const COUNT: Check = ['an integer from 0', (value) => isInteger(value, 0)];
const LIFECYCLE: Check = ["'static', 'stream' or 'compare'", (value) => value === 'static' || value === 'stream' || value === 'compare'];

const CHECKS: Checks<Options> = {
  dsn: [
    'a DSN like https://publicKey@host/project',
    (value) => typeof value === 'string' && (value === '' || parseDsn(value) !== undefined),
  ],
  tunnel: ['a URL', (value) => typeof value === 'string' && value !== ''],
  enabled: 'boolean',
  debug: 'boolean',
  release: 'string',
  environment: 'string',
  serverName: 'string',
  dist: 'string',
  traceLifecycle: LIFECYCLE,
  _experiments: 'object',
  tracesSampleRate: ['a number from 0 to 1', isRate],
  tracesSampler: 'function',
  ignoreSpans: [
    'an array of strings, RegExps and objects',
    (value) => Array.isArray(value) && value.every((pattern) => isTextPattern(pattern) || isNameAndAttributes(pattern)),
  ],
  filterSegment: 'function',
  holdback: 'object',
  beforeSendSpan: 'function',
  tracePropagationTargets: ['an array of strings and RegExps', (value) => Array.isArray(value) && value.every(isTextPattern)],
  propagateTraceparent: 'boolean',
  strictTraceContinuation: 'boolean',
  orgId: ['digits', (value) => /^(string|number)$/.test(typeof value) && /^\d+$/.test(String(value))],
  sendDefaultPii: 'boolean',
  maxMemoryBytes: ['an integer from 1', (value) => isInteger(value, 1)],
  batching: 'object',
  transport: 'function',
  sinks: ['an array of sinks', (value) => Array.isArray(value) && value.every((sink) => isObject(sink) && isFunction(sink['send']))],
  integrations: [
    'an array of integrations or a function',
    (value) => isFunction(value) || (Array.isArray(value) && value.every((item) => isObject(item) && isFunction(item['setup']))),
  ],
  exitFlush: 'boolean',
  attributeLimits: 'object',
  sendClientReports: 'boolean',
};

const BATCHING_CHECKS: Checks<BatchingOptions> = {
  maxSpans: ['an integer from 1 to 1000', (value) => isInteger(value, 1, 1000)],
  maxBytes: ['an integer from 1000 to 12582912', (value) => isInteger(value, 1000, MAX_CONTAINER_BYTES)],
  flushIntervalMs: MILLISECONDS,
  flushOnSegmentEndMs: MILLISECONDS,
};
const HOLDBACK_CHECKS: Checks<HoldbackOptions> = { maxMs: MILLISECONDS };
const LIMIT_CHECKS: Checks<AttributeLimits> = { maxAttributes: COUNT, maxStringBytes: COUNT, maxArrayLength: COUNT, maxLinks: COUNT };

/**
 * Checks the options of `init` and fills in what they leave out, from the environment first.
 * @param env options already read and checked by `readEnvironment`
 * @throws Error naming the option and the value, for a value that is wrong (R34); a key that is no option is a warning
 */
export function resolveOptions(
  user: Options,
  env: Partial<Options>,
  defaults: OptionDefaults,
  warn: (message: string) => void,
): ResolvedOptions {
  const { retired = {} } = defaults;
  const foreign = Object.keys(user).filter((key) => Object.hasOwn(retired, key));
  for (const key of foreign) warn(`Unknown option ${key} is ignored; ${retired[key]}.`);
  const known = Object.fromEntries(Object.entries(user).filter(([key]) => !foreign.includes(key)));
  const { _experiments = {}, ...given } = { ...env, ...check('', known as Options, CHECKS, warn) } as Options;
  const experiments = check('_experiments.', _experiments, { traceLifecycle: LIFECYCLE }, warn);
  // What a program says counts more than its environment, under trial or not.
  const traceLifecycle = user.traceLifecycle ?? experiments.traceLifecycle ?? env.traceLifecycle ?? 'static';
  const dsn = given.dsn ? parseDsn(given.dsn) : undefined;
  const resolved = {
    enabled: true,
    debug: false,
    ignoreSpans: [],
    propagateTraceparent: true,
    strictTraceContinuation: false,
    sendDefaultPii: false,
    sinks: [],
    exitFlush: true,
    sendClientReports: true,
    maxMemoryBytes: defaults.maxMemoryBytes,
    ...given,
    dsn,
    release: given.release || undefined,
    environment: given.environment || 'production',
    serverName: given.serverName || undefined,
    dist: given.dist || undefined,
    traceLifecycle,
    retired: foreign,
    holdback: { ...DEFAULT_HOLDBACK, ...check('holdback.', given.holdback ?? {}, HOLDBACK_CHECKS, warn) },
    batching: { ...DEFAULT_BATCHING, ...check('batching.', given.batching ?? {}, BATCHING_CHECKS, warn) },
    orgId: given.orgId === undefined ? dsn?.orgId : String(given.orgId),
    attributeLimits: { ...DEFAULT_LIMITS, ...check('attributeLimits.', given.attributeLimits ?? {}, LIMIT_CHECKS, warn) },
  } as ResolvedOptions;
  checkTogether(resolved, given.batching, warn);
  return resolved;
}

// A filter that could never have an effect is a mistake to be told of at once.
function checkTogether(
  { traceLifecycle, filterSegment, holdback }: ResolvedOptions,
  batching: Options['batching'],
  warn: (message: string) => void,
): void {
  if (traceLifecycle === 'static') {
    if (filterSegment !== undefined || holdback.maxMs > 0 || batching !== undefined)
      warn("The options filterSegment, holdback and batching have no meaning with traceLifecycle 'static'; use 'stream'.");
  } else if (filterSegment !== undefined && holdback.maxMs === 0) {
    fail('filterSegment', 'used with a holdback.maxMs above 0', filterSegment);
  }
}

function isNameAndAttributes(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, attributes } = value;
  return (
    (name !== undefined || attributes !== undefined) &&
    (name === undefined || isTextPattern(name)) &&
    (attributes === undefined || isObject(attributes))
  );
}
