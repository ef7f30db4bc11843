// @spanstream/core: index.d.mts
/// <reference lib="esnext.disposable" />
/**
 * The one byte budget over everything the SDK keeps (R16): open spans, buffers, queue, retries, texts in flight.
 * `retained + inFlight` stays within `maxBytes`, but that one envelope may always be in flight.
 */
declare class ByteBudget {
    #private;
    readonly maxBytes: number;
    /** Bytes of envelope text that may be in flight at a time. */
    readonly maxInFlightBytes: number;
    /** Bytes charged by whoever holds spans. */
    retained: number;
    /** Bytes of encoded envelopes in the transport. */
    inFlight: number;
    constructor(maxBytes: number);
    /** All bytes in use now. */
    get used(): number;
    /** Whether a trace of which nothing was sent or buffered yet may begin. */
    admitsNewTrace(): boolean;
    /** Whether a span of this size still fits; errors have the last tenth to themselves. */
    admits(bytes: number, isError: boolean): boolean;
    /** Charges the bytes if they fit. */
    tryReserve(bytes: number, isError?: boolean): boolean;
    /** Charges bytes that are there already, e.g. the halves of a batch that was admitted whole. */
    reserve(bytes: number): void;
    /** Gives back what was charged. */
    release(bytes: number): void;
}

/** A value with a unit from the conventions, e.g. `{ value: 12, unit: 'millisecond' }`. */
interface AttributeWithUnit {
    readonly value: string | number | boolean;
    readonly unit: string;
}
/** What an attribute may hold (R6). Everything else is dropped with one debug line. */
type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[] | AttributeWithUnit;
/** Attributes by name; `undefined` removes one. */
type Attributes = Record<string, AttributeValue | undefined>;
/** Name, value, name, value, …: smaller and faster than a Map for the handful of attributes that a span has. */
type AttributeList = (string | AttributeValue)[];
/** The bounds of R6. */
interface AttributeLimits {
    readonly maxAttributes: number;
    /** UTF-8 bytes of a string value, and of a name. */
    readonly maxStringBytes: number;
    readonly maxArrayLength: number;
    readonly maxLinks: number;
}
/** Told of what had to be changed: `cut` shortened or left out, `dropped` not an attribute value at all. */
interface AttributeObserver {
    readonly limits: AttributeLimits;
    attributeCut(key: string): void;
    attributeDropped(key: string, value: unknown): void;
}

declare global {
    interface SymbolConstructor {
        readonly dispose: unique symbol;
    }
    interface Disposable {
        [Symbol.dispose](): void;
    }
}
/** `Symbol.dispose` where the platform has it (Node 20 does); elsewhere the symbol that compilers' `using` helpers fall back to. */
declare const dispose: typeof Symbol.dispose;

/** A trace as far as this process knows it; pinned by `continueTrace`, `startNewTrace` or an isolation scope (R1). */
interface TraceContext {
    readonly traceId: string;
    /** The remote span that this trace was continued from. */
    readonly parentSpanId?: string | undefined;
    /** The decision made upstream; absent: undecided. */
    readonly sampled?: boolean | undefined;
    /** Six digits in [0, 1) that travel in baggage, so that every service decides alike (R21). */
    readonly sampleRand: number;
    /** Upstream's sample rate, when its baggage had a usable one. */
    readonly sampleRate?: number | undefined;
    /** Upstream's dynamic sampling context as it came (R26). */
    readonly dsc?: Readonly<Record<string, string>> | undefined;
    readonly tracestate?: string | undefined;
    /** Baggage members of others, byte for byte. */
    readonly foreignBaggage?: string | undefined;
}

/** A span as those see it who wait for the end of a tree. */
interface WatchedSpan {
    readonly spanId: string;
    readonly startMs: number;
    readonly endMs: number;
    readonly ended: boolean;
}
/**
 * What the spans of one local tree share: the topmost span's identity and the decision made for it. Spans point here, never
 * at each other, so a parent retains none of its children (R9).
 */
declare class Segment {
    readonly trace: TraceContext;
    /** The topmost span's id. */
    readonly spanId: string;
    /** The topmost span's name; it may change until that span ends (R5). */
    name: string;
    source: string;
    /** True: recorded. False: decided against. Undefined: tracing is off and nobody decided. */
    readonly sampled: boolean | undefined;
    /** The rate that this process decided with; absent when the decision came from upstream. */
    readonly sampleRate: number | undefined;
    /** The name in the dynamic sampling context, frozen when it first leaves the process (R26); null: none is told. */
    frozenName: string | null | undefined;
    /** Whether the topmost span has ended. */
    ended: boolean;
    /** Told of each recorded span of the tree when it has started and when it has ended; how a page load knows that it is over. */
    watch: ((span: WatchedSpan) => void) | undefined;
    constructor(trace: TraceContext, spanId: string, name: string, decision: {
        sampled?: boolean | undefined;
        sampleRate?: number | undefined;
        source?: string;
    });
}

/** Relates a span to one of any trace, e.g. a consumed message to its producer. */
interface SpanLink {
    readonly context: {
        readonly traceId: string;
        readonly spanId: string;
        readonly sampled?: boolean;
    };
    readonly attributes?: Attributes;
}
/** What other parties need to know of a span. */
interface SpanContext {
    readonly traceId: string;
    readonly spanId: string;
    readonly sampled: boolean;
}
type SpanStatus = 'ok' | 'error';
/** One timed piece of work. Ended spans are frozen; inert ones answer to everything and record nothing (R8). */
interface Span extends Disposable {
    readonly name: string;
    readonly status: SpanStatus;
    /** The ids that travel; valid on inert spans, too. */
    spanContext(): SpanContext;
    /** Whether what is set here can still reach a backend. */
    isRecording(): boolean;
    /** Renames the span; a top-level span's new name reaches its buffered children, too (R5). */
    setName(name: string): this;
    /** An explicit status is kept when a callback throws later. */
    setStatus(status: SpanStatus, message?: string): this;
    /** `undefined` removes the attribute. */
    setAttribute(key: string, value: AttributeValue | undefined): this;
    setAttributes(attributes: Attributes): this;
    getAttributes(): Readonly<Attributes>;
    addLink(link: SpanLink): this;
    addLinks(links: SpanLink[]): this;
    /** Ends the span; only the first call counts. @param endTime ms since the epoch; unusable values mean now (R4). */
    end(endTime?: number | Date): void;
}
/** Where an object that can be passed for a span has the span that it stands for. */
declare const STANDS_FOR: unique symbol;
/** A finished span as hooks see it, the same in both lifecycles. */
interface SpanJSON {
    readonly trace_id: string;
    readonly span_id: string;
    readonly parent_span_id?: string;
    /** Whether it is the topmost span of this service in the trace. */
    readonly is_segment: boolean;
    /** Seconds since the epoch. */
    readonly start_timestamp: number;
    /** Seconds since the epoch. */
    readonly end_timestamp: number;
    name: string;
    status: SpanStatus;
    attributes: Record<string, AttributeValue>;
    links?: SpanLink[];
}

/** The two clocks of a platform, in milliseconds. */
interface ClockSource {
    wallClockMs(): number;
    monotonicMs(): number;
}
/**
 * Wall time at the monotonic clock's resolution. Each read checks the anchor, since a monotonic clock that stood still while
 * the machine slept would put every later span into the past (R4).
 */
declare class Clock {
    #private;
    /** Wall time minus monotonic time. Compared between two reads it tells by how much the clocks disagree. */
    offsetMs: number;
    /** The monotonic time of the last read. */
    monotonicMs: number;
    constructor(source: ClockSource);
    /** Reads both clocks; the answer is milliseconds since the epoch with a fraction. */
    now(): number;
}

/** Where spans go when they end, and whom they tell of oddities: one object per client. */
interface SpanRecorder {
    readonly clock: Clock;
    readonly limits: AttributeLimits;
    /** Attributes of the span's isolation scope, merged when it ends. */
    spanEnded(span: RecordingSpan): void;
    /** The span was active for the rest of a block and has ended. */
    blockEnded(span: RecordingSpan): void;
    valueTruncated(): void;
    misused(reason: string, message: string): void;
}
/** How a span came to be. */
interface SpanStart {
    readonly segment: Segment;
    readonly spanId: string;
    readonly parentSpanId: string | undefined;
    readonly scope: object;
    readonly startTime?: number | Date | undefined;
}
/** A span that will be sent. Its fields are read by the lifecycle when it has ended. */
declare class RecordingSpan implements Span, AttributeObserver {
    #private;
    readonly segment: Segment;
    readonly spanId: string;
    readonly parentSpanId: string | undefined;
    /** The isolation scope that it belongs to. */
    readonly scope: object;
    name: string;
    status: SpanStatus;
    statusMessage: string | undefined;
    statusIsExplicit: boolean;
    readonly attributes: AttributeList;
    links: SpanLink[] | undefined;
    /** Names of attributes that were cut or left out. */
    truncated: string[] | undefined;
    readonly startMs: number;
    /** NaN until then: a whole number would make V8 change the shape of spans under way. */
    endMs: number;
    ended: boolean;
    /** Active for the rest of a block, not by callback. */
    inBlock: boolean;
    /** What stands for this span in another API. */
    face: object | undefined;
    /** Neighbours in the list of open spans. */
    previousOpen: RecordingSpan | undefined;
    nextOpen: RecordingSpan | undefined;
    constructor(recorder: SpanRecorder, name: string, start: SpanStart);
    get limits(): AttributeLimits;
    get isSegment(): boolean;
    spanContext(): SpanContext;
    isRecording(): boolean;
    setName(name: string): this;
    setStatus(status: SpanStatus, message?: string): this;
    setAttribute(key: string, value: AttributeValue | undefined): this;
    setAttributes(attributes: Attributes): this;
    getAttributes(): Readonly<Attributes>;
    addLink(link: SpanLink): this;
    addLinks(links: SpanLink[]): this;
    end(endTime?: number | Date): void;
    [dispose](): void;
    /** What a throw or a rejection means for a span, unless its status was set by hand (R7). */
    fail(error: unknown): void;
    attributeCut(key: string): void;
    attributeDropped(key: string, value: unknown): void;
}

/**
 * Why a span records nothing: a `DropReason`, or `off` (no sampler or not enabled), `mode` (the other lifecycle's API),
 * none of which is a started span.
 */
type InertReason = 'unsampled' | 'ignored' | 'no_parent' | 'suppressed' | 'memory_budget' | 'closed' | 'off' | 'mode';
/** Whom inert spans ask: one object per client. */
interface InertOwner {
    /** An id for a span that somebody asks for by id. */
    inertSpanId(span: InertSpan): string;
    /** The span was active for the rest of a block and has ended. */
    blockEnded(span: InertSpan): void;
}
/** A span that answers to everything and keeps nothing (R8). */
declare class InertSpan implements Span {
    #private;
    readonly name: string;
    readonly reason: InertReason;
    readonly segment: Segment;
    /** The nearest recorded ancestor, which this span's children belong to (R22). */
    readonly standIn: RecordingSpan | undefined;
    ended: boolean;
    /** Active for the rest of a block, not by callback. */
    inBlock: boolean;
    /** What stands for this span in another API. */
    face: object | undefined;
    constructor(owner: InertOwner, reason: InertReason, name: string, origin: {
        readonly segment: Segment;
        readonly standIn?: RecordingSpan | undefined;
    });
    get status(): SpanStatus;
    /** Made when first asked for: most inert spans are never asked. */
    get spanId(): string;
    spanContext(): SpanContext;
    isRecording(): boolean;
    setName(_name: string): this;
    setStatus(_status: SpanStatus, _message?: string): this;
    setAttribute(_key: string, _value: AttributeValue | undefined): this;
    setAttributes(_attributes: Attributes): this;
    getAttributes(): Readonly<Attributes>;
    addLink(_link: SpanLink): this;
    addLinks(_links: SpanLink[]): this;
    end(_endTime?: number | Date): void;
    [dispose](): void;
    fail(_error: unknown): void;
}

/** Who uses the application; sent only with `sendDefaultPii`. */
interface User {
    readonly id?: string | number;
    readonly email?: string;
    readonly username?: string;
    readonly name?: string;
    readonly ip_address?: string;
}
/** Attributes for every span of one unit of isolation, e.g. of one incoming request. Holds no request objects. */
declare class Scope {
    readonly attributes: AttributeList;
    user: User | null;
    /** The span that stands for the whole unit, e.g. a request's server span, which a router deep inside gives its name. */
    entrySpan: Span | undefined;
    constructor(from?: Scope);
    /** A scope with the same content that goes its own way. */
    fork(): Scope;
    setAttribute(key: string, value: unknown, observer: AttributeObserver): void;
    setAttributes(attributes: Attributes, observer: AttributeObserver): void;
}

type AnySpan = RecordingSpan | InertSpan;
/** The span that this SDK made, also when the value only stands for it; undefined for anything else. Never throws. */
declare function toOurs(given: unknown): AnySpan | undefined;
/**
 * How a span became active. What a `callback` started and runs after it is still caused by it; a `block` stops counting the
 * moment its span ends; `explicit` is a span that was passed to `withActiveSpan` after it had ended (R2). `unknown`: the runtime
 * cannot follow asynchronous work, several causes are possible, and this span, a page's root, stands in for the true one.
 */
type Activation = 'callback' | 'block' | 'explicit' | 'unknown';
/** What another tracing API carries along in a context of ours. */
interface Carried {
    /** The baggage members of others for requests that leave from here, of which the trace that is pinned here brought its own. */
    baggageIn(trace: TraceContext | undefined): string | undefined;
}
/** What is current at one point of the program. Immutable; context managers carry it along asynchronous work. */
interface Context {
    /** The span activated here; null: nothing is active from here on; undefined: look no further. */
    readonly span: AnySpan | null | undefined;
    readonly activation: Activation;
    /** The order of activation, which is not the parent chain. */
    readonly previous: Context | undefined;
    /** How many contexts can be behind this one. */
    readonly depth: number;
    /** The pinned trace (R1). */
    readonly trace: TraceContext | undefined;
    readonly scope: Scope;
    readonly suppressed: boolean;
    readonly carried: Carried | undefined;
}
/** Carries the current context; one implementation per kind of runtime, all held to one conformance suite. */
interface ContextManager {
    active(): Context | undefined;
    /** Runs the callback with this context, and all that it starts as far as the runtime can follow. */
    run<T>(context: Context, callback: () => T): T;
    /** Makes the context current for the rest of the running function, at most within the innermost `run`. */
    enter(context: Context): void;
}
/** The parent of a span that names none. */
declare function implicitParent(context: Context | undefined): AnySpan | undefined;

/** What a transport is asked to send: one envelope. Fetch-shaped, so that fetch-retry can wrap it. */
interface TransportRequest {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    /** The envelope, as UTF-8 or as text; the transport may compress it. */
    readonly body: Uint8Array<ArrayBuffer> | string;
}
interface TransportResponse {
    readonly status: number;
    readonly headers: {
        get(name: string): string | null | undefined;
    };
    /** The answer's body, where it was asked for and came whole. */
    arrayBuffer?(): Promise<ArrayBuffer>;
}
/** Carries envelopes to a backend. Nothing it throws reaches the application (R29). */
interface Transport {
    /** Resolves with the backend's answer, whatever its status; rejects when there was none. */
    send(url: string, request: TransportRequest): Promise<TransportResponse>;
    /** How many envelopes it takes at a time, asked again and again; default 64. */
    readonly maxConcurrency?: number;
    /** Pages: whether the browser has this body and brings it to the backend even if the page goes away. */
    isUnderWay?(body: TransportRequest['body']): boolean;
    /** Nobody waits for the answer to this body any more; it shall not be sent if it was not. */
    cancel?(body: TransportRequest['body']): void;
    /** Abandons what is in flight and releases connections. Called once, at the end of `close()`. */
    close?(): void;
}
interface TransportOptions {
    /** The envelope endpoint or the tunnel. */
    readonly url: string;
}
/** What a transport for a sink is made of. */
interface SinkTransportOptions extends TransportOptions {
    /** How long an attempt may go without an answer. */
    readonly timeoutMs: number;
}
/** Makes a transport that leaves bodies as they are and reads those of the answers. */
type CreateSinkTransport = (options: SinkTransportOptions) => Transport;
type CreateTransport = (options: TransportOptions) => Transport;

/** Makes random ids from the platform's cryptographic source, drawn in blocks: one draw per id would cost 25 times as much. */
declare class IdSource {
    #private;
    constructor(fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void);
    /** 16 lower-case hex digits, not all zero. */
    spanId(): string;
    /** 32 lower-case hex digits, not all zero. */
    newTraceId(): string;
    /** Uniform in [0, 1). */
    random(): number;
}

/**
 * Matches spans by their name: a string is contained in it, a RegExp is tested (whatever its `lastIndex`); or by name
 * and attributes, all of which must match: string and RegExp as for names and on string attributes only, other values
 * strictly equal, arrays element by element. An object that asks for nothing matches nothing.
 */
type IgnorePattern = string | RegExp | {
    readonly name?: string | RegExp | undefined;
    readonly attributes?: {
        readonly [key: string]: IgnoreValue | undefined;
    } | undefined;
};
/** What an attribute is compared with. */
type IgnoreValue = string | RegExp | number | boolean | readonly string[] | readonly number[] | readonly boolean[];
/** Attributes as name, value, name, value, … or as a record of which own keys count; undefined: none. */
type IgnoreAttributes = readonly (string | AttributeValue)[] | Readonly<Attributes> | undefined;
/** Whether a span that is about to start is ignored. Never throws. */
type SpanMatcher = (name: string, attributes: IgnoreAttributes) => boolean;

/** What `tracesSampler` knows when it decides about a top-level span. */
interface SamplingContext {
    readonly name: string;
    readonly attributes: Readonly<Attributes>;
    /** The decision made upstream; undefined: undecided, or the trace begins here. */
    readonly parentSampled: boolean | undefined;
    /** The rate upstream decided with, 0..1, if it said so. */
    readonly parentSampleRate: number | undefined;
    /** The rate that repeats upstream's decision, else `fallback`: what to return when the trace is not to be torn. */
    inheritOrSampleWith(fallback: number): number;
}
/** Decides about a top-level span: a rate of 0..1, or true or false. */
type TracesSampler = (context: SamplingContext) => number | boolean;
/** The two options that decide; without either, tracing is off. */
interface SamplingOptions {
    readonly tracesSampler?: TracesSampler | undefined;
    /** 0..1. */
    readonly tracesSampleRate?: number | undefined;
}

/** Where spans go, and who counts them: the lifecycle. */
interface SpanSink {
    /** Whether memory allows one more trace. */
    admitsNewTrace(): boolean;
    /** Whether memory allows one more open span in a known trace. */
    admitsSpan(): boolean;
    spanStarted(span: RecordingSpan): void;
    /** A span that was asked for and is not recorded. */
    spanRefused(reason: RefusalReason, span: InertSpan): void;
    spanEnded(span: RecordingSpan): void;
    valueTruncated(): void;
    /** An id of an inert span became known, so somebody may ask what became of it. */
    inertIdKnown(spanId: string, reason: InertReason): void;
}
/** The inert reasons that are losses and so are counted. */
type RefusalReason = Exclude<InertReason, 'off' | 'mode' | 'closed'>;

/** What a span is started with. */
interface StartSpanOptions {
    /** A low-cardinality name; an empty or missing one becomes `<unnamed>`. */
    readonly name: string;
    readonly attributes?: Attributes;
    /** Absent: the active span. `null`: a new top-level span in the current trace (R1). */
    readonly parentSpan?: Span | null;
    /** Default true. False: spans started meanwhile become siblings, not children. */
    readonly active?: boolean;
    /** Milliseconds since the epoch; default and for unusable values: now. */
    readonly startTime?: number | Date;
    readonly links?: SpanLink[];
    /** Without a parent the callback runs and nothing is recorded. */
    readonly onlyIfParent?: boolean;
}

interface TracerOptions {
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
declare class Tracer implements SpanRecorder, InertOwner {
    #private;
    readonly clock: Clock;
    readonly limits: AttributeLimits;
    /** The context outside everything. A page moves it along with its page load and navigations (R1). */
    rootContext: Context;
    /**
     * Never sent. V8 throws compiled code away with the last object of the shape that it was compiled for, and between two
     * requests no span may be alive: without this one `bench/run.mjs --only manual` compiles for 0.77 s instead of 0.43 (Node 20, `--trace-opt`).
     */
    readonly shapeKeeper: RecordingSpan;
    /** Set by `close()`: later spans are inert and not counted. */
    closed: boolean;
    /**
     * Told of each recorded span when it has started, with what it was started by, and when it has ended, for processors of other
     * SDKs.
     */
    watch: ((span: RecordingSpan, options?: StartSpanOptions) => void) | undefined;
    constructor(options: TracerOptions);
    /** The context of the running code. */
    get context(): Context;
    /** Runs the callback in that context. */
    runIn<T>(context: Context, callback: () => T): T;
    /** Starts a span that is ended by hand or by `using`; active for the rest of the running function unless `active: false`. */
    startSpan(options: StartSpanOptions): AnySpan;
    /** Starts a span that a callback will end, and the context for that callback. */
    begin(options: StartSpanOptions, outer?: Context): {
        readonly span: AnySpan;
        readonly context: Context;
    };
    /** The trace that a top-level span would join here (R1). */
    currentTrace(context: Context): TraceContext | undefined;
    activeSpan(): AnySpan | undefined;
    /** The context in which the given span, or none, is active. */
    contextWith(span: Span | null): Context;
    /** A trace of its own with nothing active in it. */
    contextWithTrace(trace: TraceContext): Context;
    /** A forked isolation scope; it pins the current trace, or a new one where there is none. */
    contextWithScope(): Context;
    /**
     * The context of work that comes from outside, e.g. of an incoming request, whose connection may still carry that of an
     * earlier one: nothing active, a fork of the outermost scope. Only suppression holds on.
     */
    contextFromOutside(trace: TraceContext): Context;
    /** A trace that begins here. */
    newTrace(): TraceContext;
    spanEnded(span: RecordingSpan): void;
    blockEnded(span: AnySpan): void;
    inertSpanId(span: InertSpan): string;
    valueTruncated(): void;
    misused(reason: string, message: string): void;
    /** An inert span that is not counted: wrong API for the mode, or closed. */
    inert(reason: 'mode' | 'closed', name: string): InertSpan;
}

/** Why a traced stream is over; `dropped`: it was garbage-collected unfinished. */
type StreamEndReason = 'done' | 'cancelled' | 'error' | 'closed' | 'dropped';
/** A span and the context that its work runs in. */
interface SpanWork {
    readonly span: AnySpan;
    readonly context: Context;
    readonly tracer: Tracer;
}
/** Runs a piece of the stream's work in the span's context. */
type RunInSpan = <T>(callback: () => T) => T;
/**
 * The span of one stream: counts what passes, keeps nothing of it, and ends the span once, whichever end comes first. Holds
 * no reference to the stream, so that a dropped one can be collected.
 */
declare class StreamSpan {
    #private;
    /** How the source of a stream that stands in its place is cancelled. */
    cancelSource: (() => void) | undefined;
    constructor(work: SpanWork);
    /** Nothing that happens from here on reaches the backend. */
    get isOver(): boolean;
    /** Runs the callback in the span's context. */
    run<T>(callback: () => T): T;
    /**
     * Runs each callback in the context that the one before left behind, so that a block's span stays active across the
     * `yield` of a generator.
     */
    resumable(): RunInSpan;
    /** Chunks of this stream can be seen: their count is told, even if it is 0. */
    startCounting(): void;
    /** A chunk has passed. */
    addChunk(chunk: unknown): void;
    /** The stream failed. An abort is a cancellation that arrives as an error. */
    fail(error: unknown): void;
    /** The stream is over; the first call counts. */
    end(reason: StreamEndReason): void;
    /** There is nothing to follow: the span ends without a word about a stream. */
    leave(): void;
    /** A source that nobody can reach any more is to be cancelled. */
    cancelWhenDropped(): void;
    /** Ends the span when the target was garbage-collected unfinished; about a microsecond a stream, nothing a chunk. */
    watch(target: object): void;
}

/** Follows a value that is a Node stream; answers whether it is one. */
type TraceNodeStream = (value: object, stream: StreamSpan) => boolean;
/**
 * Follows a stream that stays what it is. Its events are seen as they are emitted: a listener would change what `listenerCount` says, an `error`
 * listener would swallow what is unhandled, and a `data` listener would start it flowing.
 */
declare const traceNodeStream: TraceNodeStream;

/**
 * A sealed group of spans of one trace, on its way out. It stays compact until a connection is free:
 * `encode` makes the envelope text at the last moment (R19: what is rate limited is never serialised).
 */
interface Batch {
    /** The rate-limit category: `span` for streams, `transaction` for the static lifecycle. */
    readonly category: 'span' | 'transaction';
    readonly traceId: string;
    readonly spanCount: number;
    /** Bytes that the batch holds in memory, charged to the budget until it is delivered or dropped. */
    readonly retainedBytes: number;
    /** The whole envelope, in UTF-8. @param isShort for storage: text may be shorter, `expandShort` makes the envelope of it */
    encode(isShort?: boolean): Uint8Array<ArrayBuffer> | string;
    /** Whether what it would send now is over the limit of an envelope, because a name has grown since it was sealed. */
    isTooLong?(): boolean;
    /** Two halves, when it is too long or after a 413; undefined when it holds a single span. */
    halve(): [Batch, Batch] | undefined;
    /** Calls back with each span's id as two unsigned halves, for `explain`. */
    forEachSpanId(callback: (high: number, low: number) => void): void;
    /** Text of the id, if this batch holds the span. */
    hasSpan(spanId: string): boolean;
    /** Lets go of its memory, at its end. @param wasAccepted the backend took it, so nobody reads the encoded bytes any more */
    dispose?(wasAccepted: boolean): void;
    /** A form that takes less memory behind many others; it replaces this one. Undefined: there is none. @param epoch which flushes wait for it */
    pack?(epoch: number): Packed | undefined;
}
/** A batch that waits behind many others. */
interface Packed {
    readonly category: Batch['category'];
    readonly epoch: number;
    /** As of the batch: what is charged while it is packed. */
    readonly retainedBytes: number;
    /** The batch again; it replaces this one. */
    unpack(): Batch;
}

/** A finished span's own facts. */
interface FinishedSpan {
    readonly spanId: string;
    readonly parentSpanId: string | undefined;
    readonly segment: Segment;
    readonly isSegment: boolean;
    readonly startMs: number;
    readonly endMs: number;
    readonly name: string;
    readonly status: 'ok' | 'error';
    readonly links: readonly SpanLink[] | undefined;
}

/** The attributes that are the same on every span of a client, and those on every top-level span. */
interface ConstantAttributes {
    readonly every: AttributeList;
    readonly segment: AttributeList;
}
/** A finished span with the attributes that it leaves with. */
interface SpanParts extends FinishedSpan {
    readonly attributes: AttributeList;
    /** Constants that a hook took away. */
    readonly omitted?: ReadonlySet<string> | undefined;
}

/** What the envelopes of one client have in common. */
interface EnvelopeFacts {
    readonly sdk: {
        readonly name: string;
        readonly version: string;
    };
    /** Only with a tunnel: it must know where to forward to (without the secret). */
    readonly dsn: string | undefined;
    /** Browsers only: what the server may infer from the request (wire.md). */
    readonly ingestSettings: {
        readonly infer_ip: 'never' | 'auto';
        readonly infer_user_agent: 'auto';
    } | undefined;
}

/** Where records of waiting spans are kept; what it is like is its encoder's business. */
type Store = object;
/** What waits of one ended span. */
interface ItemWriter {
    /** Where the last `write` wrote to. */
    readonly slab: Store;
    /** Writes what waits in memory; answers with its place in `slab`. */
    write(span: SpanParts): number;
    /** Takes back what the last `write` wrote. */
    undo(at: number): void;
    /** Spans that were written have left, one way or the other. */
    release(slab: Store, spanCount: number): void;
    /** The id of a waiting span. */
    spanId(slab: Store, at: number): string;
    /** Whether it is a top-level span or an error: what is sent first where not everything can leave. */
    isUrgent(slab: Store, at: number): boolean;
    /** One half of that id, 0 or 1, as a number. */
    idHalf(slab: Store, at: number, half: number): number;
    /** Bytes that the record takes in memory; in one slab the next record stands so far behind it. */
    recordBytes(slab: Store, at: number): number;
    /** Bytes that the record takes when sent; at most a few hundred too many, never too few unless its segment is renamed. */
    wireBytes(slab: Store, at: number, segment: Segment): number;
    /** As `wireBytes`, exactly, of what was written last. */
    sentBytes(at: number, segment: Segment): number;
}
/** Spans of one trace that wait together. */
interface WaitingSpans {
    readonly spanCount: number;
    /** Bytes of all when sent, as they were measured. */
    readonly wireBytes: number;
    forEach(callback: (slab: Store, at: number, segment: Segment) => void): void;
}
/** Turns ended spans into records that wait, and records into envelopes: on Node bytes, in pages text. One suite holds both to the same. */
interface SpanEncoder {
    readonly constants: ConstantAttributes;
    readonly items: ItemWriter;
    /**
     * The envelope of these spans. @param trace the `trace` header as JSON
     * @param isShort for storage: text may be shorter, `expandShort` makes the envelope of it
     */
    encode(spans: WaitingSpans, sentAtMs: number, trace: string, isShort?: boolean): Uint8Array<ArrayBuffer> | string;
    /** Bytes of the spans as they would be sent now. */
    payloadBytes(spans: WaitingSpans): number;
    /** Nobody reads any more what `encode` returned. */
    recycle(encoded: Uint8Array<ArrayBuffer> | string): void;
    /** Servers, which may hold thousands of batches: `Batch.pack` of a sealed one, which is used up by that. */
    pack?(batch: WaitingSpans, encoder: SpanEncoder, epoch: number): Packed | undefined;
}
/** What an encoder needs to know. */
interface EncoderFacts {
    readonly constants: ConstantAttributes;
    readonly envelope: EnvelopeFacts;
    /** What may lie idle for the next spans, at most. */
    readonly maxIdleBytes: number;
    /** Not with a transport of the application's own, which may keep what it was given. */
    readonly reusesOutputs: boolean;
}
/** How a platform keeps spans that wait. */
type CreateEncoder = (facts: EncoderFacts) => SpanEncoder;

/** What core needs from the runtime it lives in. Platform packages provide one. */
interface Platform {
    /** The `platform` field of payloads: `node` or `javascript`. */
    readonly name: 'node' | 'javascript';
    /**
     * `init` only checks the options and attaches; the parts are made when the first of them is needed, at the latest in a task of
     * their own. For pages, where `init` stands in the way of the page.
     */
    readonly startsLate?: boolean;
    /** The value of `sentry.sdk.name`, e.g. `spanstream.node`. */
    readonly sdkName: string;
    /** Browsers put the credentials into the query, which saves a CORS preflight; others into a header (wire.md, DSN). */
    readonly authentication: 'header' | 'query';
    /** The default of `maxMemoryBytes`. */
    readonly defaultMaxMemoryBytes: number;
    /** Milliseconds since the epoch, as the wall clock says. */
    wallClockMs(): number;
    /** Milliseconds since an arbitrary instant; never goes back. */
    monotonicMs(): number;
    /** Fills the array from a cryptographic source. */
    fillRandom(bytes: Uint8Array<ArrayBuffer>): void;
    /**
     * Pages: bytes of bodies that may be under way when the runtime ends. Buckets leave at half of it whatever `batching` says,
     * and all of them together at the whole, so that what waits still fits.
     */
    readonly exitAllowanceBytes?: number;
    /** A timer that never keeps the process alive. */
    setTimer(callback: () => void, delayMs: number): unknown;
    clearTimer(timer: unknown): void;
    /** Keeps the process alive until the returned function is called: only while a `flush()` or `close()` is awaited. */
    holdProcess?(): () => void;
    log(level: 'debug' | 'warn', message: string): void;
    readonly contextManager: ContextManager;
    readonly createTransport: CreateTransport;
    /** For sinks; absent where `fetch` serves them as well: Node's keeps a process alive until the answer has come. */
    readonly createSinkTransport?: CreateSinkTransport;
    /** Follows streams of Node; absent where there are none. */
    readonly traceNodeStream?: TraceNodeStream | undefined;
    /** How ended spans wait: `createPackingEncoder` for servers, `createTextEncoder` where little code counts more. */
    readonly createEncoder: CreateEncoder;
    /** Facts about host, runtime and OS that every top-level span carries. */
    segmentAttributes(): Attributes;
}

/** Why a span did not arrive. Closed: `stats().dropped` always has each of these keys. */
declare const DROP_REASONS: readonly ["unsampled", "ignored", "filtered", "no_parent", "suppressed", "memory_budget", "transaction_limit", "rate_limited", "throttled", "network", "rejected", "storage", "shutdown", "closed", "no_destination"];
type DropReason = (typeof DROP_REASONS)[number];
/** A rate-limit and client-report category. */
type LossCategory = 'span' | 'transaction' | 'profile_chunk' | 'profile_chunk_ui';

/** How client reports are made. */
interface ClientReportsOptions {
    /** `sendClientReports`, and there is a DSN; `false`: losses are not even collected. */
    readonly enabled: boolean;
    /** Constant members of the envelope header: `dsn` with a tunnel, `sdk`. */
    readonly envelopeHeader: Readonly<Record<string, unknown>>;
    readonly platform: Pick<Platform, 'wallClockMs'>;
}
/** A report on its way; goes back with `restore` when it could not be sent. */
interface ClientReport {
    /** The whole envelope as text. */
    readonly text: string;
    readonly quantities: ReadonlyMap<string, number>;
}
/** Sums up losses until they are reported. There are few reasons and categories, so it never grows (R30). */
declare class ClientReports {
    #private;
    /** Called when the first loss after a report is noted; set by delivery, which does the timing. */
    onPending: (() => void) | undefined;
    constructor(options: ClientReportsOptions);
    /** Whether there is something to report. */
    get isPending(): boolean;
    /** Notes a loss, if it has a wire reason. */
    record(reason: DropReason, category: LossCategory, quantity: number): void;
    /** The report of everything noted so far, which then counts as reported. */
    take(): ClientReport | undefined;
    /** Takes back a report that could not be sent: its losses are in the next one. */
    restore(report: ClientReport): void;
}

/** Where delivery says what it does; once per reason and minute is the receiver's business. */
interface DeliveryDiagnostics {
    debug(reason: string, message: string): void;
    warn(reason: string, message: string): void;
}

/** Says what the SDK decides: each reason once a minute, so that no fault floods a log. What parts are given alone is bound. */
declare class Diagnostics {
    #private;
    constructor(platform: Pick<Platform, 'log' | 'monotonicMs'>, isVerbose: boolean);
    /** A decision worth knowing while looking for a fault; only with the option `debug`. */
    readonly debug: (reason: string, message: string) => void;
    /** Something that the application does wrong; always said, once. */
    readonly warn: (reason: string, message: string) => void;
    /** Runs what must not fail the application; a fault becomes a debug line and the fallback. */
    guard<T>(reason: string, work: () => T, fallback: T): T;
    /** Hears of the failure of a promise that nobody awaits: an `async` hook must not end the process with a rejection. */
    watch(reason: string, result: unknown): void;
    /** A fault of the SDK's own, or of a hook, that was caught. */
    readonly fault: (reason: string, error: unknown) => void;
}

/** How a span ended up, for `client.explain`. */
interface Explanation {
    readonly state: 'delivered' | 'dropped';
    /** Only when dropped. */
    readonly reason?: DropReason;
    /** Milliseconds since the epoch when that was known. */
    readonly at: number;
    /** What it means and what to change. */
    readonly hint: string;
}

/** The address of a project on an ingestion server (wire.md, DSN). The legacy secret is read over and not kept. */
interface Dsn {
    readonly protocol: 'http' | 'https';
    readonly publicKey: string;
    /** Lower case; an IPv6 address in its brackets. */
    readonly host: string;
    /** 1..65535; undefined: the protocol's own. */
    readonly port: number | undefined;
    /** What stands before `/api/`: empty, or begins with a slash and does not end with one. */
    readonly path: string;
    readonly projectId: string;
    /** From a host that begins `o<digits>.`. */
    readonly orgId: string | undefined;
}
/** Who speaks to the server. */
interface SdkInfo {
    /** E.g. `spanstream.node`. */
    readonly name: string;
    readonly version: string;
}

/** Spans of one `send` that a sink could not deliver. */
interface SinkLoss {
    readonly reason: DropReason;
    readonly quantity: number;
    /** Which ones, where that is known: `client.explain` then knows it, too. */
    readonly spanIds?: readonly string[];
}
/** What became of the spans of one `send`: those that are not listed are delivered. */
interface SinkReceipt {
    readonly losses: readonly SinkLoss[];
}
/** Nothing: all delivered. A throw or a rejection: all `rejected`. A receipt: as it says. */
type SinkAnswer = void | SinkReceipt | Promise<void | SinkReceipt>;
/** What a sink gets to know of the client that it belongs to. */
interface SinkContext {
    readonly sdk: SdkInfo;
    readonly release: string | undefined;
    readonly environment: string | undefined;
    /** Facts about host, runtime and OS. */
    readonly facts: Attributes;
    /** What each span has unless it says otherwise. */
    readonly constants: ConstantAttributes;
    readonly platform: Platform;
    /** All attributes that the span leaves with, constants included. */
    attributesOf(span: SpanParts): AttributeList;
    /** Said with the option `debug`. */
    debug(reason: string, message: string): void;
    /** Said always, once. */
    warn(reason: string, message: string): void;
}
/** Everything unsent as text, for a process that ends now (R31). */
interface HandOver {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** False: the bodies leave as they are. */
    readonly mayCompress?: boolean;
    /** Whole envelopes, of which the last one may be a client report, or requests of a sink. */
    readonly bodies: readonly (Uint8Array<ArrayBuffer> | string)[];
    /** Accounts for them: whether the envelope of the same index was accepted. */
    settle(wasDelivered: readonly boolean[]): void;
}
/** An extra destination for finished spans, e.g. `otlpSink({ url })`. One object belongs to one client. */
interface Sink {
    readonly name: string;
    /** Where it sends to; requests there are never traced (R28). */
    readonly url?: string | undefined;
    /** Called once, by `init`; a throw is a warning and leaves the sink out. */
    setup?(context: SinkContext): void;
    /** Takes finished spans, one or many; the answer says what became of them. */
    send(spans: readonly SpanJSON[]): SinkAnswer;
    /** Called instead of `send` by sinks that write spans out themselves. Not part of the stable API. */
    sendParts?(spans: readonly SpanParts[]): SinkAnswer;
    /** Sends what waits; true when nothing is left within the time. */
    flush?(timeoutMs: number): Promise<boolean>;
    /** Everything unsent, for a process that ends now and runs nothing asynchronous any more. */
    takeUnsent?(): HandOver;
    /** Sends what waits and stops; called once. */
    close?(timeoutMs: number): Promise<void> | void;
}
/** What became of the spans that one sink was given. */
interface SinkStats {
    readonly name: string;
    /** Given and not answered for. */
    readonly waiting: number;
    readonly delivered: number;
    readonly dropped: Readonly<Record<DropReason, number>>;
}

/** What `client.on('outcome')` hears: the fate of one span, or of a batch of one trace. */
interface Outcome {
    readonly state: 'delivered' | 'dropped';
    readonly reason?: DropReason;
    readonly quantity: number;
    readonly traceId?: string;
    readonly spanId?: string;
}
/** `client.stats()`: `started = open + buffered + inFlight + delivered + Σ dropped` at every instant. */
interface Stats {
    readonly started: number;
    readonly open: number;
    readonly buffered: number;
    readonly inFlight: number;
    readonly delivered: number;
    readonly dropped: Readonly<Record<DropReason, number>>;
    /** Values cut or left out by a limit (R6, R18); outside the balance. */
    readonly truncated: number;
    /** Verdicts of `filterSegment` that came too late (R20); outside the balance. */
    readonly lateVerdicts: number;
}
/** What the ledger needs and whom it tells. */
interface LedgerOptions {
    readonly platform: Pick<Platform, 'wallClockMs'>;
    /** Hears of each loss once. */
    readonly clientReports: Pick<ClientReports, 'record'>;
    /** Hears what an outcome listener threw. */
    readonly diagnostics: Pick<Diagnostics, 'fault'>;
}
/** The spans a loss is about: their batch, their ids, or one id. */
type LostSpans = Batch | readonly string[] | string;
/** Counts where every span is. Each method moves spans between two places, so the sum cannot go wrong (R30). */
declare class Ledger {
    #private;
    started: number;
    open: number;
    buffered: number;
    inFlight: number;
    delivered: number;
    truncated: number;
    lateVerdicts: number;
    readonly dropped: Record<DropReason, number>;
    constructor(options: LedgerOptions);
    /** A recording span began. */
    spanStarted(): void;
    /** A span was asked for and not recorded: started and dropped at once. */
    spanRefused(reason: DropReason, spanId?: string): void;
    /** The id of a span that was refused, and counted then, has become known: from now on somebody may ask about it. */
    noteRefused(spanId: string, reason: DropReason): void;
    /** An open span ended and waits to be sent. */
    spanBuffered(): void;
    /** An open span ended and was not kept. */
    openDropped(reason: DropReason, spanId?: string): void;
    /** Spans that waited are given up; `which` lets `explain` and listeners name them. */
    bufferedDropped(reason: DropReason, quantity: number, which?: LostSpans): void;
    /** Spans that another page started and could not send wait here now. */
    batchAdopted(batch: Batch): void;
    /** The batch left the buffer for the transport. */
    batchSending(batch: Batch): void;
    /** The batch came back, to be sent later. */
    batchRequeued(batch: Batch): void;
    /** The backend accepted a batch that was in flight. */
    batchDelivered(batch: Batch): void;
    /** Spans left the buffer for the sinks. */
    spansSending(quantity: number): void;
    /** What became of spans that the sinks had: which of them were lost is not always known. */
    spansAnswered(spanIds: readonly string[], losses: readonly SinkLoss[]): void;
    /** A batch that was in flight is given up. */
    batchDropped(batch: Batch, reason: DropReason): void;
    /** Static lifecycle: adds a transaction to the client report whose spans are counted by the calls above. */
    transactionLost(reason: DropReason): void;
    /** Calls back with each outcome; returns the unsubscribe function. */
    on(_event: 'outcome', listener: (outcome: Outcome) => void): () => void;
    /** What became of a span that is neither open nor waiting, if it is among the last 4,096. */
    explainEnded(spanId: string): Explanation | undefined;
    /** A copy of all counters. */
    stats(): Stats;
}

/** A batch that waits for a free slot. */
interface QueuedBatch {
    readonly batch: Batch;
    /** Which flushes wait for it. */
    readonly epoch: number;
    /** Half of a batch that got a 413. */
    readonly isHalf: boolean;
}
/** First in, first out, in constant time: `Array#shift` moves everything once there are many (17 us at 50,000, Node 20). */
declare class BatchQueue {
    #private;
    /** @param budget where batches are charged */
    constructor(budget: Pick<ByteBudget, 'reserve'>);
    /** How many wait. */
    get size(): number;
    /** The next one, left in place. */
    peek(): Pick<Batch, 'category' | 'retainedBytes'> | undefined;
    /** Adds one at the end. */
    push(item: QueuedBatch): void;
    /** Adds one that goes next. */
    unshift(item: QueuedBatch): void;
    /** Takes the next one. */
    shift(): QueuedBatch | undefined;
    /** Whether some waiting batch satisfies the condition. */
    some(condition: (batch: Batch) => boolean): boolean;
}

/**
 * Tells when everything accepted before an instant has its answer, whatever the order of the answers. Entries carry the
 * number of the flush they precede, so that a flush costs nothing per entry.
 */
declare class FlushGate {
    #private;
    /** Whether nothing is pending. */
    get isEmpty(): boolean;
    /** Counts an entry in and returns its epoch; the halves of an entry inherit theirs. */
    enter(epoch?: number): number;
    /** Counts an entry out. */
    leave(epoch: number): void;
    /** Resolves when all that entered before this call has left. */
    whenDrained(): Promise<void>;
}

interface Entry {
    readonly batch: Batch;
    readonly epoch: number;
}
/** What the account of unsent batches needs of the delivery. */
interface UnsentOptions {
    readonly ledger: Ledger;
    readonly gate: FlushGate;
    readonly queue: BatchQueue;
    /** Lets go of a batch. */
    leave(entry: Entry): void;
}
/** What was taken out of the delivery because its process or page ends; in flight until it is settled by one of the methods. */
declare class Unsent {
    #private;
    constructor(options: UnsentOptions);
    /** All that is not settled, in the order in which it came. */
    get batches(): Batch[];
    add(entry: Entry): void;
    /** Puts the same spans into other batches. */
    regroup(regroup: (batches: Batch[]) => Batch[]): void;
    /** These were delivered. */
    delivered(batches: readonly Batch[]): void;
    /** These are lost. */
    failed(batches: readonly Batch[], reason?: DropReason): void;
    /** This one lies in the page's storage now. Its spans stay in flight until somebody takes them from there. */
    stored(batch: Batch): void;
    /** These go back into the queue, to its head and in this order. */
    requeue(batches: readonly Batch[]): void;
}

/** What a delivery is made of. */
interface DeliveryOptions {
    readonly platform: Platform;
    readonly transport: Transport;
    /** The envelope endpoint or the tunnel. */
    readonly url: string;
    /** Sent with each envelope: content type and, on Node, the credentials. */
    readonly headers: Readonly<Record<string, string>>;
    readonly ledger: Ledger;
    readonly clientReports: ClientReports;
    readonly budget: ByteBudget;
    readonly diagnostics: DeliveryDiagnostics;
}
/** Brings batches to the backend and accounts for each: queue, drain, hand-over (R16, R17, R19, R29, R30). */
declare class Delivery {
    #private;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** What `takeUnsent` took. */
    readonly unsent: Unsent;
    /** Pages: hears at once that something waits for another attempt, or a report for another time: timers may never fire again. */
    onStalled: (() => void) | undefined;
    constructor(options: DeliveryOptions);
    /** Whether nothing waits, is in flight or in retry. */
    get isIdle(): boolean;
    /** Whether the backend has asked to pause this category. */
    isLimited(category: string): boolean;
    /** Takes a batch whose spans are `buffered` and whose `retainedBytes` the caller reserved; delivery releases them. */
    enqueue(batch: Batch): void;
    /** Where a span is that waits here. */
    stateOf(spanId: string): 'buffered' | 'in_flight' | undefined;
    /** Sends what waits, without waiting for anything but backoff; true when all of it got its answer in time. */
    flush(timeoutMs: number): Promise<boolean>;
    /** Flushes, gives up the rest as `shutdown`, releases connections and timers. Later batches count as `closed`. */
    close(timeoutMs: number): Promise<boolean>;
    /** What the platform's transport can do beside sending is the platform's business. */
    get transport(): Transport;
    /** Whether the last attempt failed and nothing came through since. */
    get isFailing(): boolean;
    /** Sends a client report, if there is something to report and the backend takes it. */
    sendReport(): Promise<void>;
    /** The end of a process or page: takes out what is neither delivered nor safely under way, for `unsent` to settle. */
    takeUnsent(): Batch[];
    /** Page exit: these are sent after all, next and in this order. */
    giveBack(batches: readonly Batch[]): void;
    /** Takes over what lay in storage: its own, or what another page left there. */
    adopt(batch: Batch, isOwn: boolean): void;
}

/** What a sink delivery is made of. */
interface SinkDeliveryOptions {
    readonly sinks: readonly Sink[];
    /** Only without a DSN: then the sinks' answers decide what became of a span. */
    readonly ledger: Ledger | undefined;
    readonly budget: ByteBudget;
    readonly diagnostics: Diagnostics;
    readonly platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'holdProcess' | 'monotonicMs'>;
    /** The span as custom sinks see it. */
    toJSON(span: SpanParts): SpanJSON;
    /** Runs what the SDK itself causes, whose requests are not to be traced (R28). */
    quietly<T>(callback: () => T): T;
}
/** Hands finished spans to the extra destinations, in batches, and hears what became of them. */
declare class SinkDelivery {
    #private;
    readonly sinks: readonly Sink[];
    constructor(options: SinkDeliveryOptions);
    /** Takes a finished span, which the ledger has as `buffered` without a DSN; false when there is no memory for it. */
    send(span: SpanParts): boolean;
    /** Where a span is that waits here. */
    stateOf(spanId: string): 'buffered' | 'in_flight' | undefined;
    /** What became of the spans, for each sink. */
    stats(): SinkStats[];
    /** True when each sink has taken or refused all that it was given, and has sent it, within the time. */
    flush(timeoutMs: number): Promise<boolean>;
    /** Flushes and closes the sinks; spans that none has answered for by then count as `shutdown`. */
    close(timeoutMs: number): Promise<boolean>;
    /** The sinks get all that waits, now. */
    handOverAll(): void;
}

/**
 * What the backend needs to know about a trace before it has seen it: the `trace` header of envelopes and, prefixed
 * `sentry-`, members of `baggage` (wire.md, DSC). Every value is text.
 */
type DynamicSamplingContext = Readonly<Record<string, string>>;

/** `Headers`, a `Map`, or whatever else answers to a header's lower-case name. */
interface HeadersLike {
    get(name: string): string | null | undefined;
}
/** `IncomingHttpHeaders` or a plain record; names in any case, an array for a header that came in several lines. */
interface HeaderRecord {
    readonly [name: string]: string | readonly string[] | undefined;
}
/** What trace headers are read from. */
type Carrier = HeadersLike | HeaderRecord;
/** Makes the random parts of a trace. */
interface TraceIds {
    /** 32 lower-case hex digits, not all zero. */
    newTraceId(): string;
    /** Uniform in [0, 1). */
    random(): number;
}
/** What decides whether an incoming trace is continued. */
interface IncomingOptions extends TraceIds {
    /** The organisation this process reports to, if known. */
    readonly orgId?: string | undefined;
    /** Also refuse a trace when only one of the two organisations is known. */
    readonly strictTraceContinuation?: boolean | undefined;
    /** Told why a trace that came in is not continued. */
    debug?(message: string): void;
}
/**
 * The trace that a request continues: that of `sentry-trace`, else of `traceparent`; a new one when there is neither,
 * when they are unreadable or when the organisations differ (R24; wire.md, Headers). Foreign baggage is passed on in
 * any case. Never throws.
 */
declare function parseIncoming(carrier: Carrier, options: IncomingOptions): TraceContext;

/** What this process says about itself in each dynamic sampling context. */
interface DscIdentity {
    readonly publicKey: string | undefined;
    readonly release: string | undefined;
    readonly environment: string;
    readonly orgId: string | undefined;
    /** Whether headers have `traceparent`. */
    readonly propagateTraceparent: boolean;
}
/** Writes what outgoing requests carry, and remembers per local tree what was said first (R25–R27). */
declare class TraceHeaders {
    #private;
    constructor(identity: DscIdentity, ids: IdSource);
    /** The headers for the given span, else for what is active in the context; outside any trace for a fresh one (R27). */
    create(context: Context, requested?: unknown): Record<string, string>;
    /** The local tree's context; from here on it stays as it is (R26). */
    freeze(segment: Segment): DynamicSamplingContext;
    /** The `trace` header of an envelope, as JSON. One is made for each envelope, so without an object where the trace began here. */
    envelopeHeader(segment: Segment): string;
}

/** The running client, as far as the tracing verbs need it. */
interface Current {
    readonly tracer: Tracer;
    readonly headers: TraceHeaders;
    readonly incoming: IncomingOptions;
    /** Which API may start spans (R13). */
    readonly mode: 'static' | 'stream';
    /** Something the application does wrong; said once per reason. */
    warn(reason: string, message: string): void;
    /** A fault of the SDK's own that was caught. */
    fault(reason: string, error: unknown): void;
}
/** The running client, which is there from now on; undefined without one. */
declare function getCurrent(): Current | undefined;

/** Undoes what `setup` did. `close()` waits, within its time, for a promise that it returns. */
type Teardown = () => void | Promise<void>;
/** The client as integrations see it. */
interface IntegrationClient {
    /** Settings that instrumentation keeps to. */
    readonly settings: {
        readonly sendDefaultPii: boolean;
        readonly tracePropagationTargets: readonly (string | RegExp)[] | undefined;
    };
    /** What starts spans in either lifecycle, for instrumentation. In pages the first who asks for it has it made. */
    readonly current: Current;
    /**
     * Calls back when the client is first needed, in pages at the latest in the next task, elsewhere now: for what need not be done
     * while the page waits for `init`. What it returns undoes it, as with `setup`.
     */
    whenNeeded(start: () => Teardown | void): void;
    /**
     * What integrations record: `http.server`, `http.client`, `undici`, else the npm name of the library. A bridge leaves spans
     * that instrumentation of another API makes of the same out. Made by the first who adds to it.
     */
    recorded?: Set<string>;
    /** Whether the URL is one of the SDK's own destinations, which are never traced (R28). */
    isOwnUrl(url: string): boolean;
    stats(): Stats;
    on(event: 'outcome', listener: (outcome: Outcome) => void): () => void;
    flush(timeoutMs?: number): Promise<boolean>;
}
/** A part that attaches to a client: instrumentation, a sink of facts, whatever an application writes. */
interface Integration {
    /** Unique; an integration of the same name replaces a default. */
    readonly name: string;
    /** Attaches; the returned function restores everything. A throw is one warning and leaves the integration out. */
    setup(client: IntegrationClient): Teardown | void;
}

/** What sinks need of their client. */
interface SinkParts$1 {
    readonly options: {
        readonly sinks: readonly Sink[];
        readonly release?: string | undefined;
        readonly environment: string;
    };
    readonly platform: Platform;
    readonly diagnostics: Diagnostics;
    readonly sdk: SdkInfo;
    readonly constants: ConstantAttributes;
    readonly budget: ByteBudget;
    /** Only without a DSN. */
    readonly ledger: Ledger | undefined;
    readonly defaultScope: Scope;
}
/** Makes what hands finished spans to the sinks of the options. */
type CreateSinks = (parts: SinkParts$1) => SinkDelivery;
/** A sink that brings `createSinks` along, for pages whose entry has not got it: then a bundle has it only where there is a sink. */
interface CarryingSink extends Sink {
    readonly createSinks: CreateSinks;
}
/** Sets the sinks up; one that fails is a warning and is left out. */
declare const createSinks: CreateSinks;

/**
 * How finished spans leave the process: one by one in batches, or as one transaction when the top-level span ends. `compare`
 * is `static` and notes what `stream` would do differently.
 */
type TraceLifecycle = 'static' | 'stream' | 'compare';
/** When a trace's finished spans leave (R14). */
interface BatchingOptions$1 {
    /** Spans in one envelope. Default 1000, which is also the most; an integer from 1. */
    readonly maxSpans: number;
    /** Bytes of payload in one envelope, as UTF-8 before compression. Default 1,000,000; an integer from 1,000 to 12 MiB, the most a server takes. */
    readonly maxBytes: number;
    /** Milliseconds that a finished span waits at most. Default 5000. */
    readonly flushIntervalMs: number;
    /** Milliseconds between the end of a top-level span and the departure of what its trace has waiting. Default 500. */
    readonly flushOnSegmentEndMs: number;
}
/** How long finished spans are kept back for `filterSegment` (R20). */
interface HoldbackOptions {
    /** Milliseconds; 0 keeps nothing back. Default 0. */
    readonly maxMs: number;
}
/** Part of a group of options; what is left out keeps its default. */
type PartialOption<T> = {
    readonly [K in keyof T]?: T[K] | undefined;
};
/**
 * The options of `init`. An option that is `undefined` counts as left out. A value of the wrong type or out of range
 * is an error that `init` throws, naming the option and the value; it is the only thing the SDK ever throws (R34).
 */
interface Options {
    /** Where spans are sent: `https://publicKey@host/project`. Default none, or `SENTRY_DSN`: spans work and propagate, nothing is sent. */
    readonly dsn?: string | undefined;
    /** A URL, usually of the page's own origin, that receives envelopes instead of the DSN's host. Default none. */
    readonly tunnel?: string | undefined;
    /** `false` makes everything inert. Default true. */
    readonly enabled?: boolean | undefined;
    /** Explains decisions on the console, each reason once a minute. Default false. */
    readonly debug?: boolean | undefined;
    /** The version of the application, e.g. `shop@1.4.0`, on every span. Default `SENTRY_RELEASE`, else none. */
    readonly release?: string | undefined;
    /** Where the application runs, on every span. Default `SENTRY_ENVIRONMENT`, else `production`. */
    readonly environment?: string | undefined;
    /** The machine's name, on top-level spans. Default: the host's name on Node, none in browsers. */
    readonly serverName?: string | undefined;
    /** Tells builds of one release apart. Default none. */
    readonly dist?: string | undefined;
    /** How finished spans leave the process. Default `static` (until 2.0), or `SENTRY_TRACE_LIFECYCLE`. */
    readonly traceLifecycle?: TraceLifecycle | undefined;
    /** Options under trial; one of the same name outside wins. */
    readonly _experiments?: {
        readonly traceLifecycle?: TraceLifecycle | undefined;
    } | undefined;
    /** The share of traces that begin here and are recorded, 0..1. Default none, or `SENTRY_TRACES_SAMPLE_RATE`; without it and without a sampler tracing is off, propagation on. */
    readonly tracesSampleRate?: number | undefined;
    /** Decides for each top-level span; before `tracesSampleRate` and before the incoming decision. When it throws or returns rubbish these decide, with one warning. Default none. */
    readonly tracesSampler?: TracesSampler | undefined;
    /** Spans that are not recorded, decided when they start (R22). Default none. */
    readonly ignoreSpans?: readonly IgnorePattern[] | undefined;
    /** Whether to keep a local trace, asked once with its top-level span and all finished spans as they will be sent. Lifecycle `stream` with a `holdback` only. A throw keeps the trace. Default none. */
    readonly filterSegment?: ((segment: SpanJSON, spans: SpanJSON[]) => boolean) | undefined;
    /** How long `filterSegment` may wait for the end of a trace. Lifecycle `stream` only. Default `{ maxMs: 0 }`. */
    readonly holdback?: PartialOption<HoldbackOptions> | undefined;
    /** Changes name, status, attributes or links of a finished span; cannot drop it, nor change ids or times. A throw or another result leaves the span as it was. Default none. */
    readonly beforeSendSpan?: ((span: SpanJSON) => SpanJSON) | undefined;
    /** Outgoing requests that get trace headers, by URL: strings are contained, RegExps tested. Default: all on Node, the page's own origin in browsers. */
    readonly tracePropagationTargets?: readonly (string | RegExp)[] | undefined;
    /** Also writes the W3C header `traceparent`. Default true. */
    readonly propagateTraceparent?: boolean | undefined;
    /** Refuses to continue a trace when only one of the two organisations is known. Default false. */
    readonly strictTraceContinuation?: boolean | undefined;
    /** The organisation that spans belong to, digits. Default: from a DSN whose host begins `o<digits>.`. */
    readonly orgId?: string | number | undefined;
    /** Sends user ids, emails, IPs, cookies and query values. Default false. */
    readonly sendDefaultPii?: boolean | undefined;
    /** Bytes for open spans, buffers, requests under way and retries together; an integer from 1. Default 32 MiB on Node, 4 MiB in browsers. */
    readonly maxMemoryBytes?: number | undefined;
    /** When batches leave; what is left out keeps its default. */
    readonly batching?: PartialOption<BatchingOptions$1> | undefined;
    /** Makes what carries envelopes. Default: the platform's. */
    readonly transport?: CreateTransport | undefined;
    /** More destinations, e.g. `otlpSink({ url })`. Default none but the DSN. */
    readonly sinks?: readonly Sink[] | undefined;
    /** An array is merged into the platform's defaults by name; a function gets these and returns the exact list. */
    readonly integrations?: readonly Integration[] | ((defaults: Integration[]) => Integration[]) | undefined;
    /** Node: hands over what is buffered on `process.exit()` and uncaught exceptions, synchronously, within a second (R31). Default true. */
    readonly exitFlush?: boolean | undefined;
    /** Bounds of attributes and links (R6): integers from 0. Default 128 attributes, 8192 UTF-8 bytes a string, 1000 elements an array, 128 links. */
    readonly attributeLimits?: PartialOption<AttributeLimits> | undefined;
    /** Reports losses to the backend. Default true. */
    readonly sendClientReports?: boolean | undefined;
}
type Filled = 'enabled' | 'debug' | 'environment' | 'ignoreSpans' | 'propagateTraceparent' | 'strictTraceContinuation' | 'sendDefaultPii' | 'maxMemoryBytes' | 'sinks' | 'exitFlush' | 'sendClientReports';
type Optional = 'tunnel' | 'release' | 'serverName' | 'dist' | 'tracesSampleRate' | 'tracesSampler' | 'filterSegment' | 'beforeSendSpan' | 'tracePropagationTargets' | 'transport' | 'integrations';
/** The options as the SDK uses them: checked, with every default filled in; what has none is there as `undefined`. */
type ResolvedOptions = {
    readonly [K in Filled]: NonNullable<Options[K]>;
} & {
    readonly [K in Optional]: Options[K];
} & {
    readonly dsn: Dsn | undefined;
    /** The option, else from the DSN. */
    readonly orgId: string | undefined;
    readonly traceLifecycle: TraceLifecycle;
    /** Options of other SDKs that were given and do nothing. */
    readonly retired: readonly string[];
    readonly holdback: HoldbackOptions;
    readonly batching: BatchingOptions$1;
    readonly attributeLimits: AttributeLimits;
};

/** What kind of thing would change. */
type DifferenceKind = 'filter' | 'hook' | 'renamed' | 'attribute' | 'no_place' | 'limit' | 'late';
/** One thing that traceLifecycle `stream` would do differently. */
interface Difference {
    readonly kind: DifferenceKind;
    /** What it is about: an option, an attribute, two names. */
    readonly what: string;
    /** How many spans, or traces, it was seen on; 0 for what the options alone say. */
    readonly count: number;
    /** The name of a span that it was seen on. */
    readonly example?: string;
    /** What it means and what to do. */
    readonly hint: string;
}
/** What `client.compareReport()` answers: empty differences mean that the switch changes nothing that was seen. */
interface CompareReport {
    /** Finished spans that were looked at. */
    readonly spans: number;
    readonly differences: readonly Difference[];
}

/** What decides over a span's last attributes. */
interface FinalAttributesOptions {
    readonly globalScope: Scope;
    readonly sendDefaultPii: boolean;
    readonly maxAttributes: number;
}

/** What all transactions of a client say. */
interface TransactionFacts {
    readonly platform: 'node' | 'javascript';
    readonly release: string | undefined;
    readonly environment: string;
    readonly dist: string | undefined;
    readonly serverName: string | undefined;
    readonly sdk: {
        readonly name: string;
        readonly version: string;
    };
    readonly integrations: readonly string[];
    readonly constants: ConstantAttributes;
}

/** What turns transactions into envelopes: one object per client. */
interface TransactionEnvelope {
    wallClockMs(): number;
    /** The `trace` header as JSON; freezes the context (R26). */
    traceHeader(segment: Segment): string;
    /** What each header says behind that, as JSON. */
    readonly constant: string;
    /** Nobody reads any more what was encoded. */
    recycle(output: Uint8Array<ArrayBuffer>): void;
}

/** What transactions say beside their spans, and how their text is kept. */
interface EventFacts {
    readonly sdk: TransactionFacts['sdk'];
    /** Only with a tunnel. */
    readonly dsn: string | undefined;
    readonly integrations: readonly string[];
    newEventId(): string;
    /** What may lie idle for the next spans, at most. */
    readonly maxIdleBytes: number;
    /** Not with a transport of the application's own, which may keep what it was given. */
    readonly reusesOutputs: boolean;
}
/** What the lifecycle is made of. */
interface StaticLifecycleOptions {
    readonly options: ResolvedOptions;
    readonly attributes: FinalAttributesOptions;
    readonly platform: Pick<Platform, 'name' | 'setTimer' | 'clearTimer' | 'wallClockMs'>;
    readonly ledger: Ledger;
    readonly budget: ByteBudget;
    readonly diagnostics: Diagnostics;
    constants(): ConstantAttributes;
    readonly traceHeader: TransactionEnvelope['traceHeader'];
    readonly event: EventFacts;
    /** Why nothing can be sent now; undefined: it can. */
    obstacle(): DropReason | undefined;
    /** Takes transactions; undefined without a DSN. */
    readonly enqueue: ((batch: Batch) => void) | undefined;
    /** Takes each finished span for the extra destinations, if there is memory for it; undefined when there are none. */
    readonly toSinks: ((span: SpanParts) => boolean) | undefined;
}

/** What turns batches into envelopes: one object per client. */
interface BatchEncoder extends SpanEncoder {
    wallClockMs(): number;
    /** The most that an envelope's payload may take (R14). */
    readonly maxPayloadBytes: number;
    /** The `trace` header as JSON; freezes the context (R26). */
    traceHeader(segment: Segment): string;
}

/** When a batch leaves (R14). */
interface BatchingOptions {
    readonly maxSpans: number;
    /** Payload bytes of one envelope, before compression. */
    readonly maxBytes: number;
    readonly flushIntervalMs: number;
    readonly flushOnSegmentEndMs: number;
}

/** The options that concern finished spans. */
interface StreamOptions {
    readonly batching: BatchingOptions;
    readonly holdback: {
        readonly maxMs: number;
    };
    readonly attributeLimits: AttributeLimits;
    readonly beforeSendSpan?: ((span: SpanJSON) => SpanJSON) | undefined;
    readonly filterSegment?: ((segment: SpanJSON, spans: SpanJSON[]) => boolean) | undefined;
}
/** What the lifecycle is made of. */
interface StreamLifecycleOptions {
    readonly options: StreamOptions;
    readonly attributes: FinalAttributesOptions;
    readonly platform: Platform;
    readonly clock: Clock;
    readonly ledger: Ledger;
    readonly budget: ByteBudget;
    readonly diagnostics: Diagnostics;
    encoder(): BatchEncoder;
    constants(): ConstantAttributes;
    /** Why nothing can be sent now; undefined: it can. */
    obstacle(): DropReason | undefined;
    /** Takes sealed batches; undefined without a DSN. */
    readonly enqueue: ((batch: Batch) => void) | undefined;
    /** Takes each finished span for the extra destinations, if there is memory for it; undefined when there are none. */
    readonly toSinks: ((span: SpanParts) => boolean) | undefined;
}

/** How finished spans leave the process: what a client needs of either mode. */
interface Lifecycle extends SpanSink {
    /** Started and not ended, newest first. */
    readonly openSpans: Iterable<RecordingSpan>;
    /** Sends on its way whatever waits and may leave. */
    flush(): void;
    /** Nothing ends here any more: gives up what waits for that. */
    stop?(): void;
    /** Whether an ended span still waits here. */
    has(spanId: string): boolean;
    /** With traceLifecycle `compare`: what would change. */
    compareReport?(): CompareReport;
}

/** What a lifecycle is made of. */
type LifecycleParts = StreamLifecycleOptions & StaticLifecycleOptions;
/** The modes that an entry has; which of them runs is decided once, at `init` (R12). */
type Lifecycles = {
    readonly [Mode in TraceLifecycle]?: (parts: LifecycleParts) => Lifecycle;
} & {
    /** Options that only other SDKs have, with what there is instead. */
    readonly retired?: Readonly<Record<string, string>>;
    /** Hands spans to the option `sinks`; absent: only what a sink brings along does. */
    readonly sinks?: CreateSinks;
};
/** For entries of pages whose bundles are to have nothing of the other modes, nor of sinks. */
declare const streamOnly: Lifecycles;
/** Every mode. */
declare const allLifecycles: Lifecycles;

/** A span that has not ended. */
interface OpenSpan {
    readonly name: string;
    readonly spanId: string;
    readonly traceId: string;
    readonly ageMs: number;
}
/** Where a span is, or what became of it. */
interface SpanExplanation {
    readonly state: 'open' | 'buffered' | 'in_flight' | 'delivered' | 'dropped' | 'inert' | 'unknown';
    /** Only when dropped. */
    readonly reason?: DropReason;
    /** Milliseconds since the epoch: since when. */
    readonly at: number;
    /** What it means and what to change. */
    readonly hint: string;
}
/** What a client begins with. */
interface ClientBasis {
    readonly options: ResolvedOptions;
    readonly platform: Platform;
    readonly diagnostics: Diagnostics;
}
/** The parts of a client. */
interface ClientParts extends ClientBasis {
    readonly ledger: Ledger;
    readonly budget: ByteBudget;
    readonly lifecycle: Lifecycle;
    /** Absent without a DSN. */
    readonly delivery: Delivery | undefined;
    readonly sinks: SinkDelivery | undefined;
    readonly current: Current;
    readonly clientReports: ClientReports;
    /** Called when nothing more is accepted. */
    readonly onClosed: () => void;
}
type Start = Parameters<IntegrationClient['whenNeeded']>[0];
/** One configured SDK: what `init` returns. */
declare class Client implements IntegrationClient {
    #private;
    readonly options: ResolvedOptions;
    recorded?: Set<string>;
    /** Of those that were set up; for platform packages. */
    readonly integrationNames: Set<string | undefined>;
    /** @param create makes the parts, when the first of them is needed */
    constructor(basis: ClientBasis, create: () => ClientParts);
    /** For instrumentation and platform packages; not part of the stable API. */
    get parts(): ClientParts;
    whenNeeded(start: Start): void;
    get current(): Current;
    get settings(): IntegrationClient['settings'];
    /** Whether `close()` has been called. */
    get isClosed(): boolean;
    isOwnUrl(url: string): boolean;
    /** Attaches the integrations; one that fails is a warning and is left out. */
    setup(integrations: readonly Integration[]): void;
    /** Adds something to undo on `close()`. */
    addTeardown(teardown: Teardown): void;
    /** Where every span is: `started = open + buffered + inFlight + delivered + dropped`, of all reasons. */
    stats(): Stats;
    /** What became of the spans that each sink was given. Without a DSN the sum of it is in `stats()`, too. */
    sinkStats(): SinkStats[];
    /** Calls back with each outcome; returns the unsubscribe function. */
    on(event: 'outcome', listener: (outcome: Outcome) => void): () => void;
    /** The spans that have started and not ended, oldest last. */
    openSpans(): OpenSpan[];
    /** What became of a span, for those open or waiting and the last 4,096 others. */
    explain(spanOrId: Span | string): SpanExplanation;
    /** With traceLifecycle `compare`: what traceLifecycle `stream` would do differently, as far as has been seen; else nothing. */
    compareReport(): CompareReport;
    /** Delivers or accounts for everything accepted so far; false when the time, in ms, was not enough (R29). */
    flush(timeoutMs?: number): Promise<boolean>;
    /** Flushes, then stops: integrations are undone, later spans are inert, what did not leave in time, in ms, counts as `shutdown`. */
    close(timeoutMs?: number): Promise<boolean>;
}

/** Follows synchronous calls only: the fallback where the runtime offers nothing better, and the manager of unit tests. */
declare class StackContextManager implements ContextManager {
    #private;
    active(): Context | undefined;
    run<T>(context: Context, callback: () => T): T;
    enter(context: Context): void;
}

/** What of a client is asked. */
interface HandOverClient {
    readonly options: {
        readonly transport?: unknown;
    };
    readonly parts: {
        readonly lifecycle: {
            flush(): void;
        };
        readonly delivery: Delivery | undefined;
        readonly clientReports: ClientReports;
        readonly diagnostics: DeliveryDiagnostics;
    };
}
interface SinkParts {
    readonly sinks: SinkDelivery | undefined;
    readonly diagnostics: Diagnostics;
}
/** Takes everything unsent out of a client, for a process that ends now. */
declare function createHandOver({ options, parts }: HandOverClient): HandOver;
/** The same of each sink that can tell. */
declare function createSinkHandOvers({ sinks, diagnostics }: SinkParts): HandOver[];

/** The options that the environment can give. */
type EnvironmentOptions = Pick<Options, 'dsn' | 'release' | 'environment' | 'tracesSampleRate' | 'traceLifecycle'>;
/**
 * Reads options from environment variables: `SENTRY_DSN`, `SENTRY_RELEASE`, `SENTRY_ENVIRONMENT`,
 * `SENTRY_TRACES_SAMPLE_RATE` and `SENTRY_TRACE_LIFECYCLE`. An empty variable counts as unset; a wrong one is ignored
 * with one warning (R34).
 */
declare function readEnvironment(env: Readonly<Record<string, string | undefined>>, warn: (message: string) => void): EnvironmentOptions;

/** Sets an attribute of the current isolation scope: every span of it that ends from now on carries it, unless it has its own. `undefined` removes it. */
declare function setAttribute(key: string, value: AttributeValue | undefined): void;
/** As `setAttribute`, several at once. */
declare function setAttributes(attributes: Attributes): void;
/** Removes an attribute of the current isolation scope. */
declare function removeAttribute(key: string): void;
/** Names the user in the current isolation scope; sent only with `sendDefaultPii`. `null` forgets. */
declare function setUser(user: User | null): void;
/** Sets attributes of every span in the process; spans and isolation scopes come first. */
declare function setGlobalAttributes(attributes: Attributes): void;

/** What `init` is given besides the user's options. */
interface InitContext {
    readonly platform: Platform;
    readonly env: Partial<Options>;
    readonly defaultIntegrations: (options: ResolvedOptions) => Integration[];
    /** The modes that there are, and whether there are sinks. Default: `streamOnly`. */
    readonly lifecycles?: Lifecycles;
}
/**
 * Starts the SDK. A second call closes the first client, which flushes it, and replaces it.
 * @throws Error naming the option and the value, when an option is wrong; nothing else ever throws
 */
declare function init(user: Options, context: InitContext): Client;
/** The client that the last `init` returned. */
declare function getClient(): Client | undefined;

/** The status words of transactions: those of gRPC, https://develop.sentry.dev/sdk/telemetry/traces/span-status/ */
declare const STATUS_WORDS: readonly ["ok", "cancelled", "unknown", "unknown_error", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal_error", "unavailable", "data_loss", "unauthenticated"];
/**
 * What a span's status is called in transactions. All words but `ok` and `cancelled` mean an error; streamed spans know `ok` and
 * `error` only and keep the word as `sentry.status.message`.
 * @deprecated Streamed spans have `setStatus('ok' | 'error', message)`.
 */
type StatusWord = (typeof STATUS_WORDS)[number];

/**
 * What a legacy span is started with.
 * @deprecated Use `tracing.startSpan({ name, attributes })`; `op` is the attribute `sentry.op` there.
 */
interface LegacyChildOptions {
    /** The kind of work, e.g. `db.query`. */
    readonly op?: string;
    /** What is done; default: `name`, then `op`. */
    readonly description?: string;
    readonly name?: string;
    readonly data?: Attributes;
    readonly tags?: Readonly<Record<string, string | number | boolean>>;
    readonly status?: StatusWord;
    /** Seconds since the epoch, or a date. Default: now. */
    readonly startTimestamp?: number | Date;
}
/**
 * A span with the names it had before streams: a thin face over the span that is recorded. It can be passed wherever a span can.
 * @deprecated Use the spans of `tracing.startSpan`.
 */
declare class LegacySpan implements Span {
    #private;
    readonly [STANDS_FOR]: AnySpan;
    readonly [dispose]: () => void;
    constructor(span: AnySpan);
    get name(): string;
    /** @deprecated It is the span's `name`. */
    get description(): string;
    set description(description: string);
    /** @deprecated It is the attribute `sentry.op`. */
    get op(): string | undefined;
    set op(op: string | undefined);
    get status(): SpanStatus;
    /**
     * Starts a span below this one; not active. A child of a finished span is sent as a transaction of its own.
     * @deprecated Use `tracing.startSpan({ name, parentSpan })`, or no `parentSpan` inside a callback.
     */
    startChild(options?: LegacyChildOptions): LegacySpan;
    /**
     * Ends the span; only the first call counts. @param endTimestamp seconds since the epoch, or a date; default: now.
     * @deprecated Use `end`, whose numbers are milliseconds.
     */
    finish(endTimestamp?: number | Date): void;
    /** Ends the span; only the first call counts. @param endTime ms since the epoch. */
    end(endTime?: number | Date): void;
    /** @deprecated Use `setAttribute`. */
    setData(key: string, value: AttributeValue | undefined): this;
    /** An attribute that transactions also list among their tags. @deprecated Use `setAttribute`. */
    setTag(key: string, value: string | number | boolean): this;
    /** `error`, or one of the old words; one that does not exist changes nothing. @deprecated Use `setStatus('ok' | 'error', message)` of streamed spans. */
    setStatus(status: StatusWord | SpanStatus, message?: string): this;
    /**
     * A number that receivers of transactions can chart. @param unit e.g. `millisecond`; default `none`.
     * @deprecated Use `setAttribute(name, { value, unit })` on the top-level span.
     */
    setMeasurement(name: string, value: number, unit?: string): this;
    setName(name: string): this;
    setAttribute(key: string, value: AttributeValue | undefined): this;
    setAttributes(attributes: Attributes): this;
    getAttributes(): Readonly<Attributes>;
    addLink(link: SpanLink): this;
    addLinks(links: SpanLink[]): this;
    spanContext(): SpanContext;
    isRecording(): boolean;
}

/**
 * What a transaction is started with.
 * @deprecated Use `tracing.startSpan({ name, attributes, parentSpan: null })`.
 */
interface TransactionOptions extends LegacyChildOptions {
    /** What the transaction is listed under; an empty or missing one becomes `<unnamed>`. */
    readonly name: string;
    readonly attributes?: Attributes;
}
/**
 * What the legacy `startSpan` is given.
 * @deprecated Use `tracing.startSpan({ name, attributes })`; `op` is the attribute `sentry.op` there.
 */
interface LegacyStartSpanOptions extends StartSpanOptions {
    /** The kind of work, e.g. `db.query`. */
    readonly op?: string;
    readonly data?: Attributes;
}
/**
 * Starts a top-level span that is ended by hand and sent with all that is below it as one transaction. It is not active; its
 * children are started with `startChild`. Only with traceLifecycle `static`.
 * @deprecated Use `tracing.startSpan({ name, parentSpan: null })` with traceLifecycle `stream`.
 */
declare function startTransaction(options: TransactionOptions): LegacySpan;
/**
 * Starts a span below the active one. With a callback it is active inside and ends when the callback returns or its promise
 * settles; a throw sets an error status. Without one it is active for the rest of the running function, until `finish`. Only with
 * traceLifecycle `static`.
 * @deprecated Use `tracing.startSpan` with traceLifecycle `stream`.
 */
declare function startSpan$1(options: LegacyStartSpanOptions): LegacySpan;
declare function startSpan$1<T>(options: LegacyStartSpanOptions, callback: (span: LegacySpan) => T): T;

/**
 * The same spans in batches of about so many bytes at most, for when only some can still leave: top-level spans and
 * errors stand in the first ones. What is already text stays as it is, behind them.
 * @param firstBytes of each trace's first batch
 */
declare function urgentFirst(batches: readonly Batch[], maxBytes: number, firstBytes?: number): Batch[];

/**
 * The `baggage` of a request that carries one already: its own members first, as they are; then those passed on from
 * upstream whose key it does not have; then ours. Members named `sentry-…` on the request give way to ours, because a
 * mixture of two contexts would contradict `sentry-trace` (R23).
 */
declare function mergeBaggage(existing: string, ours: string): string;

/** A URL that may leave the process (R35). */
interface SanitizedUrl {
    /** The whole URL, without credentials and fragment, its query values replaced. */
    readonly full: string;
    /** Begins with a slash where there is a host; empty for `data:` and other URLs without a hierarchy. */
    readonly path: string;
    /** Without the question mark. */
    readonly query: string | undefined;
    /** Lower case; an IPv6 address in its brackets; empty for a relative URL. */
    readonly host: string;
    readonly port: number | undefined;
    /** Lower case, without the colon. */
    readonly scheme: string | undefined;
}
/**
 * Takes out of a URL what must not leave the process: credentials, the fragment, query values (the keys stay; a
 * parameter without a value goes whole, since it may be one) and what follows the media type of `data:`, the scheme of
 * other URLs without a hierarchy. With `sendDefaultPii` query values stay. Accepts relative URLs; never throws.
 */
declare function sanitizeUrl(url: string, sendDefaultPii?: boolean): SanitizedUrl;
/** The attributes of a URL a client asks for. */
declare function urlAttributes(url: SanitizedUrl): Attributes;
/** The attributes of a request's method: one nobody knows becomes `_OTHER`, so that it cannot make a dimension explode. */
declare function methodAttributes(method: string): Attributes;
/** `GET /users/:id`, or the method alone while no route is known; `HTTP` for a method nobody knows. */
declare function httpSpanName(method: string, route?: string): string;
/** `GET api.example.com`; the host without its port. */
declare function httpClientSpanName(method: string, host: string): string;
/** The status that a response code means: a client's fault is an error for the client only. https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status */
declare function statusFromHttp(code: number, kind: 'server' | 'client'): 'ok' | 'error';

/**
 * Ends the span when the stream is over, whichever way: its last chunk, an early `break`, `cancel()`, an error, an abort,
 * a closed connection, `destroy()`. Never clones, never tees, holds no chunk, keeps back-pressure; what the stream does to
 * produce a chunk runs in the span's context.
 *
 * Generators, iterators, iterables and Node streams stay the objects they are, with some methods of their own; a frozen
 * iterable is replaced by one that inherits from it. A `ReadableStream` (byte streams stay such) and a `Response` are
 * replaced, since consumers reach into their internals. Anything else, and a body that is locked or used, passes through
 * and its span ends at once.
 *
 * Attributes of the span, beside `error.type` after an error (the conventions have such names for AI responses only):
 * - `spanstream.stream.end_reason`: `done`; `cancelled` by the consumer, or aborted; `error`; `closed` before its end;
 *   `dropped`, garbage-collected unfinished where the runtime tells (the span then ends with the last chunk)
 * - `spanstream.stream.first_chunk_ms`: milliseconds from the span's start to the first chunk
 * - `spanstream.stream.chunks`: how many have passed, where they can be counted
 * - `spanstream.stream.bytes`: their bytes, when all were binary
 */
declare function traceStream$1<T>(stream: T, work: SpanWork): T;

/** Whether a request to this URL gets trace headers. */
type PropagationTargets = (url: string) => boolean;
/**
 * Compiles the option `tracePropagationTargets`: a string is contained in the URL, a RegExp matches it, whatever its
 * `lastIndex`. Hosts compare without regard to case, paths with it. Undefined: every URL; an empty array: none.
 */
declare function createPropagationTargets(targets: readonly (string | RegExp)[] | undefined): PropagationTargets;

type AnyFunction = (...args: never[]) => unknown;
/**
 * Starts a span. With a callback it is active inside, exactly, and ends when the callback returns, its promise settles or
 * its generator finishes; a throw sets the status `error` (R7). Without one it is active for the rest of the running
 * function and all that this starts, until `end()` or the end of a `using` block.
 */
declare function startSpan(options: StartSpanOptions): Span;
declare function startSpan<T>(options: StartSpanOptions, callback: (span: Span) => T): T;
/** The function, each call of it in a span of its own; name, length and `this` stay. */
declare function traced<F extends AnyFunction>(fn: F, options?: Partial<StartSpanOptions>): F;
/** Method decorator (TC39): each call of the method runs in a span named as it, or as `name` says. */
declare function trace(options?: Partial<StartSpanOptions>): <F extends AnyFunction>(method: F, context: {
    readonly name: string | symbol;
}) => F;
/** The innermost span that is active and has not ended. */
declare function getActiveSpan(): Span | undefined;
/** Runs the callback with this span active, even one that has ended; `null`: with none, in the current trace (R1). */
declare function withActiveSpan<T>(span: Span | null, callback: () => T): T;
/** Runs the callback in the trace that the carrier's headers name; a new one when they name none (R24). */
declare function continueTrace<T>(carrier: Carrier, callback: () => T): T;
/** Runs the callback in a trace of its own, one for all spans and headers inside. */
declare function startNewTrace<T>(callback: () => T): T;
/** Runs the callback without recording anything that starts inside; its requests say that they are not sampled. */
declare function suppressTracing<T>(callback: () => T): T;
/** Runs the callback outside everything: no active span, no pinned trace. For pools, timers and listeners that outlive their cause. */
declare function runDetached<T>(callback: () => T): T;
/** Runs the callback in a fork of the isolation scope; it joins the current trace, or has one of its own where there is none. */
declare function withIsolationScope<T>(callback: () => T): T;
/** The function, to be run later in today's context. */
declare function bind<F extends AnyFunction>(fn: F): F;
/** `sentry-trace`, `baggage`, `traceparent` and, if there is one, `tracestate`, for the given span, else the active one, else the current trace. */
declare function getTraceHeaders(span?: Span): Record<string, string>;
/** The trace headers as `<meta>` tags, for a page to continue the server's trace. */
declare function getTraceMetaTags(span?: Span): string;
/**
 * The same stream, whose end ends the span: ReadableStream, Response, Node stream, iterable or asynchronous iterable. Never
 * cloned; each element is pulled in the span's context.
 */
declare function traceStream<T>(stream: T, span: Span): T;

declare const _public_bind: typeof bind;
declare const _public_continueTrace: typeof continueTrace;
declare const _public_getActiveSpan: typeof getActiveSpan;
declare const _public_getTraceHeaders: typeof getTraceHeaders;
declare const _public_getTraceMetaTags: typeof getTraceMetaTags;
declare const _public_runDetached: typeof runDetached;
declare const _public_startNewTrace: typeof startNewTrace;
declare const _public_startSpan: typeof startSpan;
declare const _public_suppressTracing: typeof suppressTracing;
declare const _public_trace: typeof trace;
declare const _public_traceStream: typeof traceStream;
declare const _public_traced: typeof traced;
declare const _public_withActiveSpan: typeof withActiveSpan;
declare namespace _public {
  export {
    _public_bind as bind,
    _public_continueTrace as continueTrace,
    _public_getActiveSpan as getActiveSpan,
    _public_getTraceHeaders as getTraceHeaders,
    _public_getTraceMetaTags as getTraceMetaTags,
    _public_runDetached as runDetached,
    _public_startNewTrace as startNewTrace,
    _public_startSpan as startSpan,
    _public_suppressTracing as suppressTracing,
    _public_trace as trace,
    _public_traceStream as traceStream,
    _public_traced as traced,
    _public_withActiveSpan as withActiveSpan,
  };
}

/** Keeps spans as bytes, and batches as well where many wait: for servers. */
declare const createPackingEncoder: CreateEncoder;

/** Keeps spans as text, for pages: little code, and few spans wait there. */
declare function createTextEncoder({ constants, envelope }: EncoderFacts): SpanEncoder;
/** The envelope of its short form; any other text as it is. */
declare function expandShort(text: string): string;

/** What an option must be: a type, or in words and as a test. */
type Check = 'boolean' | 'string' | 'function' | 'object' | readonly [expected: string, test: (value: unknown) => boolean];
type Checks<T> = {
    readonly [K in keyof T]-?: Check;
};
/** A copy of the values that are there. */
declare function check<T extends object>(prefix: string, values: T, checks: Checks<T>, warn: (message: string) => void): {
    [K in keyof T]?: Exclude<T[K], undefined>;
};

export { Client, Delivery, LegacySpan, Segment, StackContextManager, allLifecycles, check as checkOptions, createHandOver, createPackingEncoder, createPropagationTargets, createSinkHandOvers, createSinks, createTextEncoder, expandShort, traceStream$1 as followStream, getClient, getCurrent, httpClientSpanName, httpSpanName, implicitParent, init, mergeBaggage, methodAttributes, parseIncoming, readEnvironment, removeAttribute, sanitizeUrl, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan$1 as startSpan, startTransaction, statusFromHttp, streamOnly, toOurs, traceNodeStream, _public as tracing, urgentFirst, urlAttributes, withIsolationScope };
export type { AnySpan, AttributeList, AttributeValue, Attributes, Batch, Carried, Carrier, CarryingSink, Checks, CompareReport, ConstantAttributes, Context, ContextManager, CreateSinkTransport, CreateTransport, Current, Difference, DifferenceKind, DropReason, HandOver, InitContext, Integration, IntegrationClient, LegacyChildOptions, LegacyStartSpanOptions, Lifecycles, OpenSpan, Options, Outcome, Platform, ResolvedOptions, SamplingContext, SdkInfo, Sink, SinkAnswer, SinkContext, SinkLoss, SinkReceipt, SinkStats, SinkTransportOptions, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanParts, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceContext, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, WatchedSpan };

// @spanstream/core: testing.d.mts
/// <reference lib="esnext.disposable" />
import { Client, tracing, SpanJSON, Options, ContextManager } from '@spanstream/core';

/** A wall clock, a monotonic clock and timers that move when they are told to; they begin on 1 January 2026, UTC. */
declare class ManualClock {
    #private;
    /** The wall clock, in milliseconds since the epoch. */
    get nowMs(): number;
    /** Milliseconds since the clock was made, without those it was suspended for. */
    get monotonicMs(): number;
    /** Lets time pass, in milliseconds, and runs the timers that come due, each at its time. */
    advance(ms: number): void;
    /** Sets the wall clock forward or, with a negative number, back, as a user or a time server does. */
    stepWallClock(ms: number): void;
    /** A sleeping machine: the wall clock goes on, the monotonic one and the timers stand. */
    suspend(ms: number): void;
    /** What the platform's timers are to the client. */
    setTimer(callback: () => void, delayMs: number): unknown;
    clearTimer(timer: unknown): void;
    /** Waits for the promise, and moves on to the next timer whenever nothing else happens. */
    drive<T>(promise: Promise<T>): Promise<T>;
}

/** The options of `init`, and what follows the context. */
interface TestClientOptions extends Options {
    /**
     * Carries the active span. Default: as on the platform where there is `AsyncLocalStorage`, else a synchronous stack, which
     * loses it at the first `await`.
     */
    readonly contextManager?: ContextManager | undefined;
}
/** A finished span as it arrived, with the spans below it. */
interface TestSpan extends SpanJSON {
    /** In the order of their starts. */
    readonly children: TestSpan[];
}
/** What the pretended backend says: a status, a status with headers, an error for no connection, `never` for silence. */
type TestAnswer = number | {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
} | Error | 'never';
/** A client that lives in memory. */
interface TestClient {
    /** What `init` returned. */
    readonly client: Client;
    /** The stream API, the same that applications import; all of it works on the client that was made last. */
    readonly tracing: typeof tracing;
    /** Time stands still until it is moved. */
    readonly clock: ManualClock;
    /** All finished spans as trees: what had no parent, or one that has not arrived, stands at the top. Sends what waits first. */
    spans(): TestSpan[];
    /** All finished spans, in the order of their ends. Sends what waits first. */
    flatSpans(): SpanJSON[];
    /** The envelopes that were sent so far, client reports included, as text. Sends nothing. */
    envelopes(): string[];
    /** What was written to the log, with the option `debug` the decisions as well. */
    logLines(): string[];
    /** What the backend answers to the next envelopes, one each; afterwards 200 again. */
    respondWith(...answers: TestAnswer[]): void;
    /** As `client.flush`; the clock moves on by itself where it waits for a timer, e.g. for a retry. */
    flush(timeoutMs?: number): Promise<boolean>;
    /** As `client.close`; the clock moves on by itself. */
    close(timeoutMs?: number): Promise<boolean>;
    /** @throws Error naming the spans that have started and not ended, if there are any */
    expectNoOpenSpans(): void;
}
/**
 * Starts a client that sends nothing anywhere: for tests of your own instrumentation. It samples everything in lifecycle
 * `stream`, unless the options say otherwise; its clock is moved by hand, its ids are the same in each run. It replaces the
 * client that ran before, as `init` does.
 * @example
 * const test = createTestClient();
 * checkout(cart);
 * expect(test.spans()).toMatchObject([{ name: 'checkout', children: [{ name: 'payment' }] }]);
 * test.expectNoOpenSpans();
 */
declare function createTestClient(options?: TestClientOptions): TestClient;

export { ManualClock, createTestClient };
export type { TestAnswer, TestClient, TestClientOptions, TestSpan };
