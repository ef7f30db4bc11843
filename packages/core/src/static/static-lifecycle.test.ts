import { beforeEach, describe, expect, it } from 'vitest';
import { startSpan, startTransaction, tracing } from '@spanstream/core';
import { createTestClient, type TestClient, type TestClientOptions } from '@spanstream/core/testing';

interface Event {
  readonly event_id: string;
  readonly transaction: string;
  readonly contexts: { readonly trace: Record<string, unknown> & { readonly data: Record<string, unknown> } };
  readonly spans: (Record<string, unknown> & { readonly data: Record<string, unknown> })[];
  readonly [key: string]: unknown;
}

let test: TestClient;
const start = (options: TestClientOptions = {}): TestClient => (test = createTestClient({ traceLifecycle: 'static', ...options }));
beforeEach(() => void start());

/** The transactions that have left by now, or leave in this turn. */
function sent(): Event[] {
  test.flatSpans();
  return test
    .envelopes()
    .map((text) => text.split('\n'))
    .filter(([, item]) => item === '{"type":"transaction"}')
    .map(([, , payload]) => JSON.parse(payload!) as Event);
}

function reported(): Record<string, number> {
  const reports = test.envelopes().filter((text) => text.includes('client_report'));
  const losses = reports.flatMap(
    (text) => (JSON.parse(text.split('\n')[2]!) as { discarded_events: Record<string, string>[] }).discarded_events,
  );
  return Object.fromEntries(losses.map(({ reason, category, quantity }) => [`${reason} ${category}`, Number(quantity)]));
}

const balance = (): number => {
  const { started, open, buffered, inFlight, delivered, dropped } = test.client.stats();
  return started - open - buffered - inFlight - delivered - Object.values(dropped).reduce((sum, count) => sum + count, 0);
};

describe('static lifecycle', () => {
  it.each([
    ['within a second', 1_700_000_000.25, 1_700_000_000.750001],
    ['from one second into the next', 1_700_000_000.999999, 1_700_000_001],
    ['a whole second', 1_700_000_001, 1_700_000_001],
    ['before 2001', 5.5, 999_999_999.000001],
    ['after 2286', 10_000_000_000.5, 10_000_000_001.25],
  ])('R4: times to the microsecond, %s', (_, startTimestamp, end) => {
    const transaction = startTransaction({ name: 'a', startTimestamp });
    transaction.startChild({ description: 'b', startTimestamp }).finish(end);
    transaction.finish(end);
    const [event] = sent();
    expect(event).toMatchObject({ start_timestamp: startTimestamp, timestamp: end });
    expect(event!.spans).toMatchObject([{ start_timestamp: startTimestamp, timestamp: end }]);
  });

  it('R11: a top-level span leaves with its tree as one transaction', () => {
    const transaction = startTransaction({ name: 'GET /', op: 'http.server' });
    const span = transaction.startChild({ op: 'db', description: 'SELECT 1' });
    span.setData('rows', 3).setTag('region', 'eu').setStatus('ok').finish();
    expect(sent()).toEqual([]);
    transaction.setMeasurement('cache', 1, 'none').setTag('plan', 'pro');
    transaction.finish();
    const [event, ...others] = sent();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'transaction',
      transaction: 'GET /',
      platform: 'javascript',
      environment: 'production',
      transaction_info: { source: 'custom' },
      contexts: { trace: { op: 'http.server', origin: 'manual', status: 'ok', data: { 'sentry.op': 'http.server' } } },
      measurements: { cache: { value: 1, unit: 'none' } },
      tags: { plan: 'pro' },
      spans: [{ op: 'db', description: 'SELECT 1', status: 'ok', data: { rows: 3, region: 'eu' } }],
    });
    const { trace } = event!.contexts;
    expect(event!.spans[0]).toMatchObject({ parent_span_id: trace['span_id'], trace_id: trace['trace_id'] });
  });

  it('R11: the envelope names the event, its trace and who sends it', () => {
    startTransaction({ name: 'job' }).finish();
    const [event] = sent();
    const header = JSON.parse(test.envelopes()[0]!.split('\n')[0]!) as Record<string, unknown>;
    expect(header).toMatchObject({
      event_id: event!.event_id,
      trace: { trace_id: event!.contexts.trace['trace_id'], public_key: '0'.repeat(32), transaction: 'job', sampled: 'true' },
      sdk: { name: 'spanstream.testing' },
    });
    expect(event!.event_id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('R11: children that end within the turn of their top-level span belong to its transaction', () => {
    const transaction = startTransaction({ name: 'top' });
    const child = transaction.startChild({ description: 'child' });
    transaction.finish();
    child.finish();
    expect(sent()).toMatchObject([{ transaction: 'top', spans: [{ description: 'child' }] }]);
  });

  it('R11: a child that ends later is a transaction of its own that keeps its parent', () => {
    const transaction = startTransaction({ name: 'top' });
    const child = transaction.startChild({ description: 'late' });
    transaction.finish();
    test.clock.advance(1);
    child.finish();
    const [, late] = sent();
    expect(late).toMatchObject({
      transaction: 'late',
      spans: [],
      contexts: { trace: { parent_span_id: transaction.spanContext().spanId, data: { 'sentry.parent_span_already_sent': true } } },
    });
    expect(late!.contexts.trace['trace_id']).toBe(transaction.spanContext().traceId);
    expect(balance()).toBe(0);
  });

  it('R11: beyond 1,000 children those that end last are left out and counted', async () => {
    startSpan({ name: 'top' }, () => {
      for (let i = 0; i < 1005; i++) startSpan({ name: `child ${i}` }, () => 1);
    });
    const [event] = sent();
    await test.flush();
    expect(event!.spans.map((span) => span['description'])).toEqual(Array.from({ length: 1000 }, (_, i) => `child ${i}`));
    expect(test.client.stats()).toMatchObject({ delivered: 1001, dropped: { transaction_limit: 5 } });
    expect(reported()).toEqual({ 'buffer_overflow span': 5 });
    expect(balance()).toBe(0);
  });

  it('R11: a transaction has 1,000,000 bytes at most, whatever its characters', async () => {
    for (const text of ['x', 'é', '€', '😀']) {
      start();
      startSpan({ name: 'top', attributes: { text: text.repeat(2000) } }, () => {
        for (let i = 0; i < 300; i++)
          startSpan({ name: 'child', attributes: { text: text.repeat(8000 / new TextEncoder().encode(text).length) } }, () => 1);
      });
      sent();
      await test.flush();
      const bytes = new TextEncoder().encode(test.envelopes()[0]!.split('\n')[2]).length;
      expect(bytes).toBeLessThanOrEqual(1_000_000);
      expect(bytes).toBeGreaterThan(970_000);
      const { delivered, dropped } = test.client.stats();
      expect(delivered + dropped.transaction_limit).toBe(301);
      expect(balance()).toBe(0);
    }
  });

  it('R11: a top-level span that is too large alone is shortened', () => {
    start({ attributeLimits: { maxStringBytes: 2_000_000 } });
    startSpan({ name: 'top', attributes: { text: '€'.repeat(600_000), 'url.full': 'u'.repeat(900_000) } }, () => 1);
    const [event] = sent();
    expect(test.envelopes()[0]!.length).toBeLessThan(1_000_000);
    expect(event!.contexts.trace.data['spanstream.truncated']).toContain('text');
  });

  it.each([
    ['is rate limited', { dsn: undefined }, 'ratelimit_backoff', 429],
    ['is refused', {}, 'send_error', 400],
  ])('R30: a transaction that %s is counted once as one and with each of its spans', async (_, __, reason, status) => {
    const twice = (): void => startSpan({ name: 'top' }, () => startSpan({ name: 'child' }, () => undefined));
    test.respondWith(status === 429 ? { status, headers: { 'X-Sentry-Rate-Limits': '60:transaction:key' } } : status);
    twice();
    await test.flush();
    if (status === 429) {
      twice();
      await test.flush();
    }
    expect(reported()).toEqual({ [`${reason} transaction`]: 1, [`${reason} span`]: 2 });
    expect(balance()).toBe(0);
  });

  it('R30: what is not sampled counts as one transaction and with each of its spans', async () => {
    start({ tracesSampleRate: 0 });
    startSpan({ name: 'top' }, () => startSpan({ name: 'child' }, () => 1));
    await test.flush();
    expect(reported()).toEqual({ 'sample_rate transaction': 1, 'sample_rate span': 2 });
  });

  it('R30: close() gives up what waits for a top-level span that has not ended, and counts it', async () => {
    const transaction = startTransaction({ name: 'open' });
    transaction.startChild({ description: 'done' }).finish();
    expect(await test.close()).toBe(true);
    transaction.finish();
    expect(test.client.stats()).toMatchObject({ buffered: 0, dropped: { shutdown: 1, closed: 1 } });
    expect(balance()).toBe(0);
  });

  it('R16: memory refuses new transactions and children, and gives all of it back', async () => {
    start({ maxMemoryBytes: 60_000 });
    startSpan({ name: 'top' }, () => {
      for (let i = 0; i < 200; i++) startSpan({ name: 'child', attributes: { text: 'x'.repeat(500) } }, () => 1);
    });
    expect(test.client.stats().dropped.memory_budget).toBeGreaterThan(50);
    await test.flush();
    expect(test.client.parts.budget.used).toBe(0);
    expect(balance()).toBe(0);
  });

  it('explains where a span is', async () => {
    const transaction = startTransaction({ name: 'top' });
    const child = transaction.startChild({ description: 'child' });
    expect(test.client.explain(child).state).toBe('open');
    child.finish();
    expect(test.client.explain(child).state).toBe('buffered');
    transaction.finish();
    expect(test.client.explain(transaction).state).toBe('buffered');
    await test.flush();
    expect(test.client.explain(child).state).toBe('delivered');
  });

  it('without a DSN sinks take each span when it ends', async () => {
    const taken: string[] = [];
    start({ dsn: '', sinks: [{ name: 'memory', send: (spans) => void taken.push(...spans.map(({ name }) => name)) }] });
    startSpan({ name: 'top' }, () => startSpan({ name: 'child' }, () => 1));
    await test.flush();
    expect(taken).toEqual(['child', 'top']);
    expect(test.client.stats()).toMatchObject({ delivered: 2, buffered: 0 });
  });

  it('web vitals of the top-level span are measurements under the names that receivers know', () => {
    const vitals = { lcp: 1200.5, cls: 0.02, inp: 80, fcp: 700, ttfb: 90 };
    const attributes = Object.fromEntries(Object.entries(vitals).map(([name, value]) => [`browser.web_vital.${name}.value`, value]));
    startSpan({ name: 'Pageload', attributes }, () => 1);
    expect(sent()[0]!['measurements']).toEqual({
      lcp: { value: 1200.5, unit: 'millisecond' },
      fcp: { value: 700, unit: 'millisecond' },
      inp: { value: 80, unit: 'millisecond' },
      ttfb: { value: 90, unit: 'millisecond' },
      cls: { value: 0.02, unit: '' },
    });
  });
});

describe('legacy API', () => {
  it.each([
    ['ok', 'ok'],
    ['cancelled', 'ok'],
    ['not_found', 'error'],
    ['internal_error', 'error'],
    ['deadline_exceeded', 'error'],
  ] as const)('the word %s is sent as it is and means %s', (word, status) => {
    const transaction = startTransaction({ name: 'a' }).setStatus(word);
    expect(transaction.status).toBe(status);
    transaction.finish();
    expect(sent()[0]!.contexts.trace['status']).toBe(word);
  });

  it('an error without a word has the one of its HTTP status', () => {
    const words = [404, 429, 503, 418, undefined].map((code) => {
      const transaction = startTransaction({ name: 'a', data: { 'http.response.status_code': code } }).setStatus('error');
      transaction.finish();
      return sent().at(-1)!.contexts.trace['status'];
    });
    expect(words).toEqual(['not_found', 'resource_exhausted', 'unavailable', 'invalid_argument', 'internal_error']);
  });

  it('R34: bad input is one debug line and no throw', () => {
    start({ debug: true });
    const transaction = startTransaction({ name: '' });
    transaction.setStatus('fine' as never);
    transaction.setStatus(Object.create(null) as never);
    transaction.finish();
    transaction.finish();
    transaction.startChild({ description: 'below' }).finish();
    startTransaction(undefined as never).finish();
    startSpan(null as never, () => 1);
    expect(sent()[0]).toMatchObject({ transaction: '<unnamed>', contexts: { trace: { status: 'ok' } } });
    for (const text of ["no status 'fine'", 'finished twice', 'below', 'without a name'])
      expect(test.logLines().filter((line) => line.includes(text)).length).toBeGreaterThan(0);
    expect(balance()).toBe(0);
  });

  it('a legacy span answers to the names of streamed ones, and can be passed for one', () => {
    const transaction = startTransaction({ name: 'a', op: 'task', description: 'b', startTimestamp: 5 });
    expect([transaction.name, transaction.description, transaction.op, transaction.isRecording()]).toEqual(['a', 'a', 'task', true]);
    transaction.setAttribute('x', 1).setAttributes({ y: 2 }).description = 'renamed';
    expect(transaction.getAttributes()).toMatchObject({ x: 1, y: 2 });
    expect(tracing.withActiveSpan(transaction, () => tracing.getActiveSpan()?.spanContext())).toEqual(transaction.spanContext());
    transaction.finish(6);
    expect(transaction.isRecording()).toBe(false);
    expect(sent()[0]).toMatchObject({ transaction: 'renamed', start_timestamp: 5, timestamp: 6 });
  });

  it('R7: the callback form passes value, promise and error through', async () => {
    expect(startSpan({ name: 'a' }, () => 1)).toBe(1);
    expect(await startSpan({ name: 'b' }, async () => 2)).toBe(2);
    await expect(startSpan({ name: 'c', op: 'task' }, async () => Promise.reject(new RangeError('x')))).rejects.toThrow('x');
    expect(sent().map(({ contexts }) => contexts.trace['status'])).toEqual(['ok', 'ok', 'internal_error']);
  });

  it('R13: in lifecycle `stream` it warns once for each kind of call, records nothing and runs the callback', () => {
    start({ traceLifecycle: 'stream' });
    for (let i = 0; i < 2; i++) {
      expect(startSpan({ name: 'a' }, (span) => [span.isRecording(), span.startChild({ op: 'x' }).isRecording()])).toEqual([false, false]);
      expect(startSpan({ name: 'b' }).isRecording()).toBe(false);
      const transaction = startTransaction({ name: 'c' });
      transaction.startChild({ op: 'db' }).setTag('a', 'b').finish();
      transaction.setMeasurement('x', 1).finish();
    }
    for (const verb of ['startSpan', 'startTransaction'])
      expect(
        test.logLines().filter((line) => line.includes(`${verb} is of the static API`) && line.includes('tracing.startSpan')),
      ).toHaveLength(1);
    expect(test.client.stats().started).toBe(0);
    expect(test.envelopes()).toEqual([]);
  });
});
