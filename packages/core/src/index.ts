export { Client } from './client.ts';
export type { OpenSpan, SpanExplanation } from './client.ts';
export { StackContextManager } from './context/context-manager.ts';
export { implicitParent, toOurs } from './context/context.ts';
export type { AnySpan, Carried, Context, ContextManager } from './context/context.ts';
export type { User } from './context/scope.ts';
export type { Batch } from './wire/batch.ts';
export type { DropReason } from './delivery/drop-reason.ts';
export { createSinks } from './delivery/create-sinks.ts';
export type { CarryingSink } from './delivery/create-sinks.ts';
export { createHandOver, createSinkHandOvers } from './delivery/hand-over.ts';
export type { Outcome, Stats } from './delivery/ledger.ts';
export type { HandOver, Sink, SinkAnswer, SinkContext, SinkLoss, SinkReceipt, SinkStats } from './delivery/sink.ts';
export type {
  CreateSinkTransport,
  CreateTransport,
  SinkTransportOptions,
  Transport,
  TransportOptions,
  TransportRequest,
  TransportResponse,
} from './delivery/transport.ts';
export type { Delivery } from './delivery/delivery.ts';
export { readEnvironment } from './environment.ts';
export type { Integration, IntegrationClient, Teardown } from './integration.ts';
export { allLifecycles, streamOnly } from './lifecycle.ts';
export type { CompareReport, Lifecycles } from './lifecycle.ts';
export type { Options, ResolvedOptions, TraceLifecycle } from './options.ts';
export type { Platform } from './platform.ts';
export { removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser } from './scope-api.ts';
export { getClient, init } from './setup.ts';
export type { InitContext } from './setup.ts';
export type { Attributes, AttributeValue } from './span/attributes.ts';
export type { WatchedSpan } from './span/segment.ts';
export type { TraceContext } from './span/trace-context.ts';
export type { Span, SpanContext, SpanJSON, SpanLink, SpanStatus } from './span/span-data.ts';
export { startSpan, startTransaction } from './static/legacy-api.ts';
export type { LegacyStartSpanOptions, TransactionOptions } from './static/legacy-api.ts';
export type { LegacyChildOptions, LegacySpan } from './static/legacy-span.ts';
export type { Difference, DifferenceKind } from './static/compare-report.ts';
export type { StatusWord } from './static/status-words.ts';
export { urgentFirst } from './stream/urgent-first.ts';
export { mergeBaggage } from './trace/baggage.ts';
export { httpClientSpanName, httpSpanName, methodAttributes, sanitizeUrl, statusFromHttp, urlAttributes } from './trace/http-span.ts';
export { getCurrent } from './trace/current.ts';
export type { Current } from './trace/current.ts';
export { parseIncoming } from './trace/propagation.ts';
export type { Carrier } from './trace/propagation.ts';
export { traceStream as followStream } from './trace/trace-stream.ts';
export { traceNodeStream } from './trace/trace-node-stream.ts';
export { createPropagationTargets } from './trace/propagation-targets.ts';
export type { SamplingContext, TracesSampler } from './trace/sampling.ts';
export type { StartSpanOptions } from './trace/start-span-options.ts';
export { withIsolationScope } from './trace/tracing.ts';
export * as tracing from './trace/public.ts';
export { createPackingEncoder } from './stream/packed-batch.ts';
export { createTextEncoder, expandShort } from './wire/text-encoder.ts';
export type { AttributeList } from './span/attributes.ts';
export type { Segment } from './span/segment.ts';
export type { ConstantAttributes, SpanParts } from './wire/constants.ts';
export type { SdkInfo } from './wire/dsn.ts';
export { check as checkOptions } from './option-checks.ts';
export type { Checks } from './option-checks.ts';
