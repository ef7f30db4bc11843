import { createTraceState, type Span as ApiSpan, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import { parseIncoming, type TraceContext } from '@spanstream/core';
import type { Bridge } from './bridge.ts';

/** What is known of the traces of remote spans beyond what their span contexts can say. */
const traces = new WeakMap<object, TraceContext>();

/** The span of another process that the trace was continued from. */
export function remoteSpan(continued: TraceContext, spanId: string): ApiSpan {
  const span = trace.wrapSpanContext(toSpanContext(continued, spanId, continued.sampled === true, true));
  traces.set(span, continued);
  return span;
}

/**
 * The trace that a span of nobody we know belongs to; undefined where it names none, or throws when it is asked.
 * @param around the trace that it is put into, of which more is known than a span context can say
 */
export function traceOfRemote(bridge: Bridge, span: object, around: TraceContext | undefined): TraceContext | undefined {
  try {
    return traces.get(span) ?? readTrace(bridge, span, around);
  } catch (error) {
    bridge.current.fault('OpenTelemetry span', error);
    return undefined;
  }
}

function readTrace(bridge: Bridge, span: object, around: TraceContext | undefined): TraceContext | undefined {
  const context = spanContextOf(span);
  if (context === undefined || !trace.isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = context;
  const tracestate = traceState?.serialize();
  const headers = {
    traceparent: `00-${traceId}-${spanId}-0${(traceFlags & TraceFlags.SAMPLED).toString()}`.toLowerCase(),
    ...(tracestate !== undefined && { tracestate }),
  };
  if (around?.traceId !== traceId) return parseIncoming(headers, bridge.current.incoming);
  const { tracestate: _, ...known } = around;
  const sampled = (traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED;
  return { ...known, parentSpanId: spanId, sampled, ...(tracestate && { tracestate }) };
}

/** The ids of a span of this trace, as OpenTelemetry has them. */
export function toSpanContext({ traceId, tracestate }: TraceContext, spanId: string, sampled: boolean, isRemote = false): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    ...(isRemote && { isRemote }),
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
}

function spanContextOf(span: object): SpanContext | undefined {
  return 'spanContext' in span && typeof span.spanContext === 'function' ? (span.spanContext() as SpanContext) : undefined;
}
