import { context, propagation, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { hrTime, hrTimeToMilliseconds, millisToHrTime } from '@opentelemetry/core';
import { createTestClient, type TestClient } from '@spanstream/core/testing';
import { tracing } from '@spanstream/core';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, expect } from 'vitest';
import { formatBaggage, parseBaggage } from './baggage-text.ts';
import { openTelemetryIntegration } from '@spanstream/opentelemetry';
import { toEpochMs, toHrTime } from './time-input.ts';

let client: TestClient;
beforeAll(() => void (client = createTestClient({ integrations: [openTelemetryIntegration()] })));
afterAll(async () => void (await client.close()));

const epochMs = fc.integer({ min: 1_000_000_000_000, max: 4_000_000_000_000 });

test.prop([epochMs, fc.integer({ min: 0, max: 999 })])('each form of a time means the same instant', (ms, us) => {
  const { clock } = client.client.current.tracer;
  const exact = ms + us / 1000;
  expect(toEpochMs(exact, clock)).toBe(exact);
  expect(toEpochMs(new Date(ms), clock)).toBe(ms);
  expect(toEpochMs(millisToHrTime(exact), clock)).toBeCloseTo(exact, 3);
  expect(toHrTime(toEpochMs([Math.floor(ms / 1000), (ms % 1000) * 1e6 + us * 1000], clock)!)).toEqual([
    Math.floor(ms / 1000),
    (ms % 1000) * 1e6 + us * 1000,
  ]);
});

test.prop([fc.double({ min: 0, max: 1, noNaN: true })])('a time up to performance.now() is one of this process', (share) => {
  const { clock } = client.client.current.tracer;
  clock.now();
  const monotonicMs = clock.monotonicMs * share;
  expect(toEpochMs(monotonicMs, clock)).toBe(monotonicMs + clock.offsetMs);
});

test('OpenTelemetry reads performance times alike', () => {
  const now = performance.now();
  const source = { wallClockMs: () => Date.now(), monotonicMs: () => performance.now() };
  const clock = { ...source, now: () => Date.now(), monotonicMs: performance.now(), offsetMs: performance.timeOrigin };
  expect(toEpochMs(now, clock as never)).toBeCloseTo(hrTimeToMilliseconds(hrTime(now)), 0);
});

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }).filter((text) => /[^0]/.test(text));
const stateMember = fc.tuple(fc.stringMatching(/^[a-z][_0-9a-z\-*/]{0,8}$/), fc.stringMatching(/^[!-+\--<>-~]{1,8}$/));
const traceState = fc
  .uniqueArray(stateMember, { selector: ([key]) => key, minLength: 1, maxLength: 5 })
  .map((members) => members.map(([key, value]) => `${key}=${value}`).join(','));

test.prop([hex(32), hex(16), traceState])('ids and trace state leave as they came', (traceId, spanId, tracestate) => {
  const incoming = propagation.extract(ROOT_CONTEXT, { traceparent: `00-${traceId}-${spanId}-01`, tracestate });
  expect(trace.getSpanContext(incoming)).toMatchObject({ traceId, spanId, traceFlags: TraceFlags.SAMPLED });
  expect(trace.getSpanContext(incoming)?.traceState?.serialize()).toBe(tracestate);
  const out: Record<string, string> = {};
  trace.getTracer('t').startActiveSpan('s', {}, incoming, (span) => {
    propagation.inject(context.active(), out);
    expect(out['traceparent']).toBe(`00-${traceId}-${span.spanContext().spanId}-01`);
    span.end();
  });
  expect(out['tracestate']).toBe(tracestate);
});

const entries = fc.dictionary(
  fc.stringMatching(/^[a-zA-Z0-9_.-]{1,8}$/).filter((key) => key !== '__proto__' && !key.startsWith('sentry-')),
  fc.record({ value: fc.string({ unit: 'grapheme', maxLength: 8 }) }),
  { maxKeys: 5 },
);

test.prop([entries])('baggage is the same on the other side', (given) => {
  const baggage = propagation.createBaggage(given);
  const plain = (from: typeof baggage): unknown => from.getAllEntries().map(([key, { value }]) => [key, value]);
  expect(plain(parseBaggage(formatBaggage(baggage)))).toEqual(plain(baggage));
  const headers = context.with(propagation.setBaggage(context.active(), baggage), () => tracing.getTraceHeaders());
  expect(plain(propagation.getBaggage(propagation.extract(ROOT_CONTEXT, headers)) ?? propagation.createBaggage())).toEqual(plain(baggage));
});
