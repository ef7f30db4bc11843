import type { Attributes as ApiAttributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import type { AnySpan, Attributes } from '@spanstream/core';
import type { Bridge, InstrumentationScope } from './bridge.ts';
import { toHrTime } from './time-input.ts';

/** What OpenTelemetry calls a timed event. */
export interface TimedEvent {
  readonly time: HrTime;
  readonly name: string;
  readonly attributes: ApiAttributes;
  readonly droppedAttributesCount: number;
}

/** Who made the spans that were started with this SDK's own API. */
const OWN_SCOPE: InstrumentationScope = { name: 'spanstream', version: __SDK_VERSION__ };
const MAX_EVENTS = 128;

/** What processors and exporters of OpenTelemetry read of a span (`ReadableSpan`); each answer is made when asked for. */
export abstract class ReadableFace {
  readonly bridge: Bridge;
  /** That of the client that runs when the span is first seen; a later one has no part in it. */
  readonly tracer: Bridge['tracer'];
  readonly span: AnySpan;
  /** A number of `SpanKind`. */
  readonly kind: number;
  readonly instrumentationScope: InstrumentationScope;
  #events: TimedEvent[] | undefined = undefined;
  #droppedEvents = 0;
  #finalAttributes: ApiAttributes | undefined = undefined;

  constructor(bridge: Bridge, span: AnySpan, kind: number, scope: InstrumentationScope = OWN_SCOPE) {
    this.bridge = bridge;
    this.tracer = bridge.tracer;
    this.span = span;
    this.kind = kind;
    this.instrumentationScope = scope;
  }

  abstract spanContext(): SpanContext;

  get name(): string {
    return this.span.name;
  }

  get parentSpanContext(): SpanContext | undefined {
    const { span } = this;
    if (!('startMs' in span) || span.parentSpanId === undefined) return undefined;
    return { ...this.spanContext(), spanId: span.parentSpanId, ...(span.isSegment && { isRemote: true }) };
  }

  /** As SDKs of version 1 have it. */
  get parentSpanId(): string | undefined {
    return this.parentSpanContext?.spanId;
  }

  get startTime(): HrTime {
    return 'startMs' in this.span ? toHrTime(this.span.startMs) : [0, 0];
  }

  get endTime(): HrTime {
    return 'startMs' in this.span && this.span.ended ? toHrTime(this.span.endMs) : [0, 0];
  }

  get duration(): HrTime {
    return 'startMs' in this.span && this.span.ended ? toHrTime(this.span.endMs - this.span.startMs) : [-1, -1];
  }

  get ended(): boolean {
    return this.span.ended;
  }

  get status(): SpanStatus {
    const { span } = this;
    if (!('startMs' in span)) return { code: SpanStatusCode.UNSET };
    if (span.status === 'error')
      return { code: SpanStatusCode.ERROR, ...(span.statusMessage !== undefined && { message: span.statusMessage }) };
    return { code: span.statusIsExplicit ? SpanStatusCode.OK : SpanStatusCode.UNSET };
  }

  /** One object once the span has ended: a processor that changes it does so for those behind it. */
  get attributes(): ApiAttributes {
    if (!this.span.ended) return withoutUnits(this.span.getAttributes());
    return (this.#finalAttributes ??= withoutUnits(this.span.getAttributes()));
  }

  get links(): Link[] {
    const links = 'startMs' in this.span ? this.span.links : undefined;
    return (links ?? []).map(({ context, attributes }) => ({
      context: { traceId: context.traceId, spanId: context.spanId, traceFlags: context.sampled === true ? 1 : 0 },
      ...(attributes !== undefined && { attributes: withoutUnits(attributes) }),
    }));
  }

  get events(): readonly TimedEvent[] {
    return this.#events ?? [];
  }

  get resource(): object {
    return this.bridge.resource;
  }

  /** As SDKs of version 1 have it. */
  get instrumentationLibrary(): InstrumentationScope {
    return this.instrumentationScope;
  }

  get droppedAttributesCount(): number {
    return 0;
  }

  get droppedEventsCount(): number {
    return this.#droppedEvents;
  }

  get droppedLinksCount(): number {
    return 0;
  }

  /** Remembers an event for processors. */
  keepEvent(name: string, attributes: Attributes | undefined, epochMs: number): void {
    const events = (this.#events ??= []);
    if (events.length >= MAX_EVENTS) {
      events.shift();
      this.#droppedEvents++;
    }
    events.push({ name, attributes: withoutUnits(attributes ?? {}), time: toHrTime(epochMs), droppedAttributesCount: 0 });
  }
}

/** OpenTelemetry's attributes have no units. */
function withoutUnits(attributes: Readonly<Attributes>): ApiAttributes {
  const plain = ([key, value]: [string, Attributes[string]]) => [key, typeof value === 'object' && 'unit' in value ? value.value : value];
  return Object.fromEntries(Object.entries(attributes).map(plain)) as ApiAttributes;
}
