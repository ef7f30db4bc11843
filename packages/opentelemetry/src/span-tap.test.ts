import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { BatchSpanProcessor, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createTestClient, type TestClient } from '@spanstream/core/testing';
import { tracing } from '@spanstream/core';
import { afterEach, expect, test } from 'vitest';
import { openTelemetryIntegration, type OpenTelemetryOptions } from '@spanstream/opentelemetry';

let running: TestClient | undefined;

function start(options: OpenTelemetryOptions): TestClient {
  return (running = createTestClient({ release: 'shop@1.4.0', environment: 'test', integrations: [openTelemetryIntegration(options)] }));
}

afterEach(async () => void (await running?.close()));

/** An exporter that keeps what it had when it is shut down. */
function createKeeper(): { readonly exporter: InMemorySpanExporter; readonly spans: ReadableSpan[] } {
  const spans: ReadableSpan[] = [];
  const exporter = new InMemorySpanExporter();
  const { export: pass } = exporter;
  exporter.export = (batch, done) => {
    spans.push(...batch);
    pass.call(exporter, batch, done);
  };
  return { exporter, spans };
}

test('processors of OpenTelemetry’s SDK see spans of either API, with all that exporters read', () => {
  const { exporter, spans } = createKeeper();
  const { clock } = start({ spanProcessors: [new SimpleSpanProcessor(exporter)], resource: { 'service.namespace': 'eu' } });
  tracing.startSpan({ name: 'ours', attributes: { size: { value: 3, unit: 'byte' } } }, () => {
    const span = trace
      .getTracerProvider()
      .getTracer('shop', '1.2.3', { schemaUrl: 'https://schema.example' })
      .startSpan('theirs', {
        kind: SpanKind.CLIENT,
        attributes: { a: 1 },
        links: [{ context: { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), traceFlags: 1 }, attributes: { n: 1 } }],
      });
    span.addEvent('miss', { key: 'k' }).setStatus({ code: SpanStatusCode.ERROR, message: 'broken' });
    clock.advance(5);
    span.end();
  });
  const [theirs, ours] = spans as [ReadableSpan, ReadableSpan];
  expect(theirs).toMatchObject({
    name: 'theirs',
    kind: SpanKind.CLIENT,
    ended: true,
    duration: [0, 5_000_000],
    status: { code: SpanStatusCode.ERROR, message: 'broken' },
    attributes: { a: 1 },
    links: [{ context: { traceId: 'f'.repeat(32), traceFlags: 1 }, attributes: { n: 1 } }],
    events: [{ name: 'miss', attributes: { key: 'k' } }],
    instrumentationScope: { name: 'shop', version: '1.2.3', schemaUrl: 'https://schema.example' },
    resource: {
      attributes: { 'service.name': 'shop', 'service.version': '1.4.0', 'deployment.environment.name': 'test', 'service.namespace': 'eu' },
    },
  });
  expect(theirs.parentSpanContext?.spanId).toBe(ours.spanContext().spanId);
  expect(theirs.spanContext().traceId).toBe(ours.spanContext().traceId);
  expect(ours).toMatchObject({ name: 'ours', kind: SpanKind.INTERNAL, attributes: { size: 3 }, status: { code: SpanStatusCode.UNSET } });
  expect(ours.parentSpanContext).toBeUndefined();
  expect(spans).toHaveLength(2);
});

test('the exporter for OTLP writes what it would write of OpenTelemetry’s own spans', () => {
  const { exporter, spans } = createKeeper();
  const { clock } = start({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const wallMs = clock.nowMs;
  tracing.continueTrace({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }, () => {
    const span = trace.getTracer('shop', '1.2.3').startSpan('theirs', { kind: SpanKind.CONSUMER, attributes: { list: ['x', 'y'] } });
    span.addEvent('miss', { n: 1 });
    clock.advance(2);
    span.end();
  });
  const request = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans))) as object;
  expect(request).toMatchObject({
    resourceSpans: [
      {
        resource: { attributes: expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'shop' } }]) },
        scopeSpans: [
          {
            scope: { name: 'shop', version: '1.2.3' },
            spans: [
              {
                traceId: 'a'.repeat(32),
                parentSpanId: 'b'.repeat(16),
                name: 'theirs',
                kind: 5,
                startTimeUnixNano: `${wallMs}000000`,
                endTimeUnixNano: `${wallMs + 2}000000`,
                attributes: expect.arrayContaining([
                  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { stringValue: 'y' }] } } },
                ]),
                events: [{ name: 'miss', timeUnixNano: `${wallMs}000000`, attributes: [{ key: 'n', value: { intValue: 1 } }] }],
                status: { code: 0 },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('a processor may write to a span that starts, and gets the context that it starts in', () => {
  const seen: unknown[] = [];
  const client = start({
    spanProcessors: [
      {
        onStart(span: never, context) {
          (span as { setAttribute(key: string, value: string): void }).setAttribute(
            'tenant',
            propagation.getBaggage(context)?.getEntry('tenant')?.value ?? 'none',
          );
          seen.push((trace.getSpan(context) as unknown as ReadableSpan | undefined)?.name);
        },
        onEnd: () => undefined,
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  tracing.continueTrace({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, baggage: 'tenant=7' }, () =>
    tracing.startSpan({ name: 'outer' }, () => trace.getTracer('t').startSpan('inner').end()),
  );
  expect(client.flatSpans().map((span) => span.attributes['tenant'])).toEqual(['7', '7']);
  expect(seen).toEqual([undefined, 'outer']);
});

test('close waits for processors that have to send', async () => {
  const { exporter, spans } = createKeeper();
  const client = start({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  trace.getTracer('t').startSpan('waiting').end();
  expect(spans).toEqual([]);
  await client.close();
  expect(spans.map(({ name }) => name)).toEqual(['waiting']);
});

test('forceFlush of the provider flushes processors and client', async () => {
  const { exporter, spans } = createKeeper();
  const client = start({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  trace.getTracer('t').startSpan('waiting').end();
  const provider = trace.getTracerProvider() as unknown as { getDelegate(): { forceFlush(): Promise<void> } };
  await provider.getDelegate().forceFlush();
  expect(spans).toHaveLength(1);
  expect(client.client.stats().delivered).toBe(1);
});

test('a processor that throws is told of with debug, and the others and the span go on', () => {
  const { exporter, spans } = createKeeper();
  const hostile = (): never => {
    throw new Error('processor');
  };
  start({
    spanProcessors: [{ onStart: hostile, onEnd: hostile, forceFlush: hostile, shutdown: hostile }, new SimpleSpanProcessor(exporter)],
  });
  trace.getTracer('t').startSpan('subject').end();
  expect(spans).toHaveLength(1);
});

test('processors alone: nothing is registered', () => {
  const { exporter, spans } = createKeeper();
  start({ register: false, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  expect(trace.getTracer('t').startSpan('theirs').isRecording()).toBe(false);
  tracing.startSpan({ name: 'ours' }, () => undefined);
  expect(spans.map(({ name }) => name)).toEqual(['ours']);
});

test('what is not recorded is not shown', () => {
  const { exporter, spans } = createKeeper();
  start({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  tracing.suppressTracing(() => tracing.startSpan({ name: 'quiet' }, () => undefined));
  expect(spans).toEqual([]);
});

test('spans that a sampler starts have their own kind and scope, and leave those of its span alone', () => {
  const { exporter, spans } = createKeeper();
  running = createTestClient({
    integrations: [openTelemetryIntegration({ spanProcessors: [new SimpleSpanProcessor(exporter)] })],
    tracesSampler: ({ name }) => {
      if (name === 'asked for') {
        tracing.startSpan({ name: 'ours', parentSpan: null }, () => undefined);
        trace.getTracer('other').startSpan('theirs', { kind: SpanKind.PRODUCER }).end();
      }
      return true;
    },
  });
  trace.getTracer('shop').startSpan('asked for', { kind: SpanKind.CLIENT }).end();
  expect(spans.map(({ name, kind, instrumentationScope }) => [name, kind, instrumentationScope.name])).toEqual([
    ['ours', SpanKind.INTERNAL, 'spanstream'],
    ['theirs', SpanKind.PRODUCER, 'other'],
    ['asked for', SpanKind.CLIENT, 'shop'],
  ]);
});
