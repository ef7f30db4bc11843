import { expect, it } from 'vitest';
import { SpanKind, spanKindOf } from './span-kind.ts';

it.each([
  ['server', { 'sentry.op': 'http.server' }],
  ['client', { 'sentry.op': 'http.client' }],
  ['client', { 'sentry.op': 'db' }],
  ['client', { 'sentry.op': 'db.query' }],
  ['client', { 'sentry.op': 'cache.get' }],
  ['producer', { 'sentry.op': 'queue.publish' }],
  ['consumer', { 'sentry.op': 'queue.process' }],
  ['consumer', { 'sentry.op': 'queue.receive' }],
  ['server', { 'sentry.op': 'rpc.server' }],
  ['internal', { 'sentry.op': 'function' }],
  ['internal', { 'sentry.op': 'constructor' }],
  ['internal', { 'sentry.op': 'dbx' }],
  ['internal', {}],
  ['client', { 'db.system.name': 'postgresql' }],
  ['client', { 'http.request.method': 'GET', 'url.full': 'http://h/' }],
  ['server', { 'http.request.method': 'GET', 'url.path': '/' }],
  ['producer', { 'messaging.operation.type': 'send' }],
  ['consumer', { 'messaging.operation.type': 'process' }],
  // What is stated goes before what can be told.
  ['consumer', { 'sentry.op': 'http.server', 'sentry.kind': 'CONSUMER' }],
  ['producer', { 'otel.kind': 'producer', 'db.system.name': 'kafka' }],
  ['server', { 'sentry.op': 'http.server', 'sentry.kind': 'nonsense' }],
] as const)('%s: %j', (kind, attributes) => {
  expect(spanKindOf(Object.entries(attributes).flat())).toBe(SpanKind[kind]);
});
