import { type Attributes, context, diag, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { close, flush, init, type Options, type SpanJSON } from '@spanstream/node';

/** A finished span in the terms of OpenTelemetry, whichever SDK recorded it. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: 'error' | 'not error';
  readonly message: string | undefined;
  readonly attributes: Attributes;
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }[];
  readonly events: readonly { readonly name: string; readonly ms: number; readonly attributes: Attributes }[];
}

/** An SDK behind the global API. */
export interface Rig {
  readonly name: string;
  /** Registers it. */
  start(): void;
  /** What has ended, in the order of ending. */
  finished(): Promise<SeenSpan[]>;
  /** Unregisters it. */
  stop(): Promise<void>;
}

/** Spanstream behind the API. @param options with the integration that puts it there */
export function createOurRig(options: Options): Rig {
  const sent: SpanJSON[] = [];
  return {
    name: `spanstream (${options.traceLifecycle ?? 'stream'})`,
    start: () => {
      sent.length = 0;
      init({
        traceLifecycle: 'stream',
        tracesSampleRate: 1,
        sinks: [{ name: 'rig', send: (spans) => void sent.push(...spans) }],
        ...options,
      });
    },
    finished: async () => {
      await flush();
      return seenSpans(sent);
    },
    stop: async () => void (await close()),
  };
}

/** OpenTelemetry's own SDK, the peer that proves what is expected. */
export function createPeerRig(): Rig {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  return {
    name: 'OpenTelemetry SDK',
    start: () => {
      exporter.reset();
      trace.setGlobalTracerProvider(provider);
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      propagation.setGlobalPropagator(
        new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
      );
    },
    finished: async () => {
      await provider.forceFlush();
      return exporter.getFinishedSpans().map((span) => ({
        name: span.name,
        kind: SpanKind[span.kind]!.toLowerCase(),
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        parentSpanId: span.parentSpanContext?.spanId,
        startMs: toMs(span.startTime),
        endMs: toMs(span.endTime),
        status: span.status.code === SpanStatusCode.ERROR ? 'error' : 'not error',
        message: span.status.message,
        attributes: { ...span.attributes },
        links: span.links.map((link) => ({
          traceId: link.context.traceId,
          spanId: link.context.spanId,
          attributes: { ...link.attributes },
        })),
        events: span.events.map((event) => ({ name: event.name, ms: toMs(event.time), attributes: { ...event.attributes } })),
      }));
    },
    stop: () => {
      trace.disable();
      context.disable();
      propagation.disable();
      diag.disable();
      return Promise.resolve();
    },
  };
}

/** The spans with their events, which are spans of ours, back in them. */
function seenSpans(sent: readonly SpanJSON[]): SeenSpan[] {
  const isEvent = (span: SpanJSON): boolean => span.attributes['sentry.op'] === 'event';
  return sent
    .filter((span) => !isEvent(span))
    .map((span) =>
      toSeen(
        span,
        sent.filter((other) => isEvent(other) && other.parent_span_id === span.span_id),
      ),
    );
}

function toSeen(span: SpanJSON, events: readonly SpanJSON[]): SeenSpan {
  return {
    name: span.name,
    kind: (span.attributes['sentry.kind'] as string | undefined) ?? 'internal',
    traceId: span.trace_id,
    spanId: span.span_id,
    parentSpanId: span.parent_span_id,
    startMs: span.start_timestamp * 1000,
    endMs: span.end_timestamp * 1000,
    status: span.status === 'error' ? 'error' : 'not error',
    message: span.attributes['sentry.status.message'] as string | undefined,
    attributes: ownAttributes(span),
    links: (span.links ?? []).map((link) => ({
      traceId: link.context.traceId,
      spanId: link.context.spanId,
      attributes: { ...link.attributes },
    })),
    events: events.map((event) => ({ name: event.name, ms: event.start_timestamp * 1000, attributes: ownAttributes(event) })),
  };
}

/** What this SDK adds to each span of its own accord. */
const ADDED = /^(sentry|spanstream|os|process\.runtime|otel\.scope|thread)\./;

function ownAttributes({ attributes, is_segment }: SpanJSON): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key]) => !ADDED.test(key) && !(is_segment && key === 'server.address' && attributes['server.port'] === undefined),
    ),
  );
}

function toMs([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1000 + nanoseconds / 1e6;
}
