import { describe, expect, expectTypeOf, it } from 'vitest';
import { DROP_REASONS, type DropReason } from './drop-reason.ts';
import { Ledger, type Outcome } from './ledger.ts';
import { createTestBatch, idsOf, imbalance } from './test-rig.ts';

function createLedger() {
  const losses: [DropReason, string, number][] = [];
  const faults: unknown[] = [];
  const ledger = new Ledger({
    platform: { wallClockMs: () => 1_700_000_000_000 },
    clientReports: { record: (...loss) => losses.push(loss) },
    diagnostics: { fault: (_reason, error) => faults.push(error) },
  });
  return { ledger, losses, faults };
}

function buffer(ledger: Ledger, count: number): void {
  for (; count > 0; count--) {
    ledger.spanStarted();
    ledger.spanBuffered();
  }
}

describe('counting', () => {
  it('has every reason from the start', () => {
    const { ledger } = createLedger();
    expect(Object.keys(ledger.stats().dropped).sort()).toEqual([...DROP_REASONS].sort());
    expectTypeOf(ledger.stats().dropped).toEqualTypeOf<Readonly<Record<DropReason, number>>>();
  });

  it('R30: balances after each move', () => {
    const { ledger } = createLedger();
    const batch = createTestBatch(3);
    const moves = [
      () => buffer(ledger, 6),
      () => ledger.spanStarted(),
      () => ledger.spanRefused('unsampled', '00000000000000aa'),
      () => ledger.openDropped('memory_budget', '00000000000000ab'),
      () => ledger.bufferedDropped('filtered', 2, ['00000000000000ac', '00000000000000ad']),
      () => ledger.bufferedDropped('storage', 1),
      () => ledger.batchSending(batch),
      () => ledger.batchRequeued(batch),
      () => ledger.batchSending(batch),
      () => ledger.batchDelivered(batch),
    ];
    for (const move of moves) {
      move();
      expect(imbalance(ledger)).toBe(0);
    }
    expect(ledger.stats()).toMatchObject({ started: 8, open: 0, buffered: 0, inFlight: 0, delivered: 3 });
  });

  it('counts a lost transaction once as such and with each of its spans', () => {
    const { ledger, losses } = createLedger();
    buffer(ledger, 4);
    ledger.bufferedDropped('rate_limited', 4, createTestBatch(4, { category: 'transaction' }));
    expect(losses).toEqual([
      ['rate_limited', 'span', 4],
      ['rate_limited', 'transaction', 1],
    ]);
  });

  it('gives out copies', () => {
    const { ledger } = createLedger();
    const before = ledger.stats();
    ledger.spanRefused('ignored');
    expect(before.dropped.ignored).toBe(0);
  });
});

describe('explaining', () => {
  it('names state, reason, time and a hint for each reason', () => {
    const { ledger } = createLedger();
    DROP_REASONS.forEach((reason, index) => ledger.spanRefused(reason, index.toString(16).padStart(16, 'f')));
    DROP_REASONS.forEach((reason, index) => {
      const explanation = ledger.explainEnded(index.toString(16).padStart(16, 'f'));
      expect(explanation).toMatchObject({ state: 'dropped', reason, at: 1_700_000_000_000 });
      expect(explanation?.hint).toMatch(/\w.*\.$/);
    });
  });

  it('knows the delivered ones and the latest outcome of an id', () => {
    const { ledger } = createLedger();
    const batch = createTestBatch(2);
    buffer(ledger, 2);
    ledger.batchSending(batch);
    ledger.batchDelivered(batch);
    const ids = idsOf(batch);
    expect(ids.map((spanId) => ledger.explainEnded(spanId)?.state)).toEqual(['delivered', 'delivered']);
    ledger.spanRefused('ignored', ids[0]);
    expect(ledger.explainEnded(ids[0] ?? '')?.reason).toBe('ignored');
    expect(ledger.explainEnded('ffffffffffffffff')).toBeUndefined();
  });

  it('remembers the last 4,096 and no more', () => {
    const { ledger } = createLedger();
    const idOf = (number: number) => number.toString(16).padStart(16, '0');
    for (let number = 1; number <= 5000; number++) ledger.spanRefused('ignored', idOf(number));
    expect(ledger.explainEnded(idOf(5000 - 4096))).toBeUndefined();
    expect(ledger.explainEnded(idOf(5000 - 4095))).toBeDefined();
    expect(ledger.explainEnded(idOf(5000))).toBeDefined();
  });
});

describe("on('outcome')", () => {
  it('tells of each outcome until it is unsubscribed, each subscription for itself', () => {
    const { ledger } = createLedger();
    const heard: Outcome[] = [];
    const listener = (outcome: Outcome) => void heard.push(outcome);
    const [first, second] = [ledger.on('outcome', listener), ledger.on('outcome', listener)];
    ledger.spanRefused('no_parent', '00000000000000aa');
    first();
    first();
    const batch = createTestBatch(2);
    buffer(ledger, 2);
    ledger.batchSending(batch);
    ledger.batchDelivered(batch);
    second();
    ledger.spanRefused('no_parent');
    expect(heard).toEqual([
      { state: 'dropped', reason: 'no_parent', quantity: 1, spanId: '00000000000000aa' },
      { state: 'dropped', reason: 'no_parent', quantity: 1, spanId: '00000000000000aa' },
      { state: 'delivered', quantity: 2, traceId: batch.traceId },
    ]);
  });

  it('R34: a listener that throws stops neither the others nor the caller', () => {
    const { ledger, faults } = createLedger();
    let heard = 0;
    ledger.on('outcome', () => {
      throw new Error('mine');
    });
    ledger.on('outcome', () => {
      heard++;
    });
    ledger.spanRefused('unsampled');
    expect(heard).toBe(1);
    expect(faults).toEqual([new Error('mine')]);
  });
});
