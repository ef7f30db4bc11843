/**
 * What the backend needs to know about a trace before it has seen it: the `trace` header of envelopes and, prefixed
 * `sentry-`, members of `baggage` (wire.md, DSC). Every value is text.
 */
export type DynamicSamplingContext = Readonly<Record<string, string>>;

/** What a trace that begins here says about itself; what is undefined or empty is left out. */
export interface DscFacts {
  readonly traceId: string;
  readonly publicKey?: string | undefined;
  readonly release?: string | undefined;
  readonly environment?: string | undefined;
  readonly orgId?: string | undefined;
  /** 0..1. */
  readonly sampleRate?: number | undefined;
  /** [0, 1). */
  readonly sampleRand?: number | undefined;
  readonly sampled?: boolean | undefined;
  /** The name of the top-level span; to be left undefined while its source is a raw URL (R26). */
  readonly transaction?: string | undefined;
}

/** A new context, frozen, its keys in the order of wire.md. */
export function createDsc(facts: DscFacts): DynamicSamplingContext {
  const dsc: Record<string, string> = {};
  const add = (key: string, value: string | undefined): void => {
    if (value) dsc[key] = value;
  };
  add('trace_id', facts.traceId);
  add('public_key', facts.publicKey);
  if (facts.sampleRate !== undefined) dsc['sample_rate'] = formatRate(facts.sampleRate);
  if (facts.sampleRand !== undefined) dsc['sample_rand'] = formatSampleRand(facts.sampleRand);
  if (facts.sampled !== undefined) dsc['sampled'] = String(facts.sampled);
  add('release', facts.release);
  add('environment', facts.environment);
  add('transaction', facts.transaction);
  add('org_id', facts.orgId);
  return Object.freeze(dsc);
}

/** What came from upstream, unknown keys too; a rate that was decided here replaces upstream's in a copy, all else stays (R26). */
export function continueDsc(
  upstream: DynamicSamplingContext,
  decided: { readonly sampleRate?: number | undefined },
): DynamicSamplingContext {
  return decided.sampleRate === undefined ? upstream : withEntry(upstream, 'sample_rate', formatRate(decided.sampleRate));
}

/** The context with that decision: a copy if it says otherwise, itself if it agrees or says nothing. Headers and baggage never contradict each other (R23). */
export function agreeWithDecision(dsc: DynamicSamplingContext, sampled: boolean | undefined): DynamicSamplingContext {
  return sampled === undefined || dsc['sampled'] === undefined ? dsc : withEntry(dsc, 'sampled', String(sampled));
}

/** The `trace` header of an envelope: the context, with the trace id and the public key added in front where upstream sent none. */
export function traceHeader(
  dsc: DynamicSamplingContext | undefined,
  own: { readonly traceId: string; readonly publicKey: string },
): DynamicSamplingContext {
  if (dsc?.['trace_id'] && dsc['public_key']) return dsc;
  const header = copyOf({ trace_id: dsc?.['trace_id'] || own.traceId, public_key: dsc?.['public_key'] || own.publicKey });
  for (const key in dsc) header[key] ||= dsc[key] as string;
  return Object.freeze(header);
}

/** The context as members of a `baggage` header, each key prefixed `sentry-` and each value percent-encoded; unlimited in length (`formatBaggage` limits it). */
export function serializeDsc(dsc: DynamicSamplingContext): string[] {
  const members: string[] = [];
  for (const key of Object.keys(dsc)) members.push(`sentry-${encode(key)}=${encode(dsc[key] as string)}`);
  return members;
}

/** A rate as plain decimal text that reads back as the same number; `1e-7` is something not every server can read. */
export function formatRate(rate: number): string {
  const text = String(rate);
  const exponentAt = text.indexOf('e-');
  if (exponentAt < 0) return text;
  return `0.${'0'.repeat(Number(text.slice(exponentAt + 2)) - 1)}${text.slice(0, exponentAt).replace('.', '')}`;
}

/** A sample random as six decimal digits, never 1. */
export function formatSampleRand(rand: number): string {
  return Math.min(rand, 0.999999).toFixed(6);
}

function withEntry(dsc: DynamicSamplingContext, key: string, value: string): DynamicSamplingContext {
  if (dsc[key] === value) return dsc;
  const copy = copyOf(dsc);
  copy[key] = value;
  return Object.freeze(copy);
}

// Without a prototype, so that an upstream key named `__proto__` is a key like any other (R34).
function copyOf(dsc: DynamicSamplingContext): Record<string, string> {
  return Object.assign(Object.create(null) as Record<string, string>, dsc);
}

/** Most keys and values need no encoding; finding that out takes a quarter of the time that encoding them does. */
const NEEDS_ENCODING = /[^\w.~-]/;

// encodeURIComponent throws on lone surrogates, which is what this property matches in unicode mode.
function encode(text: string): string {
  return NEEDS_ENCODING.test(text) ? encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')) : text;
}
