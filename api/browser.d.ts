// @spanstream/browser: bare.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CreateTransport, DropReason, Integration, IntegrationClient, OpenSpan, Options, Outcome, SamplingContext, Sink, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, Teardown, TraceLifecycle, TracesSampler, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, tracing, withIsolationScope } from '@spanstream/core';
export { close, flush } from './index.mjs';

/**
 * Starts the SDK without default integrations, so that a bundle has only those that the option `integrations` names.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

export { init };

// @spanstream/browser: index.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CreateTransport, DropReason, Integration, IntegrationClient, OpenSpan, Options, Outcome, SamplingContext, Sink, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, Teardown, TraceLifecycle, TracesSampler, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, tracing, withIsolationScope } from '@spanstream/core';

/**
 * Starts the SDK in a page or a worker.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

export { close, flush, init };
