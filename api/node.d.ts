// @spanstream/node: index.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client, Integration } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';

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

/** Gives each request of `undici` and of the global `fetch` trace headers and, where there is a parent, a span. A redirect is a request of its own. */
declare function undiciIntegration(): Integration;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

export { close, flush, httpClientIntegration, httpServerIntegration, init, setRoute, undiciIntegration };
export type { HttpServerOptions, IncomingRequest };

// @spanstream/node: register.d.mts
/// <reference lib="esnext.disposable" />
