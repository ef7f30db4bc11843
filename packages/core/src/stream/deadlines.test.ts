import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing-clock.ts';
import { Deadlines, type Waiting } from './deadlines.ts';

function createDeadlines() {
  const clock = new ManualClock();
  const timers = { running: 0, most: 0, set: 0 };
  const live = new Set<unknown>();
  const deadlines = new Deadlines({
    monotonicMs: () => clock.monotonicMs,
    setTimer: (callback, delayMs) => {
      const timer = clock.setTimer(() => {
        live.delete(timer);
        callback();
      }, delayMs);
      live.add(timer);
      timers.set++;
      timers.most = Math.max(timers.most, live.size);
      return timer;
    },
    clearTimer: (timer) => {
      live.delete(timer);
      clock.clearTimer(timer);
    },
  });
  return { clock, timers, deadlines, live };
}

function createWaiting(onDue: () => void): Waiting & { isPending: boolean } {
  return {
    isPending: true,
    due() {
      this.isPending = false;
      onDue();
    },
  };
}

describe('deadlines', () => {
  test.prop([
    fc.array(
      fc.oneof(fc.record({ lane: fc.nat(2) }), fc.record({ wait: fc.integer({ min: 0, max: 120 }) }), fc.record({ forget: fc.nat(30) })),
      { maxLength: 80 },
    ),
  ])('R15: whatever is added in whichever order comes due in time, on one timer', (steps) => {
    const { clock, timers, deadlines, live } = createDeadlines();
    const delays = [100, 30, 0];
    const lanes = delays.map((delayMs) => deadlines.addLane(delayMs));
    const waiting: { item: ReturnType<typeof createWaiting>; dueMs: number; firedMs?: number }[] = [];
    for (const step of steps) {
      if ('lane' in step) {
        const entry: (typeof waiting)[number] = {
          item: createWaiting(() => (entry.firedMs = clock.monotonicMs)),
          dueMs: clock.monotonicMs + delays[step.lane]!,
        };
        waiting.push(entry);
        lanes[step.lane]!(entry.item, clock.monotonicMs);
      } else if ('wait' in step) {
        clock.advance(step.wait);
        for (const { item, dueMs } of waiting) if (item.isPending) expect(dueMs).toBeGreaterThan(clock.monotonicMs);
      } else {
        const entry = waiting[step.forget];
        if (entry) entry.item.isPending = false;
        deadlines.settle();
      }
      expect(timers.most).toBeLessThanOrEqual(1);
      expect(live.size).toBeGreaterThanOrEqual(waiting.some(({ item }) => item.isPending) ? 1 : 0);
    }
    for (const { dueMs, firedMs } of waiting) if (firedMs !== undefined) expect(firedMs).toBe(dueMs);
    clock.advance(1000);
    expect(live.size).toBe(0);
  });

  it('R15: no timer runs once nothing waits', () => {
    const { deadlines, live } = createDeadlines();
    const item = createWaiting(() => undefined);
    deadlines.addLane(100)(item, 0);
    expect(live.size).toBe(1);
    item.isPending = false;
    deadlines.settle();
    expect(live.size).toBe(0);
  });

  it('R15: a hundred thousand that became pointless behind one that waits are let go', () => {
    const { deadlines } = createDeadlines();
    const add = deadlines.addLane(5000);
    add(
      createWaiting(() => undefined),
      0,
    );
    for (let i = 0; i < 100_000; i++) {
      const item = createWaiting(() => undefined);
      add(item, 0);
      item.isPending = false;
    }
    expect(deadlines.length).toBeLessThanOrEqual(64);
  });

  it('R15: a machine that slept runs what came due once, late', () => {
    const { clock, deadlines } = createDeadlines();
    let due = 0;
    deadlines.addLane(100)(
      createWaiting(() => due++),
      0,
    );
    clock.suspend(3_600_000);
    expect(due).toBe(0);
    clock.advance(100);
    expect(due).toBe(1);
  });
});
