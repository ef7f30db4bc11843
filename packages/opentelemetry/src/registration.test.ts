import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { createTestClient, type TestClient } from '@spanstream/core/testing';
import { tracing } from '@spanstream/core';
import { afterEach, expect, test } from 'vitest';
import { createOpenTelemetryParts, openTelemetryIntegration, type OpenTelemetryOptions } from '@spanstream/opentelemetry';

const clients: TestClient[] = [];

function start(options?: OpenTelemetryOptions): TestClient {
  const client = createTestClient({ integrations: [openTelemetryIntegration(options)] });
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  trace.disable();
  context.disable();
  propagation.disable();
});

const isRegistered = (): boolean => trace.getTracer('probe').startSpan('probe').isRecording();

test('importing registers nothing, the integration does, close undoes it', async () => {
  expect(isRegistered()).toBe(false);
  const client = start();
  expect(isRegistered()).toBe(true);
  await client.close();
  expect(isRegistered()).toBe(false);
  expect(propagation.fields()).toEqual([]);
});

test.each([
  ['the tracer provider BasicTracerProvider', () => trace.setGlobalTracerProvider(new BasicTracerProvider())],
  ['the context manager AsyncLocalStorageContextManager', () => context.setGlobalContextManager(new AsyncLocalStorageContextManager())],
  ['the propagator W3CBaggagePropagator', () => propagation.setGlobalPropagator(new W3CBaggagePropagator())],
])('where another SDK has registered %s it says so once and leaves all as it is', async (what, occupy) => {
  occupy();
  const manager = context.active;
  const client = start();
  expect(client.logLines()).toEqual([expect.stringContaining(`another SDK has registered ${what}.`)]);
  tracing.startSpan({ name: 'ours' }, () => expect(trace.getActiveSpan()).toBeUndefined());
  expect(client.flatSpans()).toHaveLength(1);
  expect(context.active).toBe(manager);
  await client.close();
  // Still occupied by whoever was first.
  expect(start().logLines()).toHaveLength(1);
});

test('a propagator of the application’s own may stay', () => {
  const own = new W3CBaggagePropagator();
  propagation.setGlobalPropagator(own);
  const client = start({ propagator: false });
  expect(client.logLines()).toEqual([]);
  expect(isRegistered()).toBe(true);
  expect(propagation.fields()).toEqual(own.fields());
});

test('what somebody registers after it is left alone by close', async () => {
  const client = start();
  trace.disable();
  const theirs = new BasicTracerProvider();
  trace.setGlobalTracerProvider(theirs);
  await client.close();
  expect((trace.getTracerProvider() as unknown as { getDelegate(): unknown }).getDelegate()).toBe(theirs);
});

test('a second init takes over, also for tracers that are held', () => {
  const first = start();
  const tracer = trace.getTracer('held');
  tracer.startSpan('one').end();
  expect(first.flatSpans().map(({ name }) => name)).toEqual(['one']);
  const second = start();
  tracer.startSpan('two').end();
  expect(second.flatSpans().map(({ name }) => name)).toEqual(['two']);
  expect(second.logLines().filter((line) => line.includes('OpenTelemetry'))).toEqual([]);
});

test('a tracer that was there before it records as soon as the integration is set up', () => {
  const tracer = trace.getTracer('early');
  expect(tracer.startSpan('lost').isRecording()).toBe(false);
  const client = start();
  tracer.startSpan('kept').end();
  expect(client.flatSpans().map(({ name }) => name)).toEqual(['kept']);
});

test('after close spans are inert, and nothing throws', async () => {
  const client = start();
  const tracer = trace.getTracer('held');
  const open = tracer.startSpan('open');
  await client.close();
  expect(tracer.startActiveSpan('late', (span) => (span.end(), span.isRecording()))).toBe(false);
  expect(() => open.end()).not.toThrow();
});

test('the parts are there to be registered or passed on by the application itself', () => {
  const client = createTestClient();
  clients.push(client);
  const { provider, contextManager, propagator } = createOpenTelemetryParts(client.client);
  expect(isRegistered()).toBe(false);
  const span = provider.getTracer('mine').startSpan('subject');
  const carrier: Record<string, string> = {};
  contextManager.with(trace.setSpan(contextManager.active(), span), () => {
    tracing.startSpan({ name: 'below' }, () => undefined);
    propagator.inject(contextManager.active(), carrier, { set: (target, key, value) => void ((target as typeof carrier)[key] = value) });
  });
  span.end();
  expect(carrier['traceparent']).toContain(span.spanContext().spanId);
  expect(client.spans()).toMatchObject([{ name: 'subject', children: [{ name: 'below' }] }]);
});
