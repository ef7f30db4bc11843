import type { TraceContext } from '../span/trace-context.ts';
import { formatBaggage, parseBaggage } from './baggage.ts';
import { agreeWithDecision, type DynamicSamplingContext } from './dynamic-sampling-context.ts';
import { createSampleRand } from './sampling.ts';
import {
  formatSentryTrace,
  formatTraceparent,
  parseSentryTrace,
  parseTraceparent,
  parseTracestate,
  type RemoteSpan,
} from './traceparent.ts';

export type { TraceContext } from '../span/trace-context.ts';

/** `Headers`, a `Map`, or whatever else answers to a header's lower-case name. */
export interface HeadersLike {
  get(name: string): string | null | undefined;
}

/** `IncomingHttpHeaders` or a plain record; names in any case, an array for a header that came in several lines. */
export interface HeaderRecord {
  readonly [name: string]: string | readonly string[] | undefined;
}

/** What trace headers are read from. */
export type Carrier = HeadersLike | HeaderRecord;

/** Makes the random parts of a trace. */
export interface TraceIds {
  /** 32 lower-case hex digits, not all zero. */
  newTraceId(): string;
  /** Uniform in [0, 1). */
  random(): number;
}

/** What decides whether an incoming trace is continued. */
export interface IncomingOptions extends TraceIds {
  /** The organisation this process reports to, if known. */
  readonly orgId?: string | undefined;
  /** Also refuse a trace when only one of the two organisations is known. */
  readonly strictTraceContinuation?: boolean | undefined;
  /** Told why a trace that came in is not continued. */
  debug?(message: string): void;
}

/** The same ids and one decision for all headers of one outgoing request (R23, R25). */
export interface OutgoingTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: undecided. */
  readonly sampled: boolean | undefined;
  readonly dsc: DynamicSamplingContext | undefined;
  /** The trace the request belongs to, for what is passed on of others. */
  readonly trace?: Pick<TraceContext, 'foreignBaggage' | 'tracestate'> | undefined;
  /** Whether to write `traceparent` (and `tracestate`, which means nothing without it). */
  readonly propagateTraceparent: boolean;
}

/** A trace that begins here. */
export function createTraceContext(ids: TraceIds): TraceContext {
  return { traceId: ids.newTraceId(), sampleRand: createSampleRand(ids.random()) };
}

/**
 * The value of a header; an array is joined by commas, which makes a `sentry-trace` or `traceparent` that came twice
 * the invalid header it is. Only own keys of a record count. Throws what the carrier throws.
 */
export function readCarrier(carrier: Carrier, name: string): string | undefined {
  const value = isHeadersLike(carrier) ? carrier.get(name) : readRecord(carrier, name);
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(',') : undefined;
}

/**
 * The trace that a request continues: that of `sentry-trace`, else of `traceparent`; a new one when there is neither,
 * when they are unreadable or when the organisations differ (R24; wire.md, Headers). Foreign baggage is passed on in
 * any case. Never throws.
 */
export function parseIncoming(carrier: Carrier, options: IncomingOptions): TraceContext {
  const read = (name: string): string => {
    try {
      return readCarrier(carrier, name) ?? '';
    } catch {
      options.debug?.(`The carrier threw when its header ${name} was read.`);
      return '';
    }
  };
  const w3c = parseTraceparent(read('traceparent'));
  const remote = parseSentryTrace(read('sentry-trace')) ?? w3c;
  const baggage = parseBaggage(read('baggage'));
  const foreignBaggage = baggage.foreign || undefined;
  if (remote === undefined || !mayContinue(baggage.sentry, options)) return { ...createTraceContext(options), foreignBaggage };
  // It belongs to traceparent: https://www.w3.org/TR/trace-context-1/#a-traceparent-is-received
  const tracestate = w3c?.traceId === remote.traceId ? parseTracestate(read('tracestate')) : undefined;
  return {
    ...continueRemote(remote, ownDsc(remote, baggage), options),
    foreignBaggage,
    tracestate,
  };
}

/** The headers of an outgoing request; `baggage` and `tracestate` are left out when there is nothing to say. */
export function formatTraceHeaders(outgoing: OutgoingTrace): Record<string, string> {
  const { traceId, spanId, sampled, dsc, trace } = outgoing;
  const headers: Record<string, string> = { 'sentry-trace': formatSentryTrace(traceId, spanId, sampled) };
  const baggage = formatBaggage(dsc === undefined ? undefined : agreeWithDecision(dsc, sampled), trace?.foreignBaggage);
  if (baggage !== '') headers['baggage'] = baggage;
  if (outgoing.propagateTraceparent) {
    headers['traceparent'] = formatTraceparent(traceId, spanId, sampled);
    if (trace?.tracestate !== undefined) headers['tracestate'] = trace.tracestate;
  }
  return headers;
}

function isHeadersLike(carrier: Carrier): carrier is HeadersLike {
  return typeof carrier?.get === 'function';
}

function readRecord(record: HeaderRecord, name: string): string | readonly string[] | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  if (Object.hasOwn(record, name)) return record[name];
  for (const key of Object.keys(record)) {
    if (key.length === name.length && key.toLowerCase() === name) return record[key];
  }
  return undefined;
}

function mayContinue(sentry: DynamicSamplingContext, options: IncomingOptions): boolean {
  const theirs = sentry['org_id'] || undefined;
  const ours = options.orgId || undefined;
  if (theirs === ours) return true;
  if (!options.strictTraceContinuation && (theirs === undefined || ours === undefined)) return true;
  options.debug?.(`The incoming trace is of organisation ${theirs ?? 'unknown'}, not ${ours ?? 'unknown'}: a new trace begins`);
  return false;
}

// A context that names another trace than the headers do is of no use: servers refuse the envelope it would go into (wire.md, Envelope).
function ownDsc(
  remote: RemoteSpan,
  baggage: { readonly sentry: DynamicSamplingContext; readonly sentryCount: number },
): DynamicSamplingContext | undefined {
  const named = baggage.sentry['trace_id'] || remote.traceId;
  if (baggage.sentryCount > 0 && named === remote.traceId) return Object.freeze(baggage.sentry);
  return remote.sampled === undefined ? undefined : Object.freeze({ trace_id: remote.traceId, sampled: String(remote.sampled) });
}

function continueRemote(remote: RemoteSpan, dsc: DynamicSamplingContext | undefined, ids: TraceIds): TraceContext {
  const { traceId, parentSpanId, sampled } = remote;
  const sampleRate = parseDecimal(dsc?.['sample_rate']);
  const usableRate = sampleRate !== undefined && sampleRate <= 1 ? sampleRate : undefined;
  const sampleRand = parseDecimal(dsc?.['sample_rand']);
  return {
    traceId,
    parentSpanId,
    sampleRand: sampleRand !== undefined && sampleRand < 1 ? sampleRand : createSampleRand(ids.random(), sampled, usableRate),
    sampled,
    sampleRate: usableRate,
    dsc,
  };
}

// The exponent is for senders that write small rates as `1e-05`.
function parseDecimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d*\.?\d+(?:e-?\d+)?$/i.test(text) ? Number(text) : undefined;
}
