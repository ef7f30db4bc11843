import { fc, test } from '@fast-check/vitest';
import { describe, expect, it, vi } from 'vitest';
import { Segment } from '../span/segment.ts';
import { ManualClock } from '../testing-clock.ts';
import type { SpanParts } from '../wire/constants.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import { createSlabEncoder } from '../wire/slab-encoder.ts';
import type { BatchEncoder, SpanBatch } from './span-batch.ts';
import { SpanBatcher } from './span-batcher.ts';

const OPTIONS = { maxSpans: 4, maxBytes: PAYLOAD_FRAME_BYTES + 400, flushIntervalMs: 5000, flushOnSegmentEndMs: 500 };

function createBatcher(options = OPTIONS) {
  const clock = new ManualClock();
  const timers = new Set<unknown>();
  const most = { timers: 0 };
  const sealed: { batch: SpanBatch; ids: number[]; atMs: number }[] = [];
  const encoder = createSlabEncoder({
    constants: { every: [], segment: [] },
    envelope: { sdk: { name: 'test', version: '1' }, dsn: undefined, ingestSettings: undefined },
    maxIdleBytes: 1e6,
    reusesOutputs: true,
  });
  const { items } = encoder;
  const batcher = new SpanBatcher(
    options,
    {
      monotonicMs: () => clock.monotonicMs,
      setTimer: (callback, delayMs) => {
        const timer = clock.setTimer(() => {
          timers.delete(timer);
          callback();
        }, delayMs);
        timers.add(timer);
        most.timers = Math.max(most.timers, timers.size);
        return timer;
      },
      clearTimer: (timer) => {
        timers.delete(timer);
        clock.clearTimer(timer);
      },
    },
    () => ({ ...encoder, maxPayloadBytes: 2000 }) as unknown as BatchEncoder,
    (batch) => {
      const ids: number[] = [];
      batch.forEachSpanId((_, low) => ids.push(low));
      sealed.push({ batch, ids, atMs: clock.monotonicMs });
    },
  );
  let id = 0;
  const add = (segment: Segment, wireBytes = 10): number => {
    const spanId = (++id).toString(16).padStart(16, '0');
    const parts = { spanId, parentSpanId: undefined, segment, isSegment: false, startMs: 1, endMs: 2, name: 'span' } as const;
    const span: SpanParts = { ...parts, status: 'ok', attributes: [], links: undefined };
    const at = items.write(span);
    const end = at + items.recordBytes(items.slab, at);
    batcher.add({ parts: span, slab: items.slab, at, end, segment, wireBytes, retainedBytes: wireBytes * 2 }, clock.monotonicMs);
    return id;
  };
  return { clock, timers, most, sealed, batcher, add };
}

const createSegment = (trace: number): Segment =>
  new Segment({ traceId: String(trace).padStart(32, '0'), sampleRand: 0 }, 'b'.repeat(16), 'name', { sampled: true });

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ add: fc.nat(5), wireBytes: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ end: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ wait: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 6000 })) }) },
  fc.constant({ flush: true }),
);

describe('batcher', () => {
  test.prop([fc.array(step, { maxLength: 80 })], { numRuns: 300 })(
    'R14, R15: one trace per envelope, within its bounds, every span once and in time, on one timer',
    (steps) => {
      const { clock, timers, most, sealed, batcher, add } = createBatcher();
      const segments = Array.from({ length: 6 }, (_, trace) => createSegment(trace % 4));
      const added = new Map<number, { traceId: string; atMs: number; wireBytes: number; endedMs: number }>();
      for (const each of steps) {
        if ('add' in each) {
          const segment = segments[each.add]!;
          added.set(add(segment, each.wireBytes), {
            traceId: segment.trace.traceId,
            atMs: clock.monotonicMs,
            wireBytes: each.wireBytes,
            endedMs: segment.ended ? clock.monotonicMs : Infinity,
          });
        } else if ('end' in each) {
          const segment = segments[each.end]!;
          segment.ended = true;
          const { traceId } = segment.trace;
          added.set(add(segment), { traceId, atMs: clock.monotonicMs, wireBytes: 10, endedMs: clock.monotonicMs });
        } else if ('wait' in each) {
          clock.advance(each.wait);
        } else {
          batcher.flush();
          expect(timers.size).toBe(0);
        }
        expect(most.timers).toBeLessThanOrEqual(1);
        const waiting = added.size - sealed.reduce((count, { ids }) => count + ids.length, 0);
        expect(timers.size).toBe(waiting > 0 ? 1 : 0);
        expect(batcher.retainedBytes > 0).toBe(waiting > 0);
      }
      clock.advance(5000);
      expect(sealed.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual([...added.keys()]);
      expect([timers.size, batcher.retainedBytes]).toEqual([0, 0]);
      for (const { batch, ids, atMs } of sealed) {
        const spans = ids.map((id) => added.get(id)!);
        expect(spans.map(({ traceId }) => traceId)).toEqual(spans.map(() => batch.traceId));
        expect(ids.every((id) => batch.hasSpan(id.toString(16).padStart(16, '0')))).toBe(true);
        expect(batch.spanCount).toBe(ids.length);
        expect(ids.length).toBeLessThanOrEqual(OPTIONS.maxSpans);
        expect(spans.reduce((bytes, span) => bytes + span.wireBytes + 1, PAYLOAD_FRAME_BYTES)).toBeLessThanOrEqual(OPTIONS.maxBytes + 1);
        expect(atMs - spans[0]!.atMs).toBeLessThanOrEqual(OPTIONS.flushIntervalMs);
        expect(atMs - Math.min(...spans.map(({ endedMs }) => endedMs))).toBeLessThanOrEqual(OPTIONS.flushOnSegmentEndMs);
      }
    },
  );

  it('R17: 5,000 buffered traces leave with one flush', () => {
    const { sealed, batcher, add } = createBatcher();
    for (let trace = 0; trace < 5000; trace++) add(createSegment(trace));
    batcher.flush();
    expect(sealed).toHaveLength(5000);
  });

  it('R14: full by count means at once, full by bytes with the next span', () => {
    const { sealed, add } = createBatcher();
    for (let i = 0; i < 4; i++) add(createSegment(1));
    expect(sealed.map(({ ids }) => ids.length)).toEqual([4]);
    for (let i = 0; i < 3; i++) add(createSegment(2), 199);
    expect(sealed.map(({ ids }) => ids.length)).toEqual([4, 2]);
  });

  it('R14: two segments of one trace share an envelope', () => {
    const { sealed, batcher, add } = createBatcher();
    add(createSegment(1));
    add(createSegment(1));
    batcher.flush();
    expect(sealed).toMatchObject([{ ids: [1, 2] }]);
  });

  it('R5, R14: only a batch whose segment was renamed can have become too long', () => {
    const { sealed, batcher, add } = createBatcher();
    const [kept, renamed, single] = [createSegment(1), createSegment(2), createSegment(3)];
    for (const segment of [kept, kept, renamed, renamed, single]) add(segment);
    batcher.flush();
    renamed.name = single.name = 'longer'.repeat(300);
    expect(sealed.map(({ batch }) => batch.isTooLong())).toEqual([false, true, false]);
    const halves = sealed[1]!.batch.halve()!;
    expect(halves.map((half) => [half.spanCount, half.isTooLong()])).toEqual([
      [1, false],
      [1, false],
    ]);
  });

  it('R15: a span sets no timer and goes through no list, however many traces are open', () => {
    const { batcher, add, most, timers } = createBatcher({ ...OPTIONS, maxSpans: 1000, maxBytes: 1e6 });
    const segments = Array.from({ length: 10_000 }, (_, trace) => createSegment(trace));
    for (const segment of segments) add(segment);
    const [timer] = timers;
    const walks = (['values', 'entries', 'keys', 'forEach'] as const).map((name) => vi.spyOn(Map.prototype, name));
    for (const segment of segments.slice(0, 1000)) add(segment);
    expect(walks.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0, 0]);
    for (const walk of walks) walk.mockRestore();
    expect([...timers]).toEqual([timer]);
    expect(most.timers).toBe(1);
    batcher.flush();
  });
});
