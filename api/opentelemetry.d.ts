// @spanstream/opentelemetry: index.d.mts
/// <reference lib="esnext.disposable" />
import { StartSpanOptions, Context, IntegrationClient, Current, Integration } from '@spanstream/core';
import { TextMapPropagator, Context as Context$1, TextMapSetter, TextMapGetter, ContextManager, TracerProvider, TracerOptions, Tracer } from '@opentelemetry/api';

/** Who made a span. */
interface InstrumentationScope {
    readonly name: string;
    readonly version?: string;
    readonly schemaUrl?: string;
}
/** How a span is being started; what the tap finds out from it is kept by the span's face. */
interface SpanBirth {
    /** Who makes it. Absent: a span event, which processors know as part of its span. */
    readonly by: InstrumentationScope | undefined;
    readonly kind: number;
    readonly outer: Context;
}
/** What all parts of the bridge share: the client that spans go to. */
declare class Bridge {
    #private;
    /** What processors are told about this process. */
    resource: object;
    /** What the tap is to know of spans that are being started, by their options: a sampler may start others meanwhile. */
    readonly births: WeakMap<StartSpanOptions, SpanBirth>;
    /** Called once, when the first request or message comes in: by then what the application uses is loaded. */
    atFirstEntry: (() => void) | undefined;
    /** Whether processors see spans, which then keep their events. */
    isTapped: boolean;
    /** Whether the attributes that a span starts with may decide about each span. */
    hasFilter: boolean;
    /** Whether they may decide about top-level spans. */
    hasSampler: boolean;
    constructor(client: IntegrationClient);
    get client(): IntegrationClient;
    get current(): Current;
    get tracer(): Current['tracer'];
    /** Tracers that the application holds go on with the next client. */
    connect(client: IntegrationClient): void;
    /** Makes the context current for the rest of the running function. */
    enter(context: Context): void;
    /** Whether an integration of ours records what this instrumentation of OpenTelemetry does, too. */
    isRecorded(library: string, kind: number): boolean;
}

/** Writes and reads the headers that this SDK's own requests have: `sentry-trace`, `baggage`, `traceparent` and `tracestate`. */
declare class BridgedPropagator implements TextMapPropagator {
    #private;
    constructor(bridge: Bridge);
    inject(context: Context$1, carrier: unknown, setter: TextMapSetter): void;
    extract(context: Context$1, carrier: unknown, getter: TextMapGetter): Context$1;
    fields(): string[];
}

/** OpenTelemetry's contexts in the places where ours are: one current context for both APIs. */
declare class BridgedContextManager implements ContextManager {
    #private;
    constructor(bridge: Bridge);
    active(): Context$1;
    with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(context: Context$1, fn: F, thisArg?: ThisParameterType<F>, ...args: A): ReturnType<F>;
    bind<T>(context: Context$1, target: T): T;
    /** Makes the context current until the token is disposed of, at most within the innermost `with`. */
    attach(context: Context$1): {
        dispose(): void;
    };
    enable(): this;
    disable(): this;
}

/** Hands out tracers whose spans are those of the SDK. */
declare class BridgedTracerProvider implements TracerProvider {
    #private;
    constructor(bridge: Bridge, flushTap: () => Promise<void>);
    getTracer(name: string, version?: string, options?: TracerOptions): Tracer;
    /** Delivers or accounts for everything accepted so far, as `flush()` does. */
    forceFlush(): Promise<void>;
    /** As `forceFlush`: the client is the application's, and goes on until its `close()`. */
    shutdown(): Promise<void>;
}

/** The parts that `@opentelemetry/api` has one place for each. */
interface BridgeParts {
    readonly provider: BridgedTracerProvider;
    readonly contextManager: BridgedContextManager;
    /** Absent: the place is left alone. */
    readonly propagator: BridgedPropagator | undefined;
}

/** What sees each span when it starts and when it has ended: the interface of `@opentelemetry/sdk-trace-base`. */
interface SpanProcessor {
    onStart(span: never, parentContext: Context$1): void;
    onEnd(span: never): void;
    forceFlush(): Promise<void>;
    shutdown(): Promise<void>;
}

/** Options of `openTelemetryIntegration`. */
interface OpenTelemetryOptions {
    /**
     * Whether the provider, the context manager and the propagator become the global ones of `@opentelemetry/api`. Default true;
     * false for processors alone.
     */
    readonly register?: boolean;
    /** False leaves the global propagator alone, e.g. one of the application's own. Default true. */
    readonly propagator?: boolean;
    /** Processors made for OpenTelemetry's SDK; they see each recorded span, whichever API started it. Default none. */
    readonly spanProcessors?: readonly SpanProcessor[];
    /** Resource attributes for these processors, over those that follow from `release`, `environment` and `serverName`. */
    readonly resource?: Readonly<Record<string, string | number | boolean>>;
}
/** What an application can register, or pass to instrumentation, by itself. */
interface OpenTelemetryParts extends BridgeParts {
    readonly propagator: BridgedPropagator;
}
/** Makes everything that is written against `@opentelemetry/api` record into this SDK, in the same contexts and traces. */
declare function openTelemetryIntegration(options?: OpenTelemetryOptions): Integration;
/** A provider, a context manager and a propagator on this client that are registered nowhere: for applications that do it themselves. */
declare function createOpenTelemetryParts(client: IntegrationClient): OpenTelemetryParts;

export { BridgedContextManager, BridgedPropagator, BridgedTracerProvider, createOpenTelemetryParts, openTelemetryIntegration };
export type { OpenTelemetryOptions, OpenTelemetryParts, SpanProcessor };
