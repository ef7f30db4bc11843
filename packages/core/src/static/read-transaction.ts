import type { AttributeValue } from '../span/attributes.ts';
import type { SpanJSON, SpanLink } from '../span/span-data.ts';

/** A span in a transaction; the top one stands in its trace context. */
interface WireSpan {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly trace_id: string;
  readonly status: string;
  readonly data: Record<string, AttributeValue>;
  readonly links?: readonly {
    readonly trace_id: string;
    readonly span_id: string;
    readonly sampled?: boolean;
    readonly attributes?: Record<string, AttributeValue>;
  }[];
}

interface Times {
  readonly start_timestamp: number;
  readonly timestamp: number;
}

interface Event extends Times {
  readonly transaction: string;
  readonly release?: string;
  readonly environment: string;
  readonly dist?: string;
  readonly sdk: { readonly name: string; readonly version: string };
  readonly contexts: { readonly trace: WireSpan };
  readonly spans: (WireSpan & Times & { readonly description: string })[];
}

/** The spans of an envelope with a transaction, as hooks saw them; none for one that carries something else. */
export function readTransaction(envelope: string): SpanJSON[] {
  const [, itemHeader = '{}', payload = '{}'] = envelope.split('\n');
  if ((JSON.parse(itemHeader) as { type?: string }).type !== 'transaction') return [];
  const event = JSON.parse(payload) as Event;
  const { trace } = event.contexts;
  const isLate = trace.data['sentry.parent_span_already_sent'] === true;
  const common = {
    'sentry.trace_lifecycle': 'static',
    'sentry.sdk.name': event.sdk.name,
    'sentry.sdk.version': event.sdk.version,
    ...(event.release !== undefined && { 'sentry.release': event.release }),
    'sentry.environment': event.environment,
    ...(event.dist !== undefined && { 'sentry.dist': event.dist }),
    ...(!isLate && { 'sentry.segment.id': trace.span_id, 'sentry.segment.name': event.transaction }),
  };
  const { start_timestamp, timestamp, transaction: name } = event;
  return [
    ...event.spans.map((span) => toJSON(span, { ...span, name: span.description, isSegment: false }, common)),
    toJSON(trace, { start_timestamp, timestamp, name, isSegment: !isLate }, common),
  ];
}

function toJSON(
  { span_id, parent_span_id, trace_id, status, data, links }: WireSpan,
  { name, start_timestamp, timestamp, isSegment }: Times & { readonly name: string; readonly isSegment: boolean },
  common: Record<string, string>,
): SpanJSON {
  return {
    trace_id,
    span_id,
    ...(parent_span_id !== undefined && { parent_span_id }),
    name,
    is_segment: isSegment,
    start_timestamp,
    end_timestamp: timestamp,
    status: status === 'ok' || status === 'cancelled' ? 'ok' : 'error',
    attributes: { ...data, ...common },
    ...(links && { links: links.map(readLink) }),
  };
}

function readLink({ trace_id, span_id, sampled, attributes }: NonNullable<WireSpan['links']>[number]): SpanLink {
  return { context: { traceId: trace_id, spanId: span_id, ...(sampled !== undefined && { sampled }) }, ...(attributes && { attributes }) };
}
