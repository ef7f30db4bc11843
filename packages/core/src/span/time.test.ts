import { describe, expect, it } from 'vitest';
import { Clock, toEpochMs } from './time.ts';

const HOUR_MS = 3_600_000;

function createClock() {
  const source = { wallMs: 1_700_000_000_000, monoMs: 5000.25 };
  const clock = new Clock({ wallClockMs: () => source.wallMs, monotonicMs: () => source.monoMs });
  const pass = (ms: number): void => {
    source.wallMs += ms;
    source.monoMs += ms;
  };
  return { source, clock, pass };
}

describe('clock', () => {
  it('R4: tells wall time at the resolution of the monotonic clock', () => {
    const { source, clock } = createClock();
    source.monoMs += 0.125;
    expect(clock.now()).toBe(1_700_000_000_000.125);
  });

  it('R4: sharpens itself while the wall clock counts whole milliseconds', () => {
    const { source, clock } = createClock();
    source.monoMs += 0.5;
    source.wallMs += 1;
    expect(clock.now()).toBe(1_700_000_000_001);
    source.monoMs += 0.5;
    expect(clock.now()).toBe(1_700_000_000_001.5);
  });

  it('R4: never runs backwards while the wall clock is slewed slowly', () => {
    const { source, clock, pass } = createClock();
    let before = clock.now();
    for (let i = 0; i < 1000; i++) {
      pass(1);
      source.wallMs -= 0.04;
      const now = clock.now();
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it.each([8 * HOUR_MS, 300_000, -300_000])('R4: follows a step of the wall clock by %i ms', (stepMs) => {
    const { source, clock, pass } = createClock();
    pass(100);
    source.wallMs += stepMs;
    expect(clock.now()).toBeCloseTo(1_700_000_000_100 + stepMs, 3);
    expect(clock.offsetMs - (1_700_000_000_000 - 5000.25)).toBeCloseTo(stepMs, 3);
  });
});

describe('times given by users', () => {
  it.each([
    [0, 0],
    [-0, -0],
    [1_700_000_000_000.5, 1_700_000_000_000.5],
    [new Date(1_700_000_000_000), 1_700_000_000_000],
  ])('R4: %s is taken as it is', (given, expected) => {
    expect(toEpochMs(given)).toBe(expected);
  });

  const hostile = { getTime: () => '5' };
  const throwing = {
    getTime: () => {
      throw new Error('no');
    },
  };
  it.each([
    NaN,
    Infinity,
    -Infinity,
    -1,
    -0.001,
    new Date(NaN),
    new Date(-5),
    1e300,
    1e18,
    undefined,
    null,
    'yesterday',
    {},
    Symbol('x'),
    5n,
    [],
    hostile,
    throwing,
  ])('R4: %o means now', (given) => {
    expect(toEpochMs(given as never)).toBeUndefined();
  });
});
