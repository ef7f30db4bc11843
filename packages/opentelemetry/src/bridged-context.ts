import { type Baggage, type Context as ApiContext, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { type AnySpan, type Carried, type Context, implicitParent, toOurs, type TraceContext } from '@spanstream/core';
import { formatBaggage, parseBaggage } from './baggage-text.ts';
import { type Bridge, SERVER } from './bridge.ts';
import { contextOfElsewhere } from './elsewhere-span.ts';
import { remoteSpan, traceOfRemote } from './remote-span.ts';
import { createRequestMetadata, followRoute } from './request-route.ts';
import { BridgedSpan, faceOf, STANDS_FOR } from './span-bridge.ts';

/** The keys under which the API, and `suppressTracing` of `@opentelemetry/core`, keep what we have in places of our own. */
const SPAN = createContextKey('OpenTelemetry Context Key SPAN');
const BAGGAGE = createContextKey('OpenTelemetry Baggage Key');
const SUPPRESS = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
/** Where `@opentelemetry/core` keeps what the instrumentation of routers tells that of servers. */
const RPC_METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

type Tracer = Bridge['tracer'];
type Values = ReadonlyMap<symbol, unknown>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a context is made of beside a context of ours. */
interface Contents {
  readonly values?: Values | undefined;
  /** A context of the API's own class that this one goes back to, e.g. one made from `ROOT_CONTEXT`. */
  readonly rest?: ApiContext | undefined;
  /** What was set as the span, if anything was. */
  readonly span?: unknown;
}

const NOTHING: Contents = {};

/** A context of OpenTelemetry over one of ours: span, suppression and baggage are those of ours, all else is kept here. */
export class BridgedContext implements ApiContext, Carried {
  /** Our context, in which code runs that this context is made current for. */
  readonly ours: Context;
  /** The same as whoever looks for the current context is to see it. */
  readonly shown: ApiContext;
  readonly #bridge: Bridge;
  readonly #contents: Contents;
  #baggage: Baggage | undefined = undefined;

  private constructor(bridge: Bridge, ours: Context, contents: Contents, shown?: ApiContext) {
    this.#bridge = bridge;
    this.ours = ours;
    this.#contents = contents;
    this.shown = shown ?? this;
  }

  /** A view of a context of ours. */
  static over(bridge: Bridge, ours: Context): BridgedContext {
    const { carried } = ours;
    if (!(carried instanceof BridgedContext)) return new BridgedContext(bridge, ours, NOTHING);
    if (carried.ours === ours) return carried;
    return new BridgedContext(bridge, ours, carried.#contentsIn(ours));
  }

  /** A context of the API's own class, on the ground of what is outside everything. */
  static of(bridge: Bridge, foreign: ApiContext): BridgedContext {
    const { rootContext } = bridge.tracer;
    const span = faceOrForeign(bridge, foreign.getValue(SPAN));
    const scope = scopeFor(bridge.tracer, span);
    const ground = { ...rootContext, span: undefined, trace: undefined, scope, suppressed: foreign.getValue(SUPPRESS) === true };
    const ours = span === undefined ? ground : { ...ground, ...place(bridge, ground, span) };
    return BridgedContext.#carriedBy(bridge, ours, { rest: foreign, span }, foreign);
  }

  /** A context of ours that carries what it is seen as. */
  static #carriedBy(bridge: Bridge, base: Context, contents: Contents, shown?: ApiContext): BridgedContext {
    const ours: Mutable<Context> = { ...base };
    const context = new BridgedContext(bridge, ours, contents, shown);
    ours.carried = context;
    return context;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#contents.span ?? this.#activeSpan();
    if (key === SUPPRESS) return this.ours.suppressed || undefined;
    const { values, rest } = this.#contents;
    if (values?.has(key) === true) return values.get(key);
    const value = rest?.getValue(key);
    if (value !== undefined) return value;
    if (key === BAGGAGE) return this.#incomingBaggage();
    return key === RPC_METADATA ? this.#requestMetadata() : undefined;
  }

  setValue(key: symbol, value: unknown): ApiContext {
    const { ours } = this;
    if (key === SPAN) return this.withSpan(value);
    if (key === SUPPRESS) return this.#derive({ ...ours, suppressed: value === true }, this.#contents);
    if (key === RPC_METADATA) followRoute(value);
    const values = new Map(this.#contents.values).set(key, value);
    return this.#derive(ours, { ...this.#contents, values });
  }

  deleteValue(key: symbol): ApiContext {
    return this.setValue(key, undefined);
  }

  /** The context with that span, or with none. */
  withSpan(given: unknown): BridgedContext {
    const { ours } = this;
    const span = faceOrForeign(this.#bridge, given);
    const next = { ...ours, ...place(this.#bridge, ours, span) };
    return this.#derive(next, { ...this.#contentsBeside(this.#bridge.tracer.currentTrace(next)), span });
  }

  /** The context in the trace that was read from headers; where they name none, only their baggage is new. */
  withIncoming(trace: TraceContext): BridgedContext {
    const { parentSpanId, foreignBaggage } = trace;
    if (parentSpanId !== undefined) {
      const contents = foreignBaggage === undefined ? this.#contentsBeside(trace) : this.#contentsWithoutBaggage();
      return this.#derive({ ...this.ours, ...INACTIVE, trace }, { ...contents, span: remoteSpan(trace, parentSpanId) });
    }
    return foreignBaggage === undefined ? this : (this.setValue(BAGGAGE, parseBaggage(foreignBaggage)) as BridgedContext);
  }

  /** What was set as the span, if anything was. */
  get givenSpan(): unknown {
    return this.#contents.span;
  }

  baggageIn(trace: TraceContext | undefined): string | undefined {
    const { values, rest } = this.#contents;
    if ((values === undefined && rest === undefined) || !this.#leavesBaggage(trace)) return undefined;
    const baggage = (values?.has(BAGGAGE) === true ? values.get(BAGGAGE) : rest?.getValue(BAGGAGE)) as Baggage | undefined;
    if (baggage !== undefined) return formatBaggage(baggage);
    return values?.has(BAGGAGE) === true ? '' : undefined;
  }

  #derive(base: Context, contents: Contents): BridgedContext {
    return BridgedContext.#carriedBy(this.#bridge, base, contents);
  }

  /** What of this still holds in a context of ours that came from it. */
  #contentsIn(ours: Context): Contents {
    const { values, rest } = this.#contents;
    if ((values === undefined && rest === undefined) || this.#leavesBaggage(ours.trace)) return { values, rest };
    // The trace that was continued since then brought its own.
    return this.#contentsWithoutBaggage();
  }

  /** For a context in that trace: in OpenTelemetry what a trace brought along stays in the context when the trace does not. */
  #contentsBeside(trace: TraceContext | undefined): Contents {
    const { values, rest } = this.#contents;
    const before = this.#bridge.tracer.currentTrace(this.ours);
    if (before?.foreignBaggage === undefined || before === trace) return { values, rest };
    return { values: new Map(values).set(BAGGAGE, this.getValue(BAGGAGE)), rest };
  }

  /** For a context whose trace brings its own. */
  #contentsWithoutBaggage(): Contents {
    const { values, rest } = this.#contents;
    const kept = new Map(values);
    kept.delete(BAGGAGE);
    return { values: kept, rest: rest?.deleteValue(BAGGAGE) };
  }

  /** Whether this trace, which is pinned somewhere inside, has brought no baggage of its own. */
  #leavesBaggage(trace: TraceContext | undefined): boolean {
    const { ours } = this;
    if (trace === undefined || trace === ours.trace || trace.foreignBaggage === undefined) return true;
    return trace.traceId === this.#bridge.tracer.currentTrace(ours)?.traceId;
  }

  #activeSpan(): unknown {
    return spanIn(this.#bridge, this.ours);
  }

  /** Where an integration of ours serves the request, OpenTelemetry's instrumentation of servers has told nothing. */
  #requestMetadata(): unknown {
    const span = this.ours.scope.entrySpan as AnySpan | undefined;
    if (span === undefined) return undefined;
    const face = faceOf(this.#bridge, span);
    return face.kind === SERVER ? undefined : createRequestMetadata(span, face);
  }

  /** What the trace brought along; as entries, since that is what is asked for. */
  #incomingBaggage(): Baggage | undefined {
    const text = this.#bridge.tracer.currentTrace(this.ours)?.foreignBaggage;
    return text === undefined ? undefined : (this.#baggage ??= parseBaggage(text));
  }
}

/** The context of the running code. */
export function activeContext(bridge: Bridge): ApiContext {
  const ours = bridge.tracer.context;
  const { span, trace, suppressed, carried } = ours;
  if (span === undefined && trace === undefined && !suppressed && carried === undefined) return ROOT_CONTEXT;
  return BridgedContext.over(bridge, ours).shown;
}

/** Any context as one of ours; none at all is the root. @throws whatever a context of somebody's own making throws */
export function toBridged(bridge: Bridge, context: ApiContext | undefined | null): BridgedContext {
  return context instanceof BridgedContext ? context : BridgedContext.of(bridge, context ?? ROOT_CONTEXT);
}

/** Our context that code is to run in which this one is made current for; the running code's where that cannot be had (R34). */
export function contextFor(bridge: Bridge, context: ApiContext): Context {
  try {
    return toBridged(bridge, context).ours;
  } catch (error) {
    bridge.current.fault('OpenTelemetry context', error);
    return bridge.tracer.context;
  }
}

/** Our context in which this span, which has just been started there, is active: like `withSpan`, without an object of the API's. */
export function withStarted(outer: Context, face: BridgedSpan): Context {
  const { entry } = face;
  const { trace } = outer;
  return {
    span: visible(face[STANDS_FOR]),
    activation: 'explicit',
    previous: undefined,
    depth: 0,
    trace: entry?.trace ?? (trace?.traceId === face.span.segment.trace.traceId ? trace : undefined),
    scope: entry?.scope ?? outer.scope,
    suppressed: outer.suppressed,
    carried: outer.carried,
  };
}

/**
 * What changes in a context of ours when this is set as its span. It stays active when it has ended, as OpenTelemetry has
 * it, so nothing of what was active before is kept.
 */
function place(bridge: Bridge, base: Context, span: unknown): Partial<Context> {
  if (span instanceof BridgedSpan) {
    const { carried: _, ...change } = withStarted(base, span);
    return change;
  }
  if (typeof span !== 'object' || span === null) return { ...INACTIVE, trace: undefined };
  const elsewhere = contextOfElsewhere(span);
  if (elsewhere !== undefined) {
    const { carried: _, ...change } = elsewhere;
    return change;
  }
  return { ...INACTIVE, trace: traceOfRemote(bridge, span, bridge.tracer.currentTrace(base)) };
}

/** What stands for a span of ours, whichever of the two was set; anything else as it is, but hostile objects are no span (R34). */
function faceOrForeign(bridge: Bridge, span: unknown): unknown {
  if (typeof span !== 'object' || span === null) return undefined;
  try {
    if (span instanceof BridgedSpan) return span;
    const ours = toOurs(span);
    if (ours !== undefined) return faceOf(bridge, ours);
    return span;
  } catch (error) {
    bridge.current.fault('OpenTelemetry setSpan', error);
    return undefined;
  }
}

/** The isolation scope for a context that knows none: beside a request's span what `setUser` says is said of that request. */
function scopeFor({ rootContext, context }: Tracer, span: unknown): Context['scope'] {
  if (!(span instanceof BridgedSpan)) return rootContext.scope;
  // Spans that record nothing keep no scope.
  return 'scope' in span.span ? (span.span.scope as Context['scope']) : context.scope;
}

const INACTIVE = { span: undefined, activation: 'explicit', previous: undefined, depth: 0 } as const;

/** What vanishes from the middle of a tree is never active: its parent stays so (R22). */
function visible(span: AnySpan): AnySpan {
  return 'standIn' in span ? (span.standIn ?? span) : span;
}

function spanIn(bridge: Bridge, ours: Context): unknown {
  const span = implicitParent(ours);
  if (span !== undefined) return faceOf(bridge, span);
  const { trace } = ours;
  return trace?.parentSpanId === undefined ? undefined : remoteSpan(trace, trace.parentSpanId);
}
