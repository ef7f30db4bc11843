import { type AttributeList, type AttributeObserver, checkValue, indexOf, setAttribute, toRecord } from './attributes.ts';
import type { Segment } from './segment.ts';
import { toName } from './span.ts';
import type { SpanJSON, SpanLink } from './span-data.ts';

/** A finished span's own facts. */
export interface FinishedSpan {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly segment: Segment;
  readonly isSegment: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly name: string;
  readonly status: 'ok' | 'error';
  readonly links: readonly SpanLink[] | undefined;
}

/** A finished span as hooks see it. @param attributes all that it leaves with */
export function toSpanJSON(span: FinishedSpan, attributes: AttributeList): SpanJSON {
  return {
    trace_id: span.segment.trace.traceId,
    span_id: span.spanId,
    ...(span.parentSpanId !== undefined && { parent_span_id: span.parentSpanId }),
    is_segment: span.isSegment,
    start_timestamp: toSeconds(span.startMs),
    end_timestamp: toSeconds(span.endMs),
    name: span.name,
    status: span.status,
    attributes: toRecord(attributes),
    ...(span.links !== undefined && { links: span.links.map(copyOf) }),
  };
}

/** Epoch seconds to the microsecond, as they are sent. */
export function toSeconds(ms: number): number {
  return Math.round(ms * 1000) / 1e6;
}

/** What a hook made of a span, checked as if it had been set on it. */
export interface HookedSpan {
  readonly name: string;
  readonly status: 'ok' | 'error';
  readonly attributes: AttributeList;
  readonly links: SpanLink[] | undefined;
}

/**
 * Reads back what a hook returned. Attributes keep the order they had before, whatever the object's own order is, so that a
 * hook that changes nothing changes no byte.
 */
export function readHooked(json: SpanJSON, before: AttributeList, observer: AttributeObserver): HookedSpan {
  const attributes: AttributeList = [];
  const changed = json.attributes ?? {};
  for (let i = 0; i < before.length; i += 2) {
    const key = before[i] as string;
    if (!Object.hasOwn(changed, key)) continue;
    const value = changed[key] === before[i + 1] ? changed[key] : checkValue(key, changed[key], observer);
    if (value !== undefined) attributes.push(key, value);
  }
  for (const key of Object.keys(changed)) if (indexOf(before, key) < 0) setAttribute(attributes, key, changed[key], observer);
  const links = Array.isArray(json.links) ? json.links.filter(isLink) : undefined;
  return { name: toName(json.name, observer.limits), status: json.status === 'error' ? 'error' : 'ok', attributes, links };
}

function isLink(link: SpanLink): boolean {
  return /^[0-9a-f]{32}$/.test(link?.context?.traceId) && /^[0-9a-f]{16}$/.test(link?.context?.spanId);
}

function copyOf(link: SpanLink): SpanLink {
  return { context: { ...link.context }, ...(link.attributes !== undefined && { attributes: { ...link.attributes } }) };
}
