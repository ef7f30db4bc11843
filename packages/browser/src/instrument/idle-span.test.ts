import { describe, expect, test } from 'vitest';
import { decideIdle, type IdleFacts, isPartOfLoad } from './idle-span.ts';

/** A page load that began at 10,000 and in which something last happened at 12,000. */
const load = (facts: Partial<IdleFacts> = {}): IdleFacts => ({
  nowMs: 12_500,
  startMs: 10_000,
  isLoading: false,
  openChildren: 0,
  lastChangeMs: 12_000,
  activityEndMs: 12_000,
  quietMs: Infinity,
  inputMs: Infinity,
  ...facts,
});

describe('the end of a page load or navigation', () => {
  test.each<[string, Partial<IdleFacts>, ReturnType<typeof decideIdle>]>([
    ['waits for the idle time after the last change', {}, { checkAtMs: 13_000 }],
    ['is idle then, and ends where the last child ended', { nowMs: 13_000 }, { reason: 'idleTimeout', endMs: 12_000 }],
    ['ends there also if the timer was late', { nowMs: 25_000 }, { reason: 'idleTimeout', endMs: 12_000 }],
    [
      'ends with the largest paint if that came after the last child',
      { nowMs: 14_000, activityEndMs: 12_400 },
      { reason: 'idleTimeout', endMs: 12_400 },
    ],
    ['is never idle while the document loads', { nowMs: 20_000, isLoading: true }, { checkAtMs: 40_000 }],
    ['is never idle while a child is open', { nowMs: 20_000, openChildren: 1 }, { checkAtMs: 27_000 }],
    [
      'gives up a child of which nothing is heard, and ends with the last news',
      { nowMs: 27_000, openChildren: 1 },
      { reason: 'heartbeatFailed', endMs: 12_000 },
    ],
    ['does not give up a child while the document loads', { nowMs: 39_999, openChildren: 1, isLoading: true }, { checkAtMs: 40_000 }],
    [
      'is cut at the final timeout while a child is open',
      { nowMs: 40_050, openChildren: 1, lastChangeMs: 39_000, activityEndMs: 38_000 },
      { reason: 'finalTimeout', endMs: 40_000 },
    ],
    ['is cut at the final timeout while the document loads', { nowMs: 40_050, isLoading: true }, { reason: 'finalTimeout', endMs: 40_000 }],
    [
      'ends at the final timeout with the last child when none is open',
      { nowMs: 40_000, lastChangeMs: 39_500, activityEndMs: 39_500 },
      { reason: 'finalTimeout', endMs: 39_500 },
    ],
    [
      'lasts until the page is hidden if something is going on',
      { openChildren: 1, interruption: 'documentHidden' },
      { reason: 'documentHidden', endMs: 12_500 },
    ],
    [
      'lasts until the page is hidden if that happens while it loads',
      { isLoading: true, interruption: 'documentHidden' },
      { reason: 'documentHidden', endMs: 12_500 },
    ],
    [
      'ends with the last child if the page is hidden later',
      { interruption: 'documentHidden' },
      { reason: 'documentHidden', endMs: 12_000 },
    ],
    [
      'ends with the last child if the next navigation begins later',
      { interruption: 'interactionInterrupted' },
      { reason: 'interactionInterrupted', endMs: 12_000 },
    ],
    [
      'lasts until the next navigation if something is going on',
      { openChildren: 2, interruption: 'interactionInterrupted' },
      { reason: 'interactionInterrupted', endMs: 12_500 },
    ],
    ['ends when the SDK is closed', { openChildren: 1, interruption: 'externalFinish' }, { reason: 'externalFinish', endMs: 12_500 }],
    [
      'names the rule that was due before the page was hidden',
      { nowMs: 60_000, interruption: 'documentHidden' },
      { reason: 'idleTimeout', endMs: 12_000 },
    ],
    [
      'names the first rule that was due, if timers were late: a page in the background',
      { nowMs: 90_000, openChildren: 1, lastChangeMs: 13_000 },
      { reason: 'heartbeatFailed', endMs: 13_000 },
    ],
    [
      'never ends before it starts: a start in the background, with a wall clock that was set back',
      { nowMs: 9000, activityEndMs: 9000, interruption: 'documentHidden' },
      { reason: 'documentHidden', endMs: 10_000 },
    ],
    [
      'is idle soon if the SDK starts long after the page, whose load event counts',
      { nowMs: 301_000, lastChangeMs: 300_000, activityEndMs: 12_000 },
      { reason: 'idleTimeout', endMs: 12_000 },
    ],
  ])('%s', (_fact, facts, decision) => {
    expect(decideIdle(load(facts), {})).toEqual(decision);
  });

  test('the three times can be set', () => {
    const timeouts = { idleTimeoutMs: 100, finalTimeoutMs: 4000, childSpanTimeoutMs: 200 };
    expect(decideIdle(load({ nowMs: 12_050 }), timeouts)).toEqual({ checkAtMs: 12_100 });
    expect(decideIdle(load({ nowMs: 12_150, openChildren: 1 }), timeouts)).toEqual({ checkAtMs: 12_200 });
    expect(decideIdle(load({ nowMs: 12_150, isLoading: true }), timeouts)).toEqual({ checkAtMs: 14_000 });
  });
});

describe('what counts for the end', () => {
  test.each<[string, number, Partial<IdleFacts>, boolean]>([
    ['everything, while nothing else is known', 39_000, {}, true],
    ['what starts before the user does something', 12_000, { inputMs: 12_000 }, true],
    ['not what the user causes', 12_001, { inputMs: 12_000 }, false],
    ['what starts within the idle time after load and largest paint', 14_000, { quietMs: 13_000 }, true],
    ['not what a poll starts later', 14_001, { quietMs: 13_000 }, false],
  ])('%s', (_fact, startMs, facts, counts) => {
    expect(isPartOfLoad(startMs, load(facts), {})).toBe(counts);
  });
});
