import {
  type Attributes as ApiAttributes,
  type Exception,
  type Link,
  type Span as ApiSpan,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';
import { HTTP_ROUTE, SENTRY_OP, SENTRY_SEGMENT_NAME_SOURCE } from '@sentry/conventions/attributes';
import type { AnySpan, Context, SpanLink } from '@spanstream/core';
import { toAttributes, toAttributeValue } from './attribute-values.ts';
import { type Bridge, type InstrumentationScope, SERVER } from './bridge.ts';
import { ReadableFace } from './readable-face.ts';
import { EXCEPTION, recordEvent, toExceptionAttributes } from './span-event.ts';
import { inferOp } from './span-op.ts';
import { toSpanContext } from './remote-span.ts';
import { isTimeInput, toEpochMs } from './time-input.ts';

/** How spans of OpenTelemetry say which span of ours they stand for; core knows it. */
export const STANDS_FOR: unique symbol = Symbol.for('spanstream.standsFor');

/** What an entry span, e.g. of an incoming request, opens for all that happens in it. */
export type Entry = Pick<Context, 'scope' | 'trace'>;

/** A span of ours as `@opentelemetry/api` has it; one object for each span. */
export class BridgedSpan extends ReadableFace implements ApiSpan {
  readonly [STANDS_FOR]: AnySpan;
  /** Where the request goes, as far as the start told; only looked at where headers go to some URLs alone. */
  url: string | undefined = undefined;
  entry: Entry | undefined = undefined;
  #spanContext: SpanContext | undefined = undefined;

  constructor(bridge: Bridge, span: AnySpan, kind: number, scope: InstrumentationScope | undefined) {
    super(bridge, span, kind, scope);
    this[STANDS_FOR] = span;
    span.face = this;
  }

  override spanContext(): SpanContext {
    const { span } = this;
    return (this.#spanContext ??= toSpanContext(span.segment.trace, span.spanId, 'startMs' in span));
  }

  isRecording(): boolean {
    return this.span.isRecording();
  }

  setAttribute(key: string, value: unknown): this {
    const ours = toAttributeValue(value);
    if (ours !== undefined && key !== '') this.span.setAttribute(key, ours);
    return this;
  }

  setAttributes(attributes: ApiAttributes): this {
    const ours = toAttributes(attributes);
    if (ours !== undefined) this.span.setAttributes(ours);
    return this;
  }

  /** An event is a span without duration below this one, since the protocol has no events. */
  addEvent(name: string, attributesOrTime?: ApiAttributes | TimeInput, time?: TimeInput): this {
    if (!this.span.isRecording()) return this;
    const hasTime = isTimeInput(attributesOrTime);
    const attributes = hasTime ? undefined : attributesOrTime;
    recordEvent(this, { name, attributes, time: isTimeInput(time) ? time : hasTime ? attributesOrTime : undefined });
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = toExceptionAttributes(exception);
    if (attributes !== undefined && this.span.isRecording()) recordEvent(this, { name: EXCEPTION, attributes, time, isError: true });
  }

  addLink(link: Link): this {
    return this.addLinks([link]);
  }

  addLinks(links: Link[]): this {
    this.span.addLinks(toLinks(links) ?? []);
    return this;
  }

  /** Ok is final, Unset says nothing, and a description belongs to an error alone. */
  setStatus(status: SpanStatus): this {
    const { span } = this;
    if (!('startMs' in span) || (span.statusIsExplicit && span.status === 'ok')) return this;
    try {
      if (status.code === SpanStatusCode.OK) span.setStatus('ok');
      else if (status.code === SpanStatusCode.ERROR) span.setStatus('error', status.message);
    } catch (error) {
      this.bridge.current.fault('OpenTelemetry setStatus', error);
    }
    return this;
  }

  updateName(name: string): this {
    this.span.setName(name);
    return this;
  }

  end(endTime?: TimeInput): void {
    const { span, kind } = this;
    if (kind !== 0 && span.isRecording()) this.#describe();
    span.end(endTime === undefined ? undefined : (toEpochMs(endTime, this.tracer.clock) ?? NaN));
  }

  /** What only the attributes of the whole span tell. */
  #describe(): void {
    const { span, kind } = this;
    const attributes = span.getAttributes();
    if (attributes[SENTRY_OP] === undefined) span.setAttribute(SENTRY_OP, inferOp(kind, attributes));
    if (kind === SERVER && attributes[HTTP_ROUTE] !== undefined && attributes[SENTRY_SEGMENT_NAME_SOURCE] === undefined)
      span.setAttribute(SENTRY_SEGMENT_NAME_SOURCE, 'route');
  }
}

/** What stands for the span in OpenTelemetry's API. */
export function faceOf(bridge: Bridge, span: AnySpan): BridgedSpan {
  return span.face instanceof BridgedSpan ? span.face : new BridgedSpan(bridge, span, 0, undefined);
}

/** The links as ours, without those that are none. */
export function toLinks(links: readonly Link[] | undefined): SpanLink[] | undefined {
  return Array.isArray(links) ? (links as readonly Link[]).map(toLink).filter((link) => link !== undefined) : undefined;
}

/** The link as ours; undefined for what is none. */
function toLink(link: Link): SpanLink | undefined {
  try {
    const { traceId, spanId, traceFlags } = link.context;
    const attributes = toAttributes(link.attributes);
    return { context: { traceId, spanId, sampled: (traceFlags & 1) === 1 }, ...(attributes !== undefined && { attributes }) };
  } catch {
    return undefined; // no link, or one with hostile getters
  }
}
