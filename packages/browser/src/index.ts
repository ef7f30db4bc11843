import { getClient } from '@spanstream/core';

export {
  getClient,
  removeAttribute,
  setAttribute,
  setAttributes,
  setGlobalAttributes,
  setUser,
  startSpan,
  startTransaction,
  tracing,
  withIsolationScope,
} from '@spanstream/core';
export type {
  Attributes,
  AttributeValue,
  Carrier,
  Client,
  CompareReport,
  CreateTransport,
  Difference,
  DifferenceKind,
  DropReason,
  Integration,
  IntegrationClient,
  LegacyChildOptions,
  LegacySpan,
  LegacyStartSpanOptions,
  OpenSpan,
  Options,
  Outcome,
  SamplingContext,
  Sink,
  SinkReceipt,
  SinkStats,
  Span,
  SpanContext,
  SpanExplanation,
  SpanJSON,
  SpanLink,
  SpanStatus,
  StartSpanOptions,
  Stats,
  StatusWord,
  Teardown,
  TraceLifecycle,
  TracesSampler,
  TransactionOptions,
  Transport,
  TransportOptions,
  TransportRequest,
  TransportResponse,
  User,
} from '@spanstream/core';
export { init } from './init.ts';
export { fetchIntegration } from './instrument/fetch.ts';
export type { IdleTimeouts } from './instrument/idle-span.ts';
export { interactionsIntegration } from './instrument/interactions.ts';
export type { InteractionsOptions } from './instrument/interactions.ts';
export { longTasksIntegration } from './instrument/long-tasks.ts';
export { navigationIntegration, setRoute } from './instrument/navigation.ts';
export type { NavigationOptions } from './instrument/navigation.ts';
export type { RequestOptions } from './instrument/outgoing.ts';
export { pageLoadIntegration } from './instrument/page-load.ts';
export { propagateTo, workerIntegration } from './instrument/propagate-to.ts';
export type { MessageTarget } from './instrument/propagate-to.ts';
export { traceReactRouter, traceVueRouter } from './instrument/routers.ts';
export type { ReactRouterLike, ReactRouterState, VueRouteLike, VueRouterLike } from './instrument/routers.ts';
export { webVitalsIntegration } from './instrument/web-vitals.ts';
export { xhrIntegration } from './instrument/xhr.ts';

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
export async function flush(timeoutMs?: number): Promise<boolean> {
  return (await getClient()?.flush(timeoutMs)) ?? false;
}

/** Flushes, then stops the SDK; later spans are inert. */
export async function close(timeoutMs?: number): Promise<boolean> {
  return (await getClient()?.close(timeoutMs)) ?? false;
}
