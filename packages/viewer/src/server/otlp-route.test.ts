import otlpRoot from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { expect, onTestFinished, test } from 'vitest';
import type { Notice, ViewerSpan } from '../span-record.ts';
import { readJson, spanId, startTestViewer, TRACE_ID } from '../test-requests.ts';

interface Codec {
  create(content: object): object;
  fromObject(content: object): object;
  encode(message: object): { finish(): Uint8Array<ArrayBuffer> };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}
// An encoder that knows nothing of the viewer's schema: the one of OpenTelemetry's own exporter.
const collector = (otlpRoot as unknown as { opentelemetry: { proto: { collector: { trace: { v1: Record<string, Codec> } } } } })
  .opentelemetry.proto.collector.trace.v1;
const requestCodec = collector['ExportTraceServiceRequest'] as Codec;
const responseCodec = collector['ExportTraceServiceResponse'] as Codec;

const jsonSpan = {
  traceId: TRACE_ID.toUpperCase(),
  spanId: spanId(1),
  parentSpanId: spanId(7),
  name: 'GET /orders',
  kind: 2,
  startTimeUnixNano: '1700000000250000000',
  endTimeUnixNano: '1700000000500000000',
  attributes: [
    { key: 'http.response.status_code', value: { intValue: '200' } },
    { key: 'ratio', value: { doubleValue: 0.5 } },
    { key: 'cached', value: { boolValue: true } },
    { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
    { key: 'big', value: { intValue: '9007199254740993' } },
  ],
  events: [
    { name: 'exception', timeUnixNano: '1700000000300000000', attributes: [{ key: 'exception.message', value: { stringValue: 'boom' } }] },
    { name: 'retry', timeUnixNano: '1700000000350000000', attributes: [] },
  ],
  links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: [] }],
  status: { code: 2, message: 'failed' },
};
const request = (spans: unknown[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] },
      scopeSpans: [{ scope: { name: 'http', version: '1' }, spans }],
    },
  ],
});

/** The request as an exporter writes it in protobuf: ids are bytes. */
function protobufBody(spans: (typeof jsonSpan)[]): Uint8Array<ArrayBuffer> {
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
  const binary = spans.map((span) => ({
    ...span,
    traceId: bytes(span.traceId),
    spanId: bytes(span.spanId),
    parentSpanId: bytes(span.parentSpanId),
    links: span.links.map((link) => ({ ...link, traceId: bytes(link.traceId), spanId: bytes(link.spanId) })),
  }));
  return new Uint8Array(requestCodec.encode(requestCodec.fromObject(request(binary))).finish());
}

async function post(url: string, type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`${url}/v1/traces`, { method: 'POST', body, headers: { 'content-type': type } });
}

const expected = {
  trace_id: TRACE_ID,
  span_id: spanId(1),
  parent_span_id: spanId(7),
  is_segment: true,
  name: 'GET /orders',
  status: 'error',
  start_timestamp: 1_700_000_000.25,
  end_timestamp: 1_700_000_000.5,
  service: 'api',
  attributes: {
    'service.name': 'api',
    'otel.scope.name': 'http',
    'otel.scope.version': '1',
    'sentry.kind': 'server',
    'http.response.status_code': 200,
    ratio: 0.5,
    cached: true,
    tags: ['a', 'b'],
    big: '9007199254740993',
    'exception.message': 'boom',
    'otel.events': ['+100.000ms retry'],
    'sentry.status.message': 'failed',
  },
  links: [{ context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } }],
};

test('JSON is taken and answered in JSON', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const response = await post(viewer.url, 'application/json', JSON.stringify(request([jsonSpan])));
  const { spans } = await readJson<{ spans: ViewerSpan[] }>(viewer, '/api/spans');
  expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([200, 'application/json', {}]);
  expect(spans).toMatchObject([expected]);
});

test('protobuf is taken and answered in protobuf', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const response = await post(viewer.url, 'application/x-protobuf', protobufBody([jsonSpan]));
  const answer = new Uint8Array(await response.arrayBuffer());
  const { spans } = await readJson<{ spans: ViewerSpan[] }>(viewer, '/api/spans');
  expect([response.status, response.headers.get('content-type'), answer.length]).toEqual([200, 'application/x-protobuf', 0]);
  const { links, ...fields } = expected;
  expect(spans).toMatchObject([fields]);
  expect(spans[0]?.links?.[0]?.context).toMatchObject(links[0]?.context ?? {});
});

test('spans that cannot be taken are a partial success in both encodings', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const backwards = { ...jsonSpan, spanId: spanId(2), endTimeUnixNano: '1' };
  const json = await post(viewer.url, 'application/json', JSON.stringify(request([jsonSpan, backwards])));
  const protobuf = await post(viewer.url, 'application/x-protobuf', protobufBody([backwards]));
  const decoded = responseCodec.toObject(responseCodec.decode(new Uint8Array(await protobuf.arrayBuffer())), { longs: Number });
  const partialSuccess = { errorMessage: expect.stringContaining('starts after its end') as string };
  expect(await json.json()).toEqual({ partialSuccess: { rejectedSpans: '1', ...partialSuccess } });
  expect(decoded).toEqual({ partialSuccess: { rejectedSpans: 1, ...partialSuccess } });
  expect(viewer.stats()).toMatchObject({ spans: 1, refused: 2 });
});

test('what is no request gets a status message and a line in the drawer', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const json = await post(viewer.url, 'application/json', '[');
  const protobuf = await post(viewer.url, 'application/x-protobuf', new Uint8Array([0x0a, 0xff, 0xff]));
  const text = await post(viewer.url, 'text/plain', 'x');
  const { notices } = await readJson<{ notices: Notice[] }>(viewer, '/api/notices');
  expect([json.status, protobuf.status, text.status]).toEqual([400, 400, 415]);
  expect(await json.json()).toMatchObject({ code: 3, message: expect.stringContaining('not JSON') });
  expect(protobuf.headers.get('content-type')).toBe('application/x-protobuf');
  expect(notices).toHaveLength(3);
});

test('metrics and logs are told that only traces are taken', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const response = await fetch(`${viewer.url}/v1/metrics`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(404);
});
