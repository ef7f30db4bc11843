// @spanstream/node: edge.d.mts
/// <reference lib="esnext.disposable" />
import { Integration, Options, Client } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';

/** Gives each request of the global `fetch` trace headers and, where there is a parent, a span that ends with the response's body. */
declare function fetchIntegration(): Integration;

/**
 * Starts the SDK in a runtime of web standards: workerd, Vercel's edge runtime, Deno, Bun. May be called outside of requests. What the
 * options leave out comes from `SENTRY_DSN` and its siblings where the runtime has `process.env`.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

/** What runtimes pass to their handlers, or keep for the running invocation. */
interface InvocationContext {
    waitUntil?(promise: Promise<unknown>): void;
}

/** A `Request`, named by its shape so that these types need none of the runtime's. */
interface EdgeRequest {
    readonly method: string;
    readonly url: string;
    readonly headers: {
        get(name: string): string | null;
    };
}
/** A `Response`, likewise. */
interface EdgeResponse {
    readonly status: number;
    readonly body: unknown;
}
/**
 * Runs the handler of an incoming request in a span and an isolation scope of its own, in the trace that the request's headers
 * name. The span ends with the response's body. Behind it everything is sent, held by `waitUntil` where the runtime has one.
 *
 * `export default { fetch: (request, env, ctx) => traceRequest(request, () => handle(request), ctx) };`
 * @param context what the runtime passes to its handlers; found without it on Vercel, Next and Netlify
 */
declare function traceRequest<R extends EdgeResponse>(request: EdgeRequest, handler: () => R | Promise<R>, context?: InvocationContext): Promise<R>;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

export { close, fetchIntegration, flush, init, traceRequest };
export type { EdgeRequest, EdgeResponse, InvocationContext };

// @spanstream/node: index.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client, Integration } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';

/**
 * Wraps the handler of a serverless function, e.g. of AWS Lambda: each invocation has a trace and an isolation scope of its own, and all
 * that it recorded is on the way before the result is returned, since the process may be frozen right after.
 *
 * `export const handler = flushAfter(async (event) => { … });`
 * @param handler answers with a promise or a value; what it returns and throws is passed on
 * @param timeoutMs how long an invocation may be held up by a backend that does not answer. Default: 2000
 */
declare function flushAfter<A extends unknown[], R>(handler: (...args: A) => R, timeoutMs?: number): (...args: A) => Promise<Awaited<R>>;

/**
 * Starts the SDK on Node. What the options leave out comes from `SENTRY_DSN`, `SENTRY_RELEASE`, `SENTRY_ENVIRONMENT`,
 * `SENTRY_TRACES_SAMPLE_RATE` and `SENTRY_TRACE_LIFECYCLE`.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

/** Gives each request made with `node:http` or `node:https` trace headers and, where there is a parent, a span. */
declare function httpClientIntegration(): Integration;

/** What `ignoreIncomingRequests` is given: the `IncomingMessage`. Named by its shape, so that these types need none of Node's. */
interface IncomingRequest {
    readonly method?: string | undefined;
    readonly url?: string | undefined;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
/** Options of `httpServerIntegration`. */
interface HttpServerOptions {
    /** Requests for which true is returned, and all that happens inside them, are not recorded. A throw counts as false. Default: none. */
    ignoreIncomingRequests?(request: IncomingRequest): boolean;
}
/**
 * Gives each request to a `node:http` or `node:https` server a span and an isolation scope, in the trace that its headers
 * name, else in one of its own.
 */
declare function httpServerIntegration(options?: HttpServerOptions): Integration;
/**
 * Names the route of the incoming request that this code runs for, e.g. `/users/:id`: its span becomes `GET /users/:id`.
 * For routers without an integration; may be called anywhere below the handler, and the last call wins.
 */
declare function setRoute(route: string): void;

/**
 * Lets the trace go on in child processes, which find it in `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, and in worker threads that
 * were given `traceWorkerData`. Spans that have no other parent there belong to it. `spawnSync` and its siblings tell nobody.
 */
declare function processContextIntegration(): Integration;
/**
 * The data with the current trace beside its own members, for a worker thread to go on with:
 * `new Worker(file, { workerData: traceWorkerData({ … }) })`.
 */
declare function traceWorkerData<T extends object>(workerData: T): T;

/** Gives each request of `undici` and of the global `fetch` trace headers and, where there is a parent, a span. A redirect is a request of its own. */
declare function undiciIntegration(): Integration;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

export { close, flush, flushAfter, httpClientIntegration, httpServerIntegration, init, processContextIntegration, setRoute, traceWorkerData, undiciIntegration };
export type { HttpServerOptions, IncomingRequest };

// @spanstream/node: register.d.mts
/// <reference lib="esnext.disposable" />
