import { describe, expect, onTestFinished, test } from 'vitest';
import type { Notice, ReportedLoss, ViewerSpan } from '../span-record.ts';
import {
  lines,
  postEnvelope,
  readJson,
  SPAN_ITEM,
  spanEnvelope,
  spanId,
  startTestViewer,
  TRACE_HEADER,
  TRACE_ID,
  wireSpan,
} from '../test-requests.ts';

const start = (): ReturnType<typeof startTestViewer> => startTestViewer(onTestFinished);
const attributes = (source: Record<string, unknown>) => spanEnvelope([wireSpan({ attributes: source })]);

async function onlySpan(viewer: Awaited<ReturnType<typeof start>>): Promise<ViewerSpan> {
  const { spans } = await readJson<{ spans: ViewerSpan[] }>(viewer, '/api/spans');
  expect(spans).toHaveLength(1);
  return spans[0] as ViewerSpan;
}

describe('a span container', () => {
  test('is answered like the real server answers and its spans are SpanJSON', async () => {
    const viewer = await start();
    const link = {
      trace_id: 'a'.repeat(32),
      span_id: 'b'.repeat(16),
      sampled: true,
      attributes: { why: { type: 'string', value: 'retry' } },
    };
    const span = wireSpan({
      parent_span_id: spanId(9),
      links: [link],
      attributes: {
        count: { type: 'integer', value: 3 },
        size: { type: 'double', value: 1.5, unit: 'kilobyte' },
        tags: { type: 'array', value: ['a', 'b'] },
        'service.name': { type: 'string', value: 'api' },
      },
    });
    const { status, answer } = await postEnvelope(viewer, spanEnvelope([span]));
    expect([status, answer]).toEqual([200, {}]);
    expect(await onlySpan(viewer)).toEqual({
      trace_id: TRACE_ID,
      span_id: spanId(1),
      parent_span_id: spanId(9),
      is_segment: true,
      start_timestamp: 1_700_000_000.25,
      end_timestamp: 1_700_000_000.5,
      name: 'GET /orders',
      status: 'ok',
      attributes: { count: 3, size: { value: 1.5, unit: 'kilobyte' }, tags: ['a', 'b'], 'service.name': 'api' },
      links: [{ context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }, attributes: { why: 'retry' } }],
      service: 'api',
      received_at: expect.any(Number),
    });
  });

  test.each([
    ['the release before @', { 'sentry.release': { type: 'string', value: 'shop@1.4.0' } }, 'shop'],
    ['the project when the release has no @', { 'sentry.release': { type: 'string', value: '1.4.0' } }, 'project 1'],
  ])('names its service by %s', async (_, source, service) => {
    const viewer = await start();
    await postEnvelope(viewer, attributes(source));
    expect((await onlySpan(viewer)).service).toBe(service);
  });

  test('keeps the first of two spans with one id', async () => {
    const viewer = await start();
    const { status } = await postEnvelope(viewer, spanEnvelope([wireSpan({ name: 'first' }), wireSpan({ name: 'second' })]));
    await postEnvelope(viewer, spanEnvelope([wireSpan({ name: 'third' })]));
    expect(status).toBe(200);
    expect((await onlySpan(viewer)).name).toBe('first');
  });

  test('loses a value that belies its type, with a note', async () => {
    const viewer = await start();
    const { status } = await postEnvelope(
      viewer,
      attributes({ count: { type: 'integer', value: 'three' }, fine: { type: 'boolean', value: true } }),
    );
    const { notices } = await readJson<{ notices: Notice[] }>(viewer, '/api/notices');
    expect(status).toBe(200);
    expect((await onlySpan(viewer)).attributes).toEqual({ fine: true });
    expect(notices).toMatchObject([{ kind: 'note', reason: expect.stringContaining('"count"') }]);
  });

  test('may name an attribute like a member of Object', async () => {
    const viewer = await start();
    await postEnvelope(viewer, attributes(JSON.parse('{"__proto__":{"type":"string","value":"x"}}') as Record<string, unknown>));
    expect(Object.entries((await onlySpan(viewer)).attributes)).toEqual([['__proto__', 'x']]);
  });
});

const container = { version: 2, items: [wireSpan()] };
const refusals: [name: string, body: string, reason: RegExp][] = [
  ['an empty body', '', /empty/],
  ['a header that is no JSON', 'hello', /header is not JSON/],
  ['an item without a type', lines({ trace: TRACE_HEADER }, {}, container), /no type/],
  ['a payload shorter than its length', lines({ trace: TRACE_HEADER }, { ...SPAN_ITEM, length: 9999 }, container), /shorter/],
  ['two span containers', lines({ trace: TRACE_HEADER }, SPAN_ITEM, container, SPAN_ITEM, container), /one span container/],
  [
    'another content type of spans',
    lines({ trace: TRACE_HEADER }, { ...SPAN_ITEM, content_type: 'application/json' }, container),
    /content_type/,
  ],
  ['no trace header', lines({}, SPAN_ITEM, container), /no trace/],
  ['a trace header without trace id', spanEnvelope([wireSpan()], { trace_id: undefined }), /trace_id/],
  ['a short public key', spanEnvelope([wireSpan()], { public_key: 'abc' }), /public_key/],
  ['no public key', spanEnvelope([wireSpan()], { public_key: undefined }), /public_key/],
  ['a rate that is a number', spanEnvelope([wireSpan()], { sample_rate: 0.5 }), /sample_rate/],
  ['a random value that is a number', spanEnvelope([wireSpan()], { sample_rand: 0.25 }), /sample_rand/],
  ['a span of another trace', spanEnvelope([wireSpan(), wireSpan({ span_id: spanId(2), trace_id: 'd'.repeat(32) })]), /trace header says/],
  ['a wrong item count', lines({ trace: TRACE_HEADER }, { ...SPAN_ITEM, item_count: 2 }, container), /item_count is 2/],
  ['no item count', lines({ trace: TRACE_HEADER }, { ...SPAN_ITEM, item_count: undefined }, container), /item_count is missing/],
  ['a start after the end', spanEnvelope([wireSpan({ start_timestamp: 2, end_timestamp: 1 })]), /starts after its end/],
  ['a start that is no number', spanEnvelope([wireSpan({ start_timestamp: '1' })]), /start_timestamp/],
  ['a span id of zeros', spanEnvelope([wireSpan({ span_id: '0'.repeat(16) })]), /span_id/],
  ['a span without a name', spanEnvelope([wireSpan({ name: undefined })]), /no name/],
  ['a nested array', attributes({ list: { type: 'array', value: [['a']] } }), /flat and of one type/],
  ['a mixed array', attributes({ list: { type: 'array', value: ['a', 1] } }), /flat and of one type/],
];

test.each(refusals)('%s is refused with its reason, in the answer and in the drawer', async (_, body, reason) => {
  const viewer = await start();
  const { status, answer } = await postEnvelope(viewer, body);
  const { notices } = await readJson<{ notices: Notice[] }>(viewer, '/api/notices');
  expect(status).toBe(400);
  expect(answer['detail']).toMatch(reason);
  expect(notices).toMatchObject([{ kind: 'refused', source: 'envelope', status: 400, reason: answer['detail'] }]);
  expect(viewer.stats()).toMatchObject({ refused: 1, envelopes: 0, spans: 0 });
});

test('a container over 12 MiB and a transaction over 1 MiB are too large', async () => {
  const viewer = await start();
  const pad = (mebibytes: number): string => 'x'.repeat(mebibytes * 1024 * 1024);
  const spans = await postEnvelope(viewer, spanEnvelope([wireSpan({ name: pad(12) })]));
  const transaction = await postEnvelope(viewer, lines({}, { type: 'transaction' }, { transaction: pad(1) }));
  expect([spans.status, transaction.status]).toEqual([413, 413]);
  expect(spans.answer['detail']).toMatch(/span container has/);
});

test('the same refusal twice is one line that counts', async () => {
  const viewer = await start();
  await postEnvelope(viewer, 'hello');
  await postEnvelope(viewer, 'hello');
  const { notices } = await readJson<{ notices: Notice[] }>(viewer, '/api/notices');
  expect(notices).toMatchObject([{ count: 2 }]);
});

test('another content type is refused, a missing one noted, the one of plain browser requests taken', async () => {
  const viewer = await start();
  const wrong = await postEnvelope(viewer, spanEnvelope([wireSpan()]), { 'content-type': 'application/json' });
  const plain = await postEnvelope(viewer, spanEnvelope([wireSpan()]), { 'content-type': 'text/plain;charset=UTF-8' });
  const missing = await fetch(`${viewer.url}/api/1/envelope/`, {
    method: 'POST',
    body: Buffer.from(spanEnvelope([wireSpan({ span_id: spanId(2) })])),
  });
  const { notices } = await readJson<{ notices: Notice[] }>(viewer, '/api/notices');
  expect([wrong.status, plain.status, missing.status]).toEqual([415, 200, 200]);
  expect(notices).toMatchObject([
    { kind: 'note', reason: expect.stringContaining('no content-type') },
    { kind: 'refused', status: 415 },
  ]);
});

test('client reports are summed by reason', async () => {
  const viewer = await start();
  const report = lines(
    { sdk: { name: 'spanstream.node', version: '1' } },
    { type: 'client_report' },
    {
      timestamp: 1,
      discarded_events: [
        { reason: 'sample_rate', category: 'span', quantity: 4 },
        { reason: 'sample_rate', category: 'transaction', quantity: 1 },
      ],
    },
  );
  await postEnvelope(viewer, report);
  await postEnvelope(viewer, report);
  const { client_reports: losses } = await readJson<{ client_reports: ReportedLoss[] }>(viewer, '/api/notices');
  expect(viewer.stats().client_reports).toEqual({ sample_rate: 10 });
  expect(losses).toMatchObject([
    { reason: 'sample_rate', category: 'span', quantity: 8 },
    { category: 'transaction', quantity: 2 },
  ]);
});

test('items of other types pass without being shown', async () => {
  const viewer = await start();
  const { status } = await postEnvelope(viewer, lines({}, { type: 'session', length: 3 }, '{}\n', { type: 'log' }, {}, ''));
  expect(status).toBe(200);
  expect(viewer.stats()).toMatchObject({ envelopes: 1, items: { session: 1, log: 1 } });
});

test('pages of any origin may post envelopes and read the answer', async () => {
  const viewer = await start();
  const preflight = await fetch(`${viewer.url}/api/1/envelope/`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://shop.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-custom',
    },
  });
  const { headers } = await postEnvelope(viewer, 'hello', { origin: 'https://shop.test' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/content-type.*traceparent.*x-custom/);
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-expose-headers')).toMatch(/X-Sentry-Rate-Limits.*Retry-After/);
});

test('a DSN may have a path, the slash at the end may be missing, other methods are told', async () => {
  const viewer = await start();
  const post = (path: string, method = 'POST') =>
    fetch(viewer.url + path, { method, ...(method === 'POST' ? { body: spanEnvelope([wireSpan()]) } : {}) });
  expect((await post('/some/path/api/42/envelope')).status).toBe(200);
  expect((await post('/api/42/envelope/', 'PUT')).status).toBe(405);
});
