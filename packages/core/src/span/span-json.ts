import {
  type AttributeList,
  type AttributeObserver,
  type AttributeValue,
  checkValue,
  indexOf,
  isSameValue,
  setAttribute,
  toRecord,
} from './attributes.ts';
import type { Segment } from './segment.ts';
import { copyLink, toName } from './span.ts';
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
function toSeconds(ms: number): number {
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
 * Reads back what a hook returned; names and statuses that are none stay as they were. Attributes keep the order they had
 * before, whatever the object's own order is, so that a hook that changes nothing changes no byte.
 * @throws whatever the getters of a hostile object throw, and for what is no span
 */
export function readHooked(json: SpanJSON, span: FinishedSpan, before: AttributeList, observer: AttributeObserver): HookedSpan {
  const { name, status, attributes: changed, links } = json;
  if (typeof changed !== 'object' || changed === null || Array.isArray(changed)) throw new TypeError('a span has attributes');
  return {
    name: typeof name === 'string' && name !== span.name ? toName(name, observer.limits) : span.name,
    status: status === 'ok' || status === 'error' ? status : span.status,
    attributes: readAttributes(changed, before, observer),
    links: Array.isArray(links) ? readLinks(links, observer) : undefined,
  };
}

function readAttributes(changed: SpanJSON['attributes'], before: AttributeList, observer: AttributeObserver): AttributeList {
  const attributes: AttributeList = [];
  for (let i = 0; i < before.length; i += 2) {
    const key = before[i] as string;
    if (!Object.hasOwn(changed, key)) continue;
    const given: unknown = changed[key];
    const same = before[i + 1] as AttributeValue;
    const value = isSameValue(given, same) ? same : given === undefined ? undefined : checkValue(key, given, observer);
    if (value !== undefined) attributes.push(key, value);
  }
  for (const key of Object.keys(changed)) if (indexOf(before, key) < 0) setAttribute(attributes, key, changed[key], observer);
  return attributes;
}

function readLinks(links: readonly SpanLink[], observer: AttributeObserver): SpanLink[] {
  const copies: SpanLink[] = [];
  for (const link of links) {
    const copy = copyLink(link, observer);
    if (copy !== undefined && copies.length < observer.limits.maxLinks) copies.push(copy);
    else observer.attributeCut('links');
  }
  return copies;
}

function copyOf(link: SpanLink): SpanLink {
  const { context, attributes } = link;
  return {
    context: { ...context },
    ...(attributes !== undefined && { attributes: toRecord(Object.entries(attributes).flat() as AttributeList) }),
  };
}
