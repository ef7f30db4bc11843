import { activeSpan, type AnySpan, type Context, implicitParent, isOurs, resolveSpan } from '../context/context.ts';
import type { IdSource } from '../span/ids.ts';
import { InertSpan } from '../span/inert-span.ts';
import { RecordingSpan } from '../span/span.ts';
import type { Segment } from '../span/segment.ts';
import type { TraceContext } from '../span/trace-context.ts';
import { continueDsc, createDsc, type DynamicSamplingContext } from './dynamic-sampling-context.ts';
import { createTraceContext, formatTraceHeaders } from './propagation.ts';

/** What this process says about itself in each dynamic sampling context. */
export interface DscIdentity {
  readonly publicKey: string | undefined;
  readonly release: string | undefined;
  readonly environment: string;
  readonly orgId: string | undefined;
}

/** Writes what outgoing requests carry, and remembers per local tree what was said first (R25–R27). */
export class TraceHeaders {
  readonly #identity: DscIdentity;
  readonly #ids: IdSource;
  readonly #propagateTraceparent: boolean;

  constructor(identity: DscIdentity, ids: IdSource, propagateTraceparent: boolean) {
    this.#identity = identity;
    this.#ids = ids;
    this.#propagateTraceparent = propagateTraceparent;
  }

  /** The headers for the given span, else for what is active in the context; outside any trace for a fresh one (R27). */
  create(context: Context, requested?: unknown): Record<string, string> {
    const given = isOurs(requested) ? resolveSpan(requested) : undefined;
    const span = given ?? activeSpan(context) ?? implicitParent(context);
    const trace = span?.segment.trace ?? context.trace ?? createTraceContext({ newTraceId: () => this.#ids.traceId(), random: () => this.#ids.random() });
    const isSuppressed = context.suppressed && given === undefined;
    const sampled = isSuppressed ? false : decisionOf(span, trace);
    const dsc = span === undefined ? this.#describe(trace, undefined) : this.freeze(span.segment);
    return formatTraceHeaders({
      traceId: trace.traceId,
      spanId: this.#spanId(span, trace, sampled),
      sampled,
      dsc: isSuppressed ? { ...dsc, sampled: 'false' } : dsc,
      trace,
      propagateTraceparent: this.#propagateTraceparent,
    });
  }

  /** The local tree's context; from here on it stays as it is (R26). */
  freeze(segment: Segment): DynamicSamplingContext {
    return (segment.dsc ??= this.#describe(segment.trace, segment));
  }

  #spanId(span: AnySpan | undefined, trace: TraceContext, sampled: boolean | undefined): string {
    if (span instanceof RecordingSpan) return span.spanId;
    const decides = span !== undefined && span.reason !== 'off' && span.reason !== 'no_parent';
    // What records nothing and decides nothing passes the caller on as it came, so that the tree stays in one piece.
    if (!decides && sampled === trace.sampled && trace.parentSpanId !== undefined) return trace.parentSpanId;
    return span?.spanId ?? this.#ids.spanId();
  }

  #describe(trace: TraceContext, segment: Segment | undefined): DynamicSamplingContext {
    if (trace.dsc !== undefined) return continueDsc(trace.dsc, { sampleRate: segment?.sampleRate });
    return createDsc({
      ...this.#identity,
      traceId: trace.traceId,
      sampleRate: segment?.sampleRate,
      sampleRand: trace.sampleRand,
      sampled: segment === undefined ? trace.sampled : segment.sampled,
      transaction: segment === undefined || segment.source === 'url' || segment.sampled === undefined ? undefined : segment.name,
    });
  }
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
