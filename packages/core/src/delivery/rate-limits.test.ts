import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRateLimits, parseRetryAfter, RateLimits } from './rate-limits.ts';
import { answer } from './test-rig.ts';

const NOW_MS = 5_000_000;
const WALL_MS = Date.UTC(2026, 0, 1, 12, 0, 0);

function limitsAfter(...answers: Parameters<typeof answer>[]): RateLimits {
  const limits = new RateLimits();
  for (const [status, headers] of answers) limits.update(answer(status, headers), NOW_MS, WALL_MS);
  return limits;
}

describe('X-Sentry-Rate-Limits', () => {
  it('limits the named categories on any status', () => {
    const limits = limitsAfter([200, { 'x-sentry-rate-limits': '60:span;transaction:key:spike:custom, 10:error' }]);
    expect(limits.isLimited('span', NOW_MS + 59_999)).toBe(true);
    expect(limits.isLimited('span', NOW_MS + 60_000)).toBe(false);
    expect(limits.isLimited('transaction', NOW_MS)).toBe(true);
    expect(limits.isLimited('profile_chunk', NOW_MS)).toBe(false);
  });

  it.each(['60::organization', '60', '60:', ' 60 : ;ignored'])('reads the categories of %j', (header) => {
    const isForAll = !header.includes('ignored');
    const limits = limitsAfter([429, { 'x-sentry-rate-limits': header }]);
    expect(limits.isLimited('span', NOW_MS)).toBe(isForAll);
  });

  it('R29: an answer without headers limits nothing, but for 429', () => {
    for (const status of [200, 503, 429]) {
      const limits = new RateLimits();
      limits.update({ status } as never, NOW_MS, WALL_MS);
      expect(limits.isLimited('span', NOW_MS)).toBe(status === 429);
    }
  });

  it('takes unreadable seconds for 60', () => {
    for (const seconds of ['', 'soon', '-1', 'NaN', '1e3', 'Infinity']) {
      expect(parseRateLimits(`${seconds}:span`)[0]?.durationMs).toBe(60_000);
    }
    expect(parseRateLimits('2.5:span')[0]?.durationMs).toBe(2500);
    expect(parseRateLimits(' , ,')).toEqual([]);
  });

  it('R29: the longest limit wins and an expired one masks nothing', () => {
    const limits = limitsAfter(
      [429, { 'x-sentry-rate-limits': '100:span' }],
      [429, { 'x-sentry-rate-limits': '5:span, 20::organization, 0:transaction' }],
    );
    expect(limits.isLimited('span', NOW_MS + 99_999)).toBe(true);
    expect(limits.isLimited('transaction', NOW_MS + 19_999)).toBe(true);
    expect(limits.isLimited('transaction', NOW_MS + 20_000)).toBe(false);
  });

  it('R29: whatever headers come, a category is limited until the latest end that any of them named', () => {
    const member = fc.record({
      seconds: fc.integer({ min: 0, max: 1000 }),
      categories: fc.subarray(['span', 'transaction', 'error']),
      atMs: fc.integer({ min: 0, max: 500_000 }),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 20 }), fc.integer({ min: 0, max: 1_600_000 }), (members, askedMs) => {
        const limits = new RateLimits();
        for (const { seconds, categories, atMs } of members) {
          limits.update(answer(200, { 'x-sentry-rate-limits': `${seconds}:${categories.join(';')}:org` }), atMs, WALL_MS);
        }
        for (const category of ['span', 'transaction']) {
          const ends = members
            .filter(({ categories }) => categories.length === 0 || categories.includes(category))
            .map(({ seconds, atMs }) => atMs + seconds * 1000);
          expect(limits.isLimited(category, askedMs)).toBe(ends.some((endMs) => endMs > askedMs));
        }
      }),
    );
  });

  it('R34: no header makes it throw', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 100, max: 599 }), (limits, retryAfter, status) => {
        limitsAfter([status, { 'x-sentry-rate-limits': limits, 'retry-after': retryAfter }]);
      }),
    );
  });
});

describe('Retry-After', () => {
  it('is seconds or a date, measured by the wall clock and kept by the monotonic one', () => {
    expect(parseRetryAfter('30', WALL_MS)).toBe(30_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 12:00:45 GMT', WALL_MS)).toBe(45_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 11:00:00 GMT', WALL_MS)).toBe(0);
    for (const unreadable of ['', 'soon', '-5', null, undefined]) expect(parseRetryAfter(unreadable, WALL_MS)).toBeUndefined();
  });

  it('counts with a refusal, 429 alone is 60 s, and the precise header goes first', () => {
    expect(limitsAfter([429, {}]).limitedUntilMs('span')).toBe(NOW_MS + 60_000);
    expect(limitsAfter([429, { 'retry-after': '7' }]).limitedUntilMs('span')).toBe(NOW_MS + 7000);
    expect(limitsAfter([403, { 'retry-after': '7' }]).limitedUntilMs('span')).toBe(NOW_MS + 7000);
    expect(limitsAfter([429, { 'retry-after': '7', 'x-sentry-rate-limits': '3:error' }]).isLimited('span', NOW_MS)).toBe(false);
  });

  it('says nothing about limits with success, 408 and 5xx', () => {
    for (const status of [200, 408, 503]) expect(limitsAfter([status, { 'retry-after': '7' }]).isLimited('span', NOW_MS)).toBe(false);
    expect(limitsAfter([404, {}]).isLimited('span', NOW_MS)).toBe(false);
  });
});
