import type { Attributes } from '../span/attributes.ts';
import type { TraceContext } from '../span/trace-context.ts';

/** What `tracesSampler` knows when it decides about a top-level span. */
export interface SamplingContext {
  readonly name: string;
  readonly attributes: Readonly<Attributes>;
  /** The decision made upstream; undefined: undecided, or the trace begins here. */
  readonly parentSampled: boolean | undefined;
  /** The rate upstream decided with, 0..1, if it said so. */
  readonly parentSampleRate: number | undefined;
  /** The rate that repeats upstream's decision, else `fallback`: what to return when the trace is not to be torn. */
  inheritOrSampleWith(fallback: number): number;
}

/** Decides about a top-level span: a rate of 0..1, or true or false. */
export type TracesSampler = (context: SamplingContext) => number | boolean;

/** The two options that decide; without either, tracing is off. */
export interface SamplingOptions {
  readonly tracesSampler?: TracesSampler | undefined;
  /** 0..1. */
  readonly tracesSampleRate?: number | undefined;
}

/** A top-level span about to start. */
export interface SamplingRequest {
  readonly name: string;
  readonly attributes: Readonly<Attributes>;
  readonly trace: Pick<TraceContext, 'sampled' | 'sampleRate' | 'sampleRand'>;
  readonly options: SamplingOptions;
  /** Told once per sampler when it throws or returns something else than a rate or a boolean. */
  warn(message: string): void;
}

/** The outcome, which children inherit. */
export interface SamplingDecision {
  readonly sampled: boolean;
  /** The rate it was decided with; undefined when it was upstream's decision. */
  readonly sampleRate: number | undefined;
}

const RAND_STEPS = 1_000_000;

// Weak, so that samplers of closed clients do not stay.
const warnedSamplers = new WeakSet<TracesSampler>();

/** Whether spans are decided about at all; if not, the trace is still propagated (R27). */
export function isTracingEnabled(options: SamplingOptions): boolean {
  return options.tracesSampler !== undefined || options.tracesSampleRate !== undefined;
}

/** Decides about a top-level span: `tracesSampler`, else the incoming decision, else `tracesSampleRate` (R21). Never throws. */
export function decideSampling(request: SamplingRequest): SamplingDecision {
  const { trace, options } = request;
  const sampleRate = askSampler(request);
  if (sampleRate === undefined && trace.sampled !== undefined) return { sampled: trace.sampled, sampleRate: undefined };
  const rate = sampleRate ?? options.tracesSampleRate;
  return { sampled: rate !== undefined && trace.sampleRand < rate, sampleRate: rate };
}

/**
 * A six-digit random in [0, 1) that agrees with a decision made without it: below the rate if that was positive, else
 * at or above it. Where nothing agrees (sampled at a rate of 0, unsampled at 1), the nearest (R21).
 * @param random uniform in [0, 1)
 */
export function createSampleRand(random: number, sampled?: boolean, rate?: number): number {
  if (sampled === undefined || rate === undefined) return Math.floor(random * RAND_STEPS) / RAND_STEPS;
  // The first step that is not below the rate. Multiplying rounds, so the neighbours are looked at.
  let limit = Math.ceil(rate * RAND_STEPS);
  while (limit > 0 && (limit - 1) / RAND_STEPS >= rate) limit--;
  while (limit / RAND_STEPS < rate) limit++;
  const [from, count] = sampled ? [0, limit] : [limit, RAND_STEPS - limit];
  return Math.min(from + Math.floor(random * count), RAND_STEPS - 1) / RAND_STEPS;
}

/** Whether the value is a rate: a number from 0 to 1. */
export function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function askSampler(request: SamplingRequest): number | undefined {
  const { name, attributes, trace, options } = request;
  const sampler = options.tracesSampler;
  if (sampler === undefined) return undefined;
  let problem: string;
  try {
    const answer: unknown = sampler({
      name,
      attributes,
      parentSampled: trace.sampled,
      parentSampleRate: trace.sampleRate,
      inheritOrSampleWith: (fallback) => inheritedRate(trace) ?? fallback,
    });
    if (typeof answer === 'boolean') return answer ? 1 : 0;
    if (isRate(answer)) return answer;
    // An `async` sampler must not end the process with a rejection on top.
    if (answer instanceof Promise) answer.catch(() => undefined);
    problem = `returned ${typeof answer === 'number' ? answer : `a value of type ${typeof answer}`}`;
  } catch {
    problem = 'threw';
  }
  if (!warnedSamplers.has(sampler)) {
    warnedSamplers.add(sampler);
    request.warn(`tracesSampler ${problem}; it must return a boolean or a number from 0 to 1, so it does not decide.`);
  }
  return undefined;
}

// Upstream's rate keeps extrapolated counts right, but only while it leads to upstream's decision.
function inheritedRate({ sampled, sampleRate, sampleRand }: SamplingRequest['trace']): number | undefined {
  if (sampled === undefined) return undefined;
  return sampleRate !== undefined && sampleRand < sampleRate === sampled ? sampleRate : Number(sampled);
}
