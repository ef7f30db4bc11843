import { fc, test } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { DROP_REASONS } from './delivery/drop-reason.ts';
import type { Sink } from './delivery/sink.ts';
import type { Transport, TransportResponse } from './delivery/transport.ts';
import type { Span, SpanJSON } from './span/span-data.ts';
import { createTestClient, type TestClient, type TestClientOptions } from './testing.ts';

// fetch-retry waits for a turn of the real clock between two attempts, even for no time at all.
beforeEach(() => void vi.stubGlobal('setTimeout', (callback: () => void) => queueMicrotask(callback)));
afterEach(() => {
  vi.unstubAllGlobals();
  return createTestClient().close();
});

type Answer = (body: string) => TransportResponse | Error | 'never';
const answer = (status: number, headers: Record<string, string> = {}): TransportResponse => ({
  status,
  headers: { get: (name) => headers[name.toLowerCase()] ?? null },
});
const answers = fc.constantFrom<Answer>(
  () => answer(200),
  () => answer(200),
  () => answer(429, { 'retry-after': '2' }),
  () => answer(200, { 'x-sentry-rate-limits': '1:span:organization' }),
  () => answer(413),
  (body) => answer(body.length > 4000 ? 413 : 200),
  () => answer(400),
  () => answer(500),
  () => new Error('ECONNRESET'),
  () => 'never',
);

const index = fc.nat(9);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ start: fc.constantFrom('top', 'keep', 'drop', 'unsampled', 'ignored'), bytes: fc.constantFrom(0, 0, 50, 3000) }),
  },
  { weight: 8, arbitrary: fc.record({ child: index, bytes: fc.constantFrom(0, 0, 50, 9000) }) },
  { weight: 10, arbitrary: fc.record({ end: index, isError: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ rename: index }) },
  { weight: 3, arbitrary: fc.record({ wait: fc.constantFrom(0, 1, 499, 501, 1000, 5001, 31_000) }) },
  { weight: 2, arbitrary: fc.record({ behave: answers }) },
  fc.record({ flush: fc.constantFrom(0, 100, 2000) }),
);

const options = fc.record({
  maxMemoryBytes: fc.constantFrom(15_000, 60_000, 10_000_000),
  maxSpans: fc.constantFrom(1, 3, 1000),
  maxBytes: fc.constantFrom(4000, 20_000, 1_000_000),
  hook: fc.constantFrom('none', 'identity', 'throws', 'rubbish'),
  isHeld: fc.boolean(),
  destination: fc.constantFrom('dsn', 'sink', 'both'),
});

interface Rig {
  readonly test: TestClient;
  readonly backend: { behave: Answer; accepted: string[] };
}

function createRig({
  maxMemoryBytes,
  maxSpans,
  maxBytes,
  hook,
  isHeld,
  destination,
}: typeof options extends fc.Arbitrary<infer T> ? T : never): Rig {
  const backend: Rig['backend'] = { behave: () => answer(200), accepted: [] };
  const transport: Transport = {
    async send(_url, { body }) {
      const text = typeof body === 'string' ? body : Buffer.from(body).toString();
      const result = backend.behave(text);
      if (result === 'never') return new Promise(() => undefined);
      if (result instanceof Error) throw result;
      const [, item, payload] = text.split('\n') as [string, string, string];
      if (item.includes('"type":"span"') && result.status === 200) {
        expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxBytes);
        backend.accepted.push(...(JSON.parse(payload) as { items: { span_id: string }[] }).items.map(({ span_id }) => span_id));
      }
      return result;
    },
  };
  let sent = 0;
  const sink: Sink = {
    name: 'sink',
    send: ({ length }) => {
      if (++sent % 3 === 0) return Promise.reject(new Error('sink'));
      return sent % 5 === 0 ? { losses: [{ reason: 'throttled', quantity: Math.ceil(length / 2) }] } : undefined;
    },
  };
  const hooks: Record<string, (span: SpanJSON) => SpanJSON> = {
    identity: (span) => span,
    throws: () => {
      throw new Error('hook');
    },
    rubbish: () => 'rubbish' as never,
  };
  const given: TestClientOptions = {
    ...(destination === 'sink' && { dsn: '' }),
    ...(destination !== 'dsn' && { sinks: [sink] }),
    ...(isHeld && { holdback: { maxMs: 1000 }, filterSegment: (segment: SpanJSON) => segment.name !== 'drop' }),
    beforeSendSpan: hooks[hook],
    maxMemoryBytes,
    batching: { maxSpans, maxBytes },
    transport: () => transport,
    tracesSampler: ({ name }) => name !== 'unsampled',
    ignoreSpans: ['ignored'],
  };
  return { test: createTestClient(given), backend };
}

function expectBalance({ test }: Rig): void {
  const { started, open, buffered, inFlight, delivered, dropped } = test.client.stats();
  expect(Object.keys(dropped)).toEqual([...DROP_REASONS]);
  const counts = [open, buffered, inFlight, delivered, ...Object.values(dropped)];
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
  expect(counts.reduce((sum, count) => sum + count)).toBe(started);
}

/** Promises settle while time passes: an answer that nobody had the time to hear would be a timeout. */
async function pass(rig: Rig, ms: number): Promise<void> {
  for (let rest = ms; rest > 0; rest -= 500) {
    rig.test.clock.advance(Math.min(rest, 500));
    await settle(rig);
  }
}

async function settle(rig: Rig): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expectBalance(rig);
}

describe('the whole client', () => {
  test.prop(
    [options, fc.array(step, { minLength: 5, maxLength: 60 }), fc.constantFrom('drained', 'closed at once', 'closed with open spans')],
    { numRuns: 200 },
  )(
    'R16, R29, R30: the sum balances at every step and nothing is retained in the end',
    async (chosen, steps, ending) => {
      const rig = createRig(chosen);
      const { test: client, backend } = rig;
      const { budget } = client.client.parts;
      let open: Span[] = [];
      for (const each of steps) {
        if ('start' in each)
          open.push(client.tracing.startSpan({ name: each.start, active: false, attributes: { text: 'é'.repeat(each.bytes / 2) } }));
        else if ('child' in each)
          open.push(
            client.tracing.startSpan({
              name: 'child',
              active: false,
              parentSpan: open[each.child % (open.length || 1)] ?? null,
              attributes: { text: 'x'.repeat(each.bytes) },
            }),
          );
        else if ('end' in each) {
          const span = open[each.end % (open.length || 1)];
          if (each.isError) span?.setStatus('error', 'failed');
          span?.end();
          span?.end();
          open = open.filter((other) => other !== span);
        } else if ('rename' in each) open[each.rename % (open.length || 1)]?.setName('a longer name than before');
        else if ('wait' in each) await pass(rig, each.wait);
        else if ('behave' in each) backend.behave = each.behave;
        else await client.flush(each.flush);
        await settle(rig);
        expect(budget.retained).toBeLessThanOrEqual(chosen.maxMemoryBytes + 10_000);
      }
      if (ending === 'drained') {
        for (const span of open) span.end();
        backend.behave = () => answer(200);
        await pass(rig, 40_000);
        await client.flush(60_000);
        expect(await client.flush(60_000)).toBe(true);
        expect(client.client.stats()).toMatchObject({ open: 0, buffered: 0, inFlight: 0 });
      } else {
        const closing = client.close(ending === 'closed at once' ? 0 : 500);
        for (const span of open) span.end();
        await closing;
      }
      await settle(rig);
      const { delivered, open: stillOpen, buffered } = client.client.stats();
      expect([stillOpen, buffered, budget.retained, budget.inFlight]).toEqual([0, 0, 0, 0]);
      expect(new Set(backend.accepted).size).toBe(backend.accepted.length);
      if (chosen.destination !== 'sink') expect(backend.accepted.length).toBe(delivered);
      if (ending !== 'drained') expect(client.tracing.startSpan({ name: 'late', active: false }).isRecording()).toBe(false);
      expectBalance(rig);
    },
    60_000,
  );
});
