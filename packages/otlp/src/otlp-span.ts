import type { Attributes, HrTime, Link, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanLink } from '@spanstream/core';
import { ERROR, type FinalSpan, type PlainList, SAMPLED, statusMessage, toMicroseconds, toPlain, UNSET } from './final-span.ts';
import { spanKindOf } from './span-kind.ts';
import { wellFormed, wellFormedValue } from './well-formed.ts';

const NO_TIME: HrTime = [0, 0];

/** One of our finished spans as the serialisers of OpenTelemetry read it. */
export class OtlpSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: ReadableSpan['kind'];
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly status: ReadableSpan['status'];
  readonly links: Link[];
  readonly events: never[] = [];
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  /** The protocol has none. */
  readonly duration = NO_TIME;
  readonly ended = true;
  /** Which were left out stands in `spanstream.truncated`; how many is not known. */
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor({ span, list, origin }: FinalSpan) {
    const { segment, spanId, parentSpanId } = span;
    const { traceId, tracestate } = segment.trace;
    this.#context = { traceId, spanId, traceFlags: SAMPLED, ...(tracestate && { traceState: asTraceState(tracestate) }) };
    this.name = wellFormed(span.name);
    this.kind = spanKindOf(list);
    // The parent of a top-level span is another process's.
    if (parentSpanId !== undefined)
      this.parentSpanContext = { traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote: span.isSegment };
    this.startTime = toHrTime(span.startMs);
    this.endTime = toHrTime(span.endMs);
    this.attributes = toAttributes(list);
    const message = span.status === 'error' ? statusMessage(list) : undefined;
    this.status = { code: span.status === 'error' ? ERROR : UNSET, ...(message !== undefined && { message: wellFormed(message) }) };
    this.links = (span.links ?? []).map(toLink);
    // Of a resource the serialisers read its attributes, and nothing else.
    this.resource = { attributes: origin.resource } as ReadableSpan['resource'];
    this.instrumentationScope = origin.scope;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

function toHrTime(ms: number): HrTime {
  const us = toMicroseconds(ms);
  const second = Math.floor(us / 1e6);
  return [second, (us - second * 1e6) * 1000];
}

function toAttributes(list: PlainList): Attributes {
  const attributes: Attributes = {};
  for (let i = 0; i < list.length; i += 2) {
    const value = list[i + 1]!;
    // Any name is an ordinary one, `__proto__` included (R34).
    Object.defineProperty(attributes, wellFormed(list[i] as string), { value: wellFormedValue(value), enumerable: true });
  }
  return attributes;
}

function toLink({ context, attributes }: SpanLink): Link {
  const { traceId, spanId, sampled } = context;
  const list = toPlain(Object.entries(attributes ?? {}).flat() as PlainList);
  return { context: { traceId, spanId, traceFlags: sampled === true ? SAMPLED : 0 }, attributes: toAttributes(list) };
}

function asTraceState(text: string): NonNullable<SpanContext['traceState']> {
  const state = { serialize: () => text, get: () => undefined, set: () => state, unset: () => state };
  return state;
}
