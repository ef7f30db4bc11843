import {
  activate,
  activeSpan,
  type AnySpan,
  type Context,
  type ContextManager,
  implicitParent,
  leaveBlock,
  outsideContext,
  parentContext,
  resolveSpan,
  withCircumstances,
} from '../context/context.ts';
import type { Scope } from '../context/scope.ts';
import type { AttributeLimits, Attributes } from '../span/attributes.ts';
import type { IdSource } from '../span/ids.ts';
import { type InertOwner, InertSpan } from '../span/inert-span.ts';
import { NAME_SOURCE, Segment } from '../span/segment.ts';
import { RecordingSpan, type SpanRecorder, toName } from '../span/span.ts';
import type { Span } from '../span/span-data.ts';
import type { Clock } from '../span/time.ts';
import type { TraceContext } from '../span/trace-context.ts';
import type { SpanMatcher } from './ignore-spans.ts';
import { createTraceContext } from './propagation.ts';
import { decideSampling, isTracingEnabled, type SamplingOptions } from './sampling.ts';
import type { RefusalReason, SpanSink } from './span-sink.ts';
import type { StartSpanOptions } from './start-span-options.ts';

/** Says `root` on a span whose true parent nobody can know, so that it stands below the page's root span instead. */
const PARENT = 'spanstream.parent';

export interface TracerOptions {
  readonly contextManager: ContextManager;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits: AttributeLimits;
  readonly sampling: SamplingOptions;
  readonly ignoreSpans: SpanMatcher | undefined;
  readonly sink: SpanSink;
  readonly defaultScope: Scope;
  misused(reason: string, message: string): void;
}

/** Decides parent and fate of each new span, and keeps the order of activation. Knows no lifecycle (R12). */
export class Tracer implements SpanRecorder, InertOwner {
  readonly clock: Clock;
  readonly limits: AttributeLimits;
  readonly #options: TracerOptions;
  readonly #manager: ContextManager;
  readonly #sink: SpanSink;
  readonly #ids: IdSource;
  /** The context outside everything. A page moves it along with its page load and navigations (R1). */
  rootContext: Context;
  readonly #enabled: boolean;
  /**
   * Never sent. V8 throws compiled code away with the last object of the shape that it was compiled for, and between two
   * requests no span may be alive: without this one `bench/run.mjs --only manual` compiles for 0.77 s instead of 0.43 (Node 20, `--trace-opt`).
   */
  readonly shapeKeeper: RecordingSpan;
  /** Set by `close()`: later spans are inert and not counted. */
  closed = false;
  /**
   * Told of each recorded span when it has started, with what it was started by, and when it has ended, for processors of other
   * SDKs.
   */
  watch: ((span: RecordingSpan, options?: StartSpanOptions) => void) | undefined = undefined;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.limits = options.limits;
    this.#manager = options.contextManager;
    this.#sink = options.sink;
    this.#ids = options.ids;
    this.#enabled = isTracingEnabled(options.sampling);
    this.rootContext = outsideContext(options.defaultScope);
    // No random id: workerd gives no randomness outside of requests.
    const segment = new Segment({ traceId: '', sampleRand: 0 }, '', '', { sampled: false });
    this.shapeKeeper = new RecordingSpan(this, '', { segment, spanId: '', parentSpanId: undefined, scope: this, startTime: undefined });
  }

  /** The context of the running code. */
  get context(): Context {
    return this.#manager.active() ?? this.rootContext;
  }

  /** Runs the callback in that context. */
  runIn<T>(context: Context, callback: () => T): T {
    return this.#manager.run(context, callback);
  }

  /** Starts a span that is ended by hand or by `using`; active for the rest of the running function unless `active: false`. */
  startSpan(options: StartSpanOptions): AnySpan {
    const context = this.context;
    const span = this.#create(options, context);
    if (options.active !== false && isVisible(span)) {
      span.inBlock = true;
      this.#manager.enter(activate(context, span, 'block'));
    }
    return span;
  }

  /** Starts a span that a callback will end, and the context for that callback. */
  begin(options: StartSpanOptions, outer: Context = this.context): { readonly span: AnySpan; readonly context: Context } {
    const span = this.#create(options, outer);
    return { span, context: options.active !== false && isVisible(span) ? activate(outer, span, 'callback') : outer };
  }

  /** The trace that a top-level span would join here (R1). */
  currentTrace(context: Context): TraceContext | undefined {
    return context.trace ?? implicitParent(context)?.segment.trace;
  }

  activeSpan(): AnySpan | undefined {
    return activeSpan(this.context);
  }

  /** The context in which the given span, or none, is active. */
  contextWith(span: Span | null): Context {
    const base = this.context;
    if (span === null) return { ...activate(base, null, 'callback'), trace: this.currentTrace(base) };
    const ours = resolveSpan(span);
    return ours === undefined ? base : activate(base, ours, 'callback');
  }

  /** A trace of its own with nothing active in it. */
  contextWithTrace(trace: TraceContext): Context {
    return { ...activate(this.context, null, 'callback'), previous: undefined, depth: 0, trace };
  }

  /** A forked isolation scope; it pins the current trace, or a new one where there is none. */
  contextWithScope(): Context {
    const base = this.context;
    return withCircumstances(base, { scope: base.scope.fork(), trace: this.currentTrace(base) ?? this.newTrace() });
  }

  /**
   * The context of work that comes from outside, e.g. of an incoming request, whose connection may still carry that of an
   * earlier one: nothing active, a fork of the outermost scope. Only suppression holds on.
   */
  contextFromOutside(trace: TraceContext): Context {
    const { suppressed } = this.context;
    return {
      span: undefined,
      activation: 'callback',
      previous: undefined,
      depth: 0,
      trace,
      scope: this.rootContext.scope.fork(),
      suppressed,
      carried: undefined,
    };
  }

  /** A trace that begins here. */
  newTrace(): TraceContext {
    return createTraceContext(this.#ids);
  }

  spanEnded(span: RecordingSpan): void {
    this.#sink.spanEnded(span);
    span.segment.watch?.(span);
    this.watch?.(span);
  }

  blockEnded(span: AnySpan): void {
    const context = this.#manager.active();
    if (context?.span === span && context.activation === 'block') this.#manager.enter(leaveBlock(context));
  }

  inertSpanId(span: InertSpan): string {
    const id = this.#ids.spanId();
    this.#sink.inertIdKnown(id, span.reason);
    return id;
  }

  valueTruncated(): void {
    this.#sink.valueTruncated();
  }

  misused(reason: string, message: string): void {
    this.#options.misused(reason, message);
  }

  /** An inert span that is not counted: wrong API for the mode, or closed. */
  inert(reason: 'mode' | 'closed', name: string): InertSpan {
    const trace = this.currentTrace(this.context) ?? this.newTrace();
    return new InertSpan(this, reason, toName(name, this.limits), { segment: new Segment(trace, '', name, { sampled: trace.sampled }) });
  }

  #create(options: StartSpanOptions, context: Context): AnySpan {
    const name = toName(options.name, this.limits);
    if (this.closed) return this.inert('closed', name);
    const given = this.#givenParent(options);
    if (given !== undefined) return this.#createBelow(given ?? undefined, name, options, context);
    const at = parentContext(context);
    const span = this.#createBelow(at?.span ?? undefined, name, options, context);
    return at?.activation === 'unknown' ? span.setAttribute(PARENT, 'root') : span;
  }

  #createBelow(parent: AnySpan | undefined, name: string, options: StartSpanOptions, context: Context): AnySpan {
    // Where nothing is decided there is nothing to count either.
    if (!this.#enabled) return new InertSpan(this, 'off', name, { segment: this.#segment(context, parent, name, undefined) });
    if (context.suppressed) return this.#refuse('suppressed', name, this.#segment(context, parent, name, false));
    if (parent !== undefined) return this.#createChild(parent, name, options, context);
    if (options.onlyIfParent === true) return this.#refuse('no_parent', name, this.#segment(context, undefined, name, undefined));
    return this.#createTopLevel(name, options, context);
  }

  /** null: none shall be looked for. */
  #givenParent({ parentSpan }: StartSpanOptions): AnySpan | null | undefined {
    if (parentSpan === null || parentSpan === undefined) return parentSpan;
    const ours = resolveSpan(parentSpan);
    if (ours !== undefined) return ours;
    this.misused('parentSpan', 'parentSpan is no span of this SDK; the active span is used.');
    return undefined;
  }

  #createChild(parent: AnySpan, name: string, options: StartSpanOptions, context: Context): AnySpan {
    if (parent instanceof InertSpan) {
      if (parent.reason === 'off' || parent.reason === 'mode' || parent.reason === 'closed')
        return new InertSpan(this, parent.reason, name, parent);
      return this.#refuse(parent.reason, name, parent.segment);
    }
    if (this.#options.ignoreSpans?.(name, options.attributes)) return this.#refuse('ignored', name, parent.segment, parent);
    if (!this.#sink.admitsSpan()) return this.#refuse('memory_budget', name, parent.segment, parent);
    return this.#record(name, options, {
      segment: parent.segment,
      spanId: this.#ids.spanId(),
      parentSpanId: parent.spanId,
      scope: context.scope,
      startTime: options.startTime,
    });
  }

  #createTopLevel(name: string, options: StartSpanOptions, context: Context): AnySpan {
    const trace = this.currentTrace(context) ?? this.newTrace();
    const source = sourceOf(options.attributes);
    if (this.#options.ignoreSpans?.(name, options.attributes))
      return this.#refuse('ignored', name, new Segment(trace, '', name, { sampled: false, source }));
    const decision = decideSampling({
      name,
      attributes: options.attributes ?? {},
      trace,
      options: this.#options.sampling,
      warn: (message) => this.misused('tracesSampler', message),
    });
    if (!decision.sampled) return this.#refuse('unsampled', name, new Segment(trace, '', name, { ...decision, source }));
    if (!this.#sink.admitsNewTrace())
      return this.#refuse('memory_budget', name, new Segment(trace, '', name, { ...decision, sampled: false, source }));
    const spanId = this.#ids.spanId();
    const segment = new Segment(trace, spanId, name, { ...decision, source });
    return this.#record(name, options, {
      segment,
      spanId,
      parentSpanId: trace.parentSpanId,
      scope: context.scope,
      startTime: options.startTime,
    });
  }

  #record(name: string, options: StartSpanOptions, start: ConstructorParameters<typeof RecordingSpan>[2]): RecordingSpan {
    const span = new RecordingSpan(this, name, start);
    if (options.attributes) span.setAttributes(options.attributes);
    if (options.links) span.addLinks(options.links);
    this.#sink.spanStarted(span);
    start.segment.watch?.(span);
    this.watch?.(span, options);
    return span;
  }

  #refuse(reason: RefusalReason, name: string, segment: Segment, standIn?: RecordingSpan): InertSpan {
    const span = new InertSpan(this, reason, name, { segment, standIn });
    this.#sink.spanRefused(reason, span);
    return span;
  }

  #segment(context: Context, parent: AnySpan | undefined, name: string, sampled: boolean | undefined): Segment {
    const trace = parent?.segment.trace ?? this.currentTrace(context) ?? this.newTrace();
    return new Segment(trace, '', name, { sampled: sampled ?? trace.sampled });
  }
}

/** Spans that vanish from the middle of a tree are never active: their parent stays so (R22). */
function isVisible(span: AnySpan): boolean {
  return span instanceof RecordingSpan || span.standIn === undefined;
}

function sourceOf(attributes: Attributes | undefined): string {
  const source = attributes?.[NAME_SOURCE];
  return typeof source === 'string' ? source : 'custom';
}
