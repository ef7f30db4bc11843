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
export { setRoute } from './instrument/set-route.ts';

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
export async function flush(timeoutMs?: number): Promise<boolean> {
  return (await getClient()?.flush(timeoutMs)) ?? false;
}

/** Flushes, then stops the SDK; later spans are inert. */
export async function close(timeoutMs?: number): Promise<boolean> {
  return (await getClient()?.close(timeoutMs)) ?? false;
}
