import type { AnySpan, Client, Context, Current, IntegrationClient, StartSpanOptions } from '@spanstream/core';

/** A span of ours that will be sent. */
export type RecordedSpan = Extract<AnySpan, { readonly startMs: number }>;

/** Who made a span. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
}

/** How a span is being started; what the tap finds out from it is kept by the span's face. */
export interface SpanBirth {
  /** Who makes it. Absent: a span event, which processors know as part of its span. */
  readonly by: InstrumentationScope | undefined;
  readonly kind: number;
  readonly outer: Context;
}

/** What all parts of the bridge share: the client that spans go to. */
export class Bridge {
  #client: IntegrationClient;
  /** What processors are told about this process. */
  resource: object = {};
  /** What the tap is to know of spans that are being started, by their options: a sampler may start others meanwhile. */
  readonly births = new WeakMap<StartSpanOptions, SpanBirth>();
  /** Called once, when the first request or message comes in: by then what the application uses is loaded. */
  atFirstEntry: (() => void) | undefined = undefined;
  /** Whether processors see spans, which then keep their events. */
  isTapped = false;

  /** Whether the attributes that a span starts with may decide about each span. */
  hasFilter = false;
  /** Whether they may decide about top-level spans. */
  hasSampler = false;

  constructor(client: IntegrationClient) {
    this.#client = client;
    this.connect(client);
  }

  get client(): IntegrationClient {
    return this.#client;
  }

  get current(): Current {
    return this.#client.current;
  }

  get tracer(): Current['tracer'] {
    return this.#client.current.tracer;
  }

  /** Tracers that the application holds go on with the next client. */
  connect(client: IntegrationClient): void {
    this.#client = client;
    this.isTapped = false;
    const { ignoreSpans, tracesSampler } = (client as Client).options;
    this.hasFilter = ignoreSpans.length > 0;
    this.hasSampler = tracesSampler !== undefined;
  }

  /** Makes the context current for the rest of the running function. */
  enter(context: Context): void {
    (this.#client as Client).parts.platform.contextManager.enter(context);
  }

  /** Whether an integration of ours records what this instrumentation of OpenTelemetry does, too. */
  isRecorded(library: string, kind: number): boolean {
    const { recorded } = this.#client;
    if (recorded === undefined) return false;
    if (library !== 'http') return recorded.has(library);
    if (kind !== SERVER) return recorded.has('http.client');
    // What came by another way than our server integration is OpenTelemetry's.
    const { scope, suppressed } = this.tracer.context;
    return recorded.has('http.server') && (suppressed || scope.entrySpan !== undefined);
  }
}

/** `SpanKind.SERVER`; a comparison with the enumeration would be a property read on each span. */
export const SERVER = 1;
/** `SpanKind.CLIENT`. */
export const CLIENT = 2;
/** `SpanKind.CONSUMER`. */
export const CONSUMER = 4;
