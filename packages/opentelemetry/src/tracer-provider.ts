import {
  type Context as ApiContext,
  INVALID_SPAN_CONTEXT,
  type Span as ApiSpan,
  type SpanOptions,
  trace,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
} from '@opentelemetry/api';
import { HTTP_URL, OTEL_SCOPE_NAME, OTEL_SCOPE_VERSION, SENTRY_KIND, SENTRY_OP, URL_FULL } from '@sentry/conventions/attributes';
import { type AnySpan, type Attributes, type Context, implicitParent, type StartSpanOptions } from '@spanstream/core';
import { toAttributes } from './attribute-values.ts';
import { type Bridge, CLIENT, CONSUMER, type InstrumentationScope, SERVER } from './bridge.ts';
import { BridgedContext, contextFor, toBridged, withStarted } from './bridged-context.ts';
import { ElsewhereSpan } from './elsewhere-span.ts';
import { BridgedSpan, faceOf, toLinks } from './span-bridge.ts';
import { inferOp, KIND_NAMES } from './span-op.ts';
import { toEpochMs } from './time-input.ts';

/** As many are remembered; applications have some dozens of libraries. */
const MAX_TRACERS = 500;

/** Hands out tracers whose spans are those of the SDK. */
export class BridgedTracerProvider implements TracerProvider {
  readonly #bridge: Bridge;
  readonly #tracers = new Map<string, BridgedTracer>();
  /** What else is to be flushed with the client. */
  readonly #flushTap: () => Promise<void>;

  constructor(bridge: Bridge, flushTap: () => Promise<void>) {
    this.#bridge = bridge;
    this.#flushTap = flushTap;
  }

  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    const scope = toScope(name, version, options?.schemaUrl);
    const key = `${scope.name}@${scope.version ?? ''}:${scope.schemaUrl ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer !== undefined) return tracer;
    // Names may be made at run time; tracers that are held go on.
    if (this.#tracers.size >= MAX_TRACERS) this.#tracers.clear();
    this.#tracers.set(key, (tracer = new BridgedTracer(this.#bridge, scope)));
    return tracer;
  }

  /** Delivers or accounts for everything accepted so far, as `flush()` does. */
  async forceFlush(): Promise<void> {
    await Promise.all([this.#bridge.client.flush(), this.#flushTap()]);
  }

  /** As `forceFlush`: the client is the application's, and goes on until its `close()`. */
  shutdown(): Promise<void> {
    return this.forceFlush();
  }
}

/** Starts spans of ours for one instrumentation scope. */
export class BridgedTracer implements Tracer {
  readonly instrumentationScope: InstrumentationScope;
  readonly #bridge: Bridge;
  /** The library that published instrumentation of this name records; undefined for everything else. */
  readonly #library: string | undefined;

  constructor(bridge: Bridge, scope: InstrumentationScope) {
    this.#bridge = bridge;
    this.instrumentationScope = scope;
    this.#library = libraryOf(scope.name);
  }

  startSpan(name: string, options?: SpanOptions, context?: ApiContext): ApiSpan {
    try {
      return this.#start(name, options, this.#outer(context));
    } catch (error) {
      this.#bridge.current.fault('OpenTelemetry startSpan', error);
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
  }

  startActiveSpan<F extends (span: ApiSpan) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: ApiSpan) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: ApiSpan) => unknown>(name: string, options: SpanOptions, context: ApiContext, fn: F): ReturnType<F>;
  startActiveSpan(name: string, ...rest: unknown[]): unknown {
    const fn = rest.at(-1) as ((span: ApiSpan) => unknown) | undefined;
    if (typeof fn !== 'function') return undefined;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : undefined;
    const given = rest.length > 2 ? (rest[1] as ApiContext | undefined) : undefined;
    const span = this.startSpan(name, options, given);
    return this.#bridge.tracer.runIn(this.#inside(span, given, options?.root === true), () => fn(span));
  }

  /** The context in which the span that was started in the given one is active. */
  #inside(span: ApiSpan, given: ApiContext | undefined, isRoot: boolean): Context {
    const bridge = this.#bridge;
    const outer = given === undefined ? bridge.tracer.context : contextFor(bridge, given);
    // Only a span that leaves the trace leaves something behind that an object of the API's has to keep.
    if (span instanceof BridgedSpan && !isRoot) return withStarted(outer, span);
    return BridgedContext.over(bridge, outer).withSpan(span).ours;
  }

  #outer(context: ApiContext | undefined): Context {
    return context === undefined ? this.#bridge.tracer.context : toBridged(this.#bridge, context).ours;
  }

  #start(name: string, options: SpanOptions | undefined, given: Context): ApiSpan {
    const bridge = this.#bridge;
    const { tracer } = bridge;
    const kind = options?.kind ?? 0;
    if (this.#library !== undefined && bridge.isRecorded(this.#library, kind)) return this.#elsewhere(kind);
    const attributes = toAttributes(options?.attributes);
    const url = kind === CLIENT ? urlOf(attributes) : undefined;
    if (url !== undefined && bridge.client.isOwnUrl(url)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

    const base: Context = options?.root === true ? { ...given, ...ROOT } : given;
    const isEntry = (kind === SERVER || kind === CONSUMER) && implicitParent(base) === undefined;
    const outer = isEntry ? { ...base, scope: tracer.rootContext.scope.fork(), trace: base.trace ?? tracer.newTrace() } : base;
    // Merging costs 3 us a span (Node 20), so only where somebody decides by attributes.
    const areRead = bridge.hasFilter || (bridge.hasSampler && implicitParent(outer) === undefined);
    const facts = areRead ? factsOf(this.instrumentationScope, kind, attributes) : undefined;
    const known = facts === undefined ? attributes : { ...attributes, ...facts };
    const described = this.#describe(name, options, known);
    if (bridge.isTapped) bridge.births.set(described, { by: this.instrumentationScope, kind, outer });
    const { span } = tracer.begin(described, outer);
    if (facts === undefined) this.#addFacts(span, kind, attributes);
    const face = span.face instanceof BridgedSpan ? span.face : new BridgedSpan(bridge, span, kind, this.instrumentationScope);
    face.url = url;
    if (isEntry) {
      bridge.atFirstEntry?.();
      bridge.atFirstEntry = undefined;
      face.entry = { scope: outer.scope, trace: outer.trace };
      if (kind === SERVER) outer.scope.entrySpan = span;
    }
    return face;
  }

  #describe(name: string, options: SpanOptions | undefined, attributes: Attributes | undefined): StartSpanOptions {
    const clock = this.#bridge.tracer.clock;
    const startTime = options?.startTime === undefined ? undefined : toEpochMs(options.startTime, clock);
    const links = toLinks(options?.links);
    return {
      name,
      active: false,
      ...(attributes !== undefined && { attributes }),
      ...(startTime !== undefined && { startTime }),
      ...(links !== undefined && { links }),
    };
  }

  /** What `factsOf` says, one by one. */
  #addFacts(span: AnySpan, kind: number, attributes: Attributes | undefined): void {
    const { name, version } = this.instrumentationScope;
    span.setAttribute(OTEL_SCOPE_NAME, name);
    if (version !== undefined) span.setAttribute(OTEL_SCOPE_VERSION, version);
    if (kind === 0) return;
    span.setAttribute(SENTRY_KIND, KIND_NAMES[kind]);
    if (attributes !== undefined && attributes[SENTRY_OP] === undefined) span.setAttribute(SENTRY_OP, inferOp(kind, attributes));
  }

  #elsewhere(kind: number): ApiSpan {
    const { context } = this.#bridge.tracer;
    const receiver = kind === SERVER && !context.suppressed ? context.scope.entrySpan : undefined;
    const active = receiver ?? implicitParent(context);
    const spanContext = active === undefined ? INVALID_SPAN_CONTEXT : faceOf(this.#bridge, active as AnySpan).spanContext();
    return new ElsewhereSpan({ context, receiver, spanContext });
  }
}

/** A name that is none is the empty one: https://opentelemetry.io/docs/specs/otel/trace/api/#get-a-tracer */
function toScope(name: unknown, version: unknown, schemaUrl: unknown): InstrumentationScope {
  return {
    name: typeof name === 'string' ? name : '',
    ...(typeof version === 'string' && { version }),
    ...(typeof schemaUrl === 'string' && { schemaUrl }),
  };
}

/** Nothing is active and no trace is pinned. */
const ROOT = { span: undefined, activation: 'explicit', previous: undefined, depth: 0, trace: undefined } as const;

/** What the kind says about the span, and with the attributes what it does. */
function factsOf({ name, version }: InstrumentationScope, kind: number, attributes: Attributes | undefined): Attributes {
  const hasOp = kind === 0 || attributes === undefined || attributes[SENTRY_OP] !== undefined;
  return {
    [OTEL_SCOPE_NAME]: name,
    [OTEL_SCOPE_VERSION]: version,
    ...(kind !== 0 && { [SENTRY_KIND]: KIND_NAMES[kind] }),
    ...(!hasOp && { [SENTRY_OP]: inferOp(kind, attributes) }),
  };
}

function urlOf(attributes: Attributes | undefined): string | undefined {
  const url = attributes?.[URL_FULL] ?? attributes?.[HTTP_URL];
  return typeof url === 'string' ? url : undefined;
}

function libraryOf(scopeName: string): string | undefined {
  return /^@opentelemetry\/instrumentation-(.+)$/.exec(scopeName)?.[1] ?? (scopeName === '@fastify/otel' ? 'fastify' : undefined);
}
