import { checkOptions, type Checks } from '@spanstream/core';
import { authorization, fromBase, isHeader, type OtlpProtocol, parseUrl, withoutCredentials, withPath } from './endpoint.ts';
import type { PlainValue } from './final-span.ts';
import { type Environment, readOtlpEnvironment } from './environment.ts';

/** Options of `otlpSink`. What they leave out comes from the `OTEL_EXPORTER_OTLP_*` variables. */
export interface OtlpSinkOptions {
  /** Where traces go, as it stands; one without a path gets `/v1/traces`. Default `http://localhost:4318/v1/traces`. */
  readonly url?: string;
  /** Sent with each request, e.g. an API key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `'protobuf'`. */
  readonly protocol?: OtlpProtocol;
  /** Default `'none'`, as the specification has it. */
  readonly compression?: 'gzip' | 'none';
  /** How long an attempt may go without an answer; default 10,000. */
  readonly timeoutMs?: number;
  /** Attributes of the resource, e.g. `service.name`; they go before what is known otherwise. */
  readonly resource?: Readonly<Record<string, PlainValue>>;
  /** Bytes of a request, before compression, at which it leaves; default 262,144, in pages 30,000. */
  readonly maxBatchBytes?: number;
  /** Spans of a request at which it leaves; default 2,000. */
  readonly maxBatchSpans?: number;
  /** How long a span waits for others at most; default 1,000. */
  readonly flushIntervalMs?: number;
  /** Requests without an answer at a time; default 4. */
  readonly maxConcurrency?: number;
}

/** The options with everything filled in. */
export interface ResolvedOtlpOptions extends Required<OtlpSinkOptions> {
  /** What was wrong in variables, or is no option. */
  readonly warnings: readonly string[];
}

const DEFAULT_URL = 'http://localhost:4318/v1/traces';
const MAX_TIMER_MS = 2 ** 31 - 1;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
const isDuration = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS;
/** `Headers` and maps have no members of their own, so what is in them would be lost. */
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(Symbol.iterator in value);
const isPlain = (value: unknown): boolean => Number.isFinite(value) || typeof value === 'string' || typeof value === 'boolean';
const isAttribute = (value: unknown): boolean =>
  isPlain(value) || (Array.isArray(value) && value.every((element) => isPlain(element) && typeof element === typeof value[0]));

const CHECKS: Checks<OtlpSinkOptions> = {
  url: ['an absolute http or https URL', (value) => typeof value === 'string' && parseUrl(value) !== undefined],
  headers: [
    'an object of header names and texts',
    (value) => isRecord(value) && Object.entries(value).every(([name, text]) => isHeader(name, text)),
  ],
  protocol: ["'json' or 'protobuf'", (value) => value === 'json' || value === 'protobuf'],
  compression: ["'gzip' or 'none'", (value) => value === 'gzip' || value === 'none'],
  timeoutMs: ['milliseconds from 1', isDuration],
  resource: ['an object of attributes', (value) => isRecord(value) && Object.values(value).every(isAttribute)],
  maxBatchBytes: ['an integer from 1', isCount],
  maxBatchSpans: ['an integer from 1', isCount],
  flushIntervalMs: ['milliseconds from 1', isDuration],
  maxConcurrency: ['an integer from 1', isCount],
};

/** What the runtime gives. */
export interface OptionSources {
  readonly env: Environment;
  /** Pages bound what may be under way when they are left. */
  readonly isPage: boolean;
}

/**
 * Checks the options and fills in what they leave out: options, then variables for traces, then general ones, then defaults.
 * @throws Error naming the option and the value, for a value that is wrong
 */
export function resolveOtlpOptions(user: OtlpSinkOptions, { env, isPage }: OptionSources): ResolvedOtlpOptions {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const given = checkOptions('otlpSink.', user, CHECKS, warn);
  const fromEnv = readOtlpEnvironment(env, warn);
  const { url = fromEnv.url ?? fromBase(fromEnv.baseUrl) ?? DEFAULT_URL } = given.url === undefined ? {} : { url: withPath(given.url) };
  return {
    protocol: 'protobuf',
    compression: 'none',
    timeoutMs: 10_000,
    maxBatchBytes: isPage ? 30_000 : 262_144,
    maxBatchSpans: 2000,
    flushIntervalMs: 1000,
    maxConcurrency: 4,
    ...withoutUndefined(fromEnv),
    ...given,
    headers: mergeHeaders([authorization(url), fromEnv.headers, given.headers ?? {}]),
    resource: { ...fromEnv.resource, ...given.resource },
    url: withoutCredentials(url),
    warnings,
  };
}

/** Names differ by more than their case; the last one of a name goes. */
function mergeHeaders(sources: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const entries = sources.flatMap((headers) => Object.entries(headers));
  return Object.fromEntries(new Map(entries.map((entry) => [entry[0].toLowerCase(), entry])).values());
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
