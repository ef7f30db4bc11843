import { expect, onTestFinished, test } from 'vitest';
import type { ViewerSpan } from '../span-record.ts';
import { lines, postEnvelope, readJson, spanId, startTestViewer, TRACE_ID } from '../test-requests.ts';

const transaction = {
  type: 'transaction',
  event_id: 'e'.repeat(32),
  transaction: 'GET /orders',
  transaction_info: { source: 'route' },
  start_timestamp: '2023-11-14T22:13:20.000Z',
  timestamp: 1_700_000_001,
  release: 'shop@1.0.0',
  environment: 'test',
  contexts: {
    trace: {
      trace_id: TRACE_ID,
      span_id: spanId(1),
      parent_span_id: spanId(9),
      op: 'http.server',
      status: 'internal_error',
      data: { route: '/orders', nested: { a: 1 } },
    },
    runtime: { name: 'node', version: '20' },
  },
  measurements: { cache: { value: 3, unit: 'kilobyte' } },
  tags: { region: 'eu' },
  sdk: { name: 'sentry.javascript.node', version: '7.0.0' },
  spans: [
    {
      trace_id: TRACE_ID,
      span_id: spanId(2),
      parent_span_id: spanId(1),
      op: 'db',
      description: 'SELECT 1',
      start_timestamp: 1_700_000_000.1,
      timestamp: 1_700_000_000.2,
      status: 'ok',
      data: { rows: 3 },
    },
  ],
};
const envelope = (event: unknown): string => lines({ event_id: 'e'.repeat(32) }, { type: 'transaction' }, event);

test('a transaction becomes a segment and its children, and its id is answered', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const { status, answer } = await postEnvelope(viewer, envelope(transaction));
  const { spans } = await readJson<{ spans: ViewerSpan[] }>(viewer, `/api/traces/${TRACE_ID}`);
  expect([status, answer]).toEqual([200, { id: 'e'.repeat(32) }]);
  expect(spans).toMatchObject([
    {
      name: 'GET /orders',
      is_segment: true,
      status: 'error',
      parent_span_id: spanId(9),
      service: 'shop',
      start_timestamp: 1_700_000_000,
      attributes: {
        'sentry.op': 'http.server',
        'sentry.status.message': 'internal_error',
        cache: { value: 3, unit: 'kilobyte' },
        region: 'eu',
        'runtime.name': 'node',
        nested: '{"a":1}',
      },
    },
    {
      name: 'SELECT 1',
      is_segment: false,
      status: 'ok',
      parent_span_id: spanId(1),
      service: 'shop',
      attributes: { rows: 3, 'sentry.segment.id': spanId(1), 'sentry.segment.name': 'GET /orders' },
    },
  ]);
});

test.each([
  ['no trace context', { contexts: {} }, /no trace context/],
  ['no end', { timestamp: undefined }, /timestamp of the transaction/],
  ['an end before its start', { timestamp: 1 }, /starts after its end/],
  ['a child without an id', { spans: [{}] }, /of span 1/],
])('a transaction with %s is refused', async (_, change, reason) => {
  const viewer = await startTestViewer(onTestFinished);
  const { status, answer } = await postEnvelope(viewer, envelope({ ...transaction, ...change }));
  expect(status).toBe(400);
  expect(answer['detail']).toMatch(reason);
});
