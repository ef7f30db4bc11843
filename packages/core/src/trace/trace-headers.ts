import { activeSpan, type AnySpan, type Context, implicitParent, resolveSpan } from '../context/context.ts';
import type { IdSource } from '../span/ids.ts';
import { InertSpan } from '../span/inert-span.ts';
import { RecordingSpan } from '../span/span.ts';
import type { Segment } from '../span/segment.ts';
import { wellFormed } from '../span/text.ts';
import type { TraceContext } from '../span/trace-context.ts';
import {
  continueDsc,
  createDsc,
  type DscFacts,
  type DynamicSamplingContext,
  formatRate,
  formatSampleRand,
  traceHeader,
} from './dynamic-sampling-context.ts';
import { createTraceContext, formatTraceHeaders } from './propagation.ts';

/** What this process says about itself in each dynamic sampling context. */
export interface DscIdentity {
  readonly publicKey: string | undefined;
  readonly release: string | undefined;
  readonly environment: string;
  readonly orgId: string | undefined;
  /** Whether headers have `traceparent`. */
  readonly propagateTraceparent: boolean;
}

/** Writes what outgoing requests carry, and remembers per local tree what was said first (R25–R27). */
export class TraceHeaders {
  readonly #identity: DscIdentity;
  readonly #ids: IdSource;
  readonly #constants: [string, string, string];

  constructor(identity: DscIdentity, ids: IdSource) {
    this.#identity = identity;
    this.#ids = ids;
    this.#constants = constantEntries(identity);
  }

  /** The headers for the given span, else for what is active in the context; outside any trace for a fresh one (R27). */
  create(context: Context, requested?: unknown): Record<string, string> {
    const given = resolveSpan(requested);
    const span = given ?? activeSpan(context) ?? implicitParent(context);
    const trace = span?.segment.trace ?? context.trace ?? createTraceContext(this.#ids);
    const foreignBaggage = context.carried?.baggageIn(context.trace);
    const isSuppressed = context.suppressed && given === undefined;
    const sampled = isSuppressed ? false : decisionOf(span, trace);
    const dsc =
      span === undefined
        ? this.#describe(trace, { sampleRate: undefined, sampled: trace.sampled, transaction: undefined })
        : this.freeze(span.segment);
    return formatTraceHeaders({
      traceId: trace.traceId,
      spanId: this.#spanId(span, trace, sampled),
      sampled,
      dsc: isSuppressed ? { ...dsc, sampled: 'false' } : dsc,
      trace: foreignBaggage === undefined ? trace : { ...trace, foreignBaggage },
      propagateTraceparent: this.#identity.propagateTraceparent,
    });
  }

  /** The local tree's context; from here on it stays as it is (R26). */
  freeze(segment: Segment): DynamicSamplingContext {
    const { trace } = segment;
    return this.#describe(trace, { sampleRate: segment.sampleRate, sampled: segment.sampled, transaction: frozenName(segment) });
  }

  /** The `trace` header of an envelope, as JSON. One is made for each envelope, so without an object where the trace began here. */
  envelopeHeader(segment: Segment): string {
    const { trace } = segment;
    const name = frozenName(segment);
    if (trace.dsc !== undefined) {
      const header = traceHeader(this.freeze(segment), { traceId: trace.traceId, publicKey: this.#identity.publicKey ?? '' });
      // Before it is JSON, which writes lone surrogates as escapes.
      return JSON.stringify(Object.fromEntries(Object.entries(header).map((entry) => entry.map(wellFormed))));
    }
    const rate = segment.sampleRate === undefined ? '' : `,"sample_rate":"${formatRate(segment.sampleRate)}"`;
    const decision = `,"sample_rand":"${formatSampleRand(trace.sampleRand)}","sampled":"${segment.sampled !== false}"`;
    const transaction = name === undefined ? '' : `,"transaction":${JSON.stringify(wellFormed(name))}`;
    return `{"trace_id":"${trace.traceId}"${this.#constants[0]}${rate}${decision}${this.#constants[1]}${transaction}${this.#constants[2]}}`;
  }

  #spanId(span: AnySpan | undefined, trace: TraceContext, sampled: boolean | undefined): string {
    if (span instanceof RecordingSpan) return span.spanId;
    const decides = span !== undefined && span.reason !== 'off' && span.reason !== 'no_parent';
    // What records nothing and decides nothing passes the caller on as it came, so that the tree stays in one piece.
    if (!decides && sampled === trace.sampled && trace.parentSpanId !== undefined) return trace.parentSpanId;
    return span?.spanId ?? this.#ids.spanId();
  }

  #describe(trace: TraceContext, facts: Pick<DscFacts, 'sampleRate' | 'sampled' | 'transaction'>): DynamicSamplingContext {
    if (trace.dsc !== undefined) return continueDsc(trace.dsc, facts);
    return createDsc({ ...this.#identity, ...facts, traceId: trace.traceId, sampleRand: trace.sampleRand });
  }
}

/** The top-level span's name as it is first told; a raw URL or the name of an undecided tree never is. */
function frozenName(segment: Segment): string | undefined {
  if (segment.frozenName === undefined)
    segment.frozenName = segment.source === 'url' || segment.sampled === undefined ? null : segment.name;
  return segment.frozenName ?? undefined;
}

/** The entries that are the same in each header, as JSON: before, in the middle of and behind what varies. */
function constantEntries(identity: DscIdentity): [string, string, string] {
  const entry = (key: string, value: string | undefined): string => (value ? `,"${key}":${JSON.stringify(wellFormed(value))}` : '');
  return [
    entry('public_key', identity.publicKey),
    entry('release', identity.release) + entry('environment', identity.environment),
    entry('org_id', identity.orgId),
  ];
}

/** What the headers say was decided. */
function decisionOf(span: AnySpan | undefined, trace: TraceContext): boolean | undefined {
  if (span === undefined) return trace.sampled;
  if (span instanceof InertSpan) return span.reason === 'suppressed' ? false : span.segment.sampled;
  return true;
}

/** The headers as HTML, for the page that a server renders. */
export function formatMetaTags(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `<meta name="${name}" content="${value.replace(/[&"<>]/g, (char) => `&#${char.charCodeAt(0)};`)}"/>`)
    .join('\n');
}
