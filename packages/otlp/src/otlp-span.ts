import { SENTRY_STATUS_MESSAGE } from '@sentry/conventions/attributes';
import type { Attributes, HrTime, Link, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { AttributeList, AttributeValue, SpanLink, SpanParts } from '@spanstream/core';
import { spanKindOf } from './span-kind.ts';

/** What spans of one client share. */
export interface SpanOrigin {
  readonly resource: ReadableSpan['resource'];
  readonly scope: ReadableSpan['instrumentationScope'];
}

const SAMPLED = 1;
const UNSET = 0;
const ERROR = 2;
const OK_STATUS = { code: UNSET };
const NOTHING: never[] = [];
const NO_TIME: HrTime = [0, 0];
/** The last second whose nanoseconds fit into 64 bits, in the year 2554. */
const MAX_SECOND = 18_446_744_072;

/** One of our finished spans as the serialisers of OpenTelemetry read it. */
export class OtlpSpan implements ReadableSpan {
  readonly #span: SpanParts;
  readonly name: string;
  readonly parentSpanContext?: SpanContext;
  readonly kind: ReadableSpan['kind'];
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly status: ReadableSpan['status'];
  readonly links: Link[];
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];

  /**
   * @param list all that the span has beside its resource's attributes
   * @param write how texts are written
   */
  constructor(span: SpanParts, list: AttributeList, { resource, scope }: SpanOrigin, write: (text: string) => string) {
    this.#span = span;
    this.name = write(span.name);
    const { parentSpanId, segment, isSegment } = span;
    // The parent of a top-level span is another process's.
    if (parentSpanId !== undefined)
      this.parentSpanContext = { traceId: segment.trace.traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote: isSegment };
    this.kind = spanKindOf(list);
    this.startTime = toHrTime(span.startMs);
    this.endTime = toHrTime(span.endMs);
    this.attributes = toAttributes(list, write);
    this.status = span.status === 'error' ? errorStatus(this.attributes) : OK_STATUS;
    this.links = span.links === undefined ? NOTHING : span.links.map((link) => toLink(link, write));
    this.resource = resource;
    this.instrumentationScope = scope;
  }

  spanContext(): SpanContext {
    const { segment, spanId } = this.#span;
    const { traceId, tracestate } = segment.trace;
    return tracestate === undefined
      ? { traceId, spanId, traceFlags: SAMPLED }
      : { traceId, spanId, traceFlags: SAMPLED, traceState: asTraceState(tracestate) };
  }

  get events(): never[] {
    return NOTHING;
  }

  /** The protocol has none. */
  get duration(): HrTime {
    return NO_TIME;
  }

  get ended(): boolean {
    return true;
  }

  /** Which were left out stands in `spanstream.truncated`, how many is not known. */
  get droppedAttributesCount(): number {
    return 0;
  }

  get droppedEventsCount(): number {
    return 0;
  }

  get droppedLinksCount(): number {
    return 0;
  }
}

/** Microseconds, as envelopes have them: a double of today's milliseconds is exact to a quarter of one. */
function toHrTime(ms: number): HrTime {
  const us = Math.round(ms * 1000);
  const second = Math.floor(us / 1e6);
  return second > MAX_SECOND ? [MAX_SECOND, 0] : [second, (us - second * 1e6) * 1000];
}

function toAttributes(list: AttributeList, write: (text: string) => string): Attributes {
  const attributes: Attributes = {};
  for (let i = 0; i < list.length; i += 2) set(attributes, write(list[i] as string), list[i + 1]!, write);
  return attributes;
}

function set(attributes: Attributes, key: string, value: AttributeValue, write: (text: string) => string): void {
  if (typeof value === 'string') define(attributes, key, write(value));
  else if (typeof value !== 'object') define(attributes, key, value);
  else if ('unit' in value) {
    set(attributes, key, value.value, write);
    if (!Object.hasOwn(attributes, `${key}.unit`)) define(attributes, `${key}.unit`, write(value.unit));
  } else define(attributes, key, typeof value[0] === 'string' ? (value as readonly string[]).map(write) : ([...value] as number[]));
}

/** Any name is an ordinary one (R34). */
function define(attributes: Attributes, key: string, value: NonNullable<Attributes[string]>): void {
  if (key === '__proto__') Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
  else attributes[key] = value;
}

function errorStatus(attributes: Attributes): ReadableSpan['status'] {
  const message = attributes[SENTRY_STATUS_MESSAGE];
  return typeof message === 'string' ? { code: ERROR, message } : { code: ERROR };
}

function toLink({ context, attributes }: SpanLink, write: (text: string) => string): Link {
  const { traceId, spanId, sampled } = context;
  const list = Object.entries(attributes ?? {}).flat() as AttributeList;
  return { context: { traceId, spanId, traceFlags: sampled === true ? SAMPLED : 0 }, attributes: toAttributes(list, write) };
}

function asTraceState(text: string): NonNullable<SpanContext['traceState']> {
  const state = { serialize: () => text, get: () => undefined, set: () => state, unset: () => state };
  return state;
}
