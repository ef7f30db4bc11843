import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { TraceRow, ViewerSpan } from '../span-record.ts';
import type { Viewer } from '../start-viewer.ts';
import { postEnvelope, readJson, spanEnvelope, spanId, startTestViewer, TRACE_ID, wireSpan } from '../test-requests.ts';

const traceId = (number: number): string => number.toString(16).padStart(32, '0');
const sendTrace = (viewer: Viewer, number: number, changes: Record<string, unknown> = {}) =>
  postEnvelope(viewer, spanEnvelope([wireSpan({ trace_id: traceId(number), ...changes })]));
const names = ({ spans }: { spans: ViewerSpan[] }): string[] => spans.map((span) => span.name);

interface Since {
  spans: ViewerSpan[];
  cursor: string;
  gap?: boolean;
}

/** A request with a Host header of choice, which `fetch` does not allow. */
async function statusFor(viewer: Viewer, headers: Record<string, string>, path = '/api/traces'): Promise<number | undefined> {
  const sent = request(viewer.url + path, { headers });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test('a row tells what is known of a trace, and completeness follows the parents', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const child = wireSpan({
    span_id: spanId(2),
    parent_span_id: spanId(1),
    is_segment: false,
    name: 'SELECT',
    status: 'error',
    start_timestamp: 1_700_000_000.3,
    attributes: { 'sentry.segment.name': { type: 'string', value: 'GET /orders' } },
  });
  await postEnvelope(viewer, spanEnvelope([child]));
  const before = await readJson<{ traces: TraceRow[] }>(viewer, '/api/traces');
  await postEnvelope(viewer, spanEnvelope([wireSpan({ attributes: { 'service.name': { type: 'string', value: 'api' } } })]));
  const after = await readJson<{ traces: TraceRow[] }>(viewer, '/api/traces');
  expect(before.traces).toMatchObject([{ name: 'GET /orders', complete: false, span_count: 1 }]);
  expect(after.traces).toEqual([
    {
      trace_id: TRACE_ID,
      name: 'GET /orders',
      services: ['project 1', 'api'],
      span_count: 2,
      error_count: 1,
      start_timestamp: 1_700_000_000.25,
      end_timestamp: 1_700_000_000.5,
      complete: true,
      last_received_at: expect.any(Number),
    },
  ]);
});

test('a trace answers with its spans, an unknown one with 404', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await sendTrace(viewer, 1);
  const answer = await readJson<{ trace_id: string; spans: ViewerSpan[] }>(viewer, `/api/traces/${traceId(1)}`);
  expect(answer).toMatchObject({ trace_id: traceId(1), spans: [{ name: 'GET /orders' }] });
  expect((await fetch(`${viewer.url}/api/traces/${traceId(2)}`)).status).toBe(404);
});

test('a cursor leads to what came after it', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await sendTrace(viewer, 1, { name: 'one' });
  const first = await readJson<Since>(viewer, '/api/spans');
  await sendTrace(viewer, 2, { name: 'two' });
  await sendTrace(viewer, 3, { name: 'three' });
  const limited = await readJson<Since>(viewer, `/api/spans?since=${first.cursor}&limit=1`);
  const rest = await readJson<Since>(viewer, `/api/spans?since=${limited.cursor}`);
  const none = await readJson<Since>(viewer, `/api/spans?since=${rest.cursor}`);
  expect([names(first), names(limited), names(rest), names(none)]).toEqual([['one'], ['two'], ['three'], []]);
  expect(none.gap).toBeUndefined();
  expect((await fetch(`${viewer.url}/api/spans?since=nonsense`)).status).toBe(400);
});

test('the oldest trace makes room, and a cursor before it has a gap', async () => {
  const viewer = await startTestViewer(onTestFinished, { maxTraces: 2 });
  await sendTrace(viewer, 1);
  const { cursor } = await readJson<Since>(viewer, '/api/spans');
  await sendTrace(viewer, 2);
  expect((await readJson<Since>(viewer, `/api/spans?since=${cursor}`)).gap).toBeUndefined();
  await sendTrace(viewer, 1, { span_id: spanId(2) });
  await sendTrace(viewer, 3);
  const { traces } = await readJson<{ traces: TraceRow[] }>(viewer, '/api/traces');
  expect(traces.map((row) => row.trace_id)).toEqual([traceId(3), traceId(1)]);
  expect((await readJson<Since>(viewer, `/api/spans?since=${cursor}`)).gap).toBe(true);
  expect(viewer.stats()).toMatchObject({ traces: 2, spans: 3, received_spans: 4, evicted_spans: 1 });
});

test('bytes are bounded, by traces and within the only one', async () => {
  const viewer = await startTestViewer(onTestFinished, { maxBytes: 10_000 });
  for (let number = 1; number <= 30; number++) await sendTrace(viewer, number);
  expect(viewer.stats().bytes).toBeLessThanOrEqual(10_000);
  const many = Array.from({ length: 100 }, (_, index) => wireSpan({ span_id: spanId(index + 1) }));
  await postEnvelope(viewer, spanEnvelope(many));
  const { spans } = await readJson<Since>(viewer, '/api/spans');
  expect(viewer.stats()).toMatchObject({ traces: 1, spans: spans.length });
  expect(viewer.stats().bytes).toBeLessThanOrEqual(10_000);
  expect(spans.at(-1)?.span_id).toBe(spanId(100));
});

test('a search finds words inside spans, errors and what is running', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await sendTrace(viewer, 1, { attributes: { 'db.query.summary': { type: 'string', value: 'SELECT carts' } } });
  await sendTrace(viewer, 2, { status: 'error' });
  await sendTrace(viewer, 3, { parent_span_id: spanId(8) });
  const found = async (query: string) =>
    (await readJson<{ traces: TraceRow[] }>(viewer, `/api/traces?q=${encodeURIComponent(query)}`)).traces.map((row) => row.trace_id);
  expect(await found('select CARTS')).toEqual([traceId(1)]);
  expect(await found('is:error')).toEqual([traceId(2)]);
  expect(await found('orders is:running')).toEqual([traceId(3)]);
  expect(await found('nowhere')).toEqual([]);
});

test('the API and the page are for this machine and this origin alone', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const { host } = new URL(viewer.url);
  expect(await statusFor(viewer, {})).toBe(200);
  expect(await statusFor(viewer, { host: 'localhost:9999' })).toBe(200);
  expect(await statusFor(viewer, { host: 'evil.test' })).toBe(403);
  expect(await statusFor(viewer, { host: '127.0.0.1.evil.test' })).toBe(403);
  expect(await statusFor(viewer, { host: 'evil.test' }, '/')).toBe(403);
  expect(await statusFor(viewer, { host: 'evil.test' }, '/api/live')).toBe(403);
  expect(await statusFor(viewer, { host, origin: 'https://evil.test' })).toBe(403);
  expect(await statusFor(viewer, { host, 'sec-fetch-site': 'cross-site' })).toBe(403);
  const own = await fetch(`${viewer.url}/api/traces`);
  expect(own.headers.get('access-control-allow-origin')).toBeNull();
  expect(own.headers.get('cross-origin-resource-policy')).toBe('same-origin');
});

test('all can be cleared from the own origin', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await sendTrace(viewer, 1);
  const foreign = await fetch(`${viewer.url}/api/traces`, { method: 'DELETE', headers: { origin: 'https://evil.test' } });
  expect([foreign.status, viewer.stats().traces]).toEqual([403, 1]);
  const own = await fetch(`${viewer.url}/api/traces`, { method: 'DELETE' });
  expect([own.status, viewer.stats().traces, viewer.stats().bytes]).toEqual([204, 0, 0]);
});

test('the counts are told over HTTP, unknown paths are 404', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await sendTrace(viewer, 1);
  expect(await readJson(viewer, '/api/stats')).toEqual(viewer.stats());
  expect((await fetch(`${viewer.url}/api/nothing`)).status).toBe(404);
  expect((await fetch(`${viewer.url}/assets/..%2f..%2fpackage.json`)).status).toBe(404);
});
