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
export { registerEsmHooks } from './esm-registration.ts';
export { flushAfter } from './flush-after.ts';
export { init } from './init.ts';
export { httpClientIntegration } from './instrument/http-client.ts';
export { httpServerIntegration } from './instrument/http-server.ts';
export type { HttpServerOptions, IncomingRequest } from './instrument/http-server.ts';
export { setRoute } from './instrument/set-route.ts';
export { processContextIntegration, traceWorkerData } from './instrument/process-context.ts';
export { undiciIntegration } from './instrument/undici.ts';
export { amqplibIntegration } from './libraries/amqplib.ts';
export { anthropicIntegration } from './libraries/anthropic.ts';
export { bullmqIntegration } from './libraries/bullmq.ts';
export { expressIntegration } from './libraries/express.ts';
export { fastifyIntegration } from './libraries/fastify.ts';
export { graphqlIntegration } from './libraries/graphql.ts';
export { h3Integration } from './libraries/h3.ts';
export { honoIntegration } from './libraries/hono.ts';
export { ioredisIntegration } from './libraries/ioredis.ts';
export { koaIntegration } from './libraries/koa.ts';
export { mongodbIntegration } from './libraries/mongodb.ts';
export { mysql2Integration } from './libraries/mysql2.ts';
export { openAiIntegration } from './libraries/openai.ts';
export { pgIntegration } from './libraries/pg.ts';
export { redisIntegration } from './libraries/redis.ts';

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
export async function flush(timeoutMs?: number): Promise<boolean> {
  return (await getClient()?.flush(timeoutMs)) ?? false;
}

/** Flushes, then stops the SDK; later spans are inert. */
export async function close(timeoutMs?: number): Promise<boolean> {
  return (await getClient()?.close(timeoutMs)) ?? false;
}
