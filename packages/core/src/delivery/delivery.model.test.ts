import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DROP_REASONS, WIRE_REASONS } from './drop-reason.ts';
import { answer, createRig, createTestBatch, imbalance, type Behaviour } from './test-rig.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const behaviour = fc.constantFrom<Behaviour>(
  () => answer(200),
  () => answer(200),
  () => answer(202, { 'x-sentry-rate-limits': '3:span:organization, 1:transaction' }),
  () => answer(429, { 'retry-after': '2' }),
  () => answer(413),
  (request) => answer(request.body.length > 300 ? 413 : 200),
  () => answer(400),
  () => answer(500),
  () => answer(503, { 'retry-after': '1' }),
  () => answer(503, { 'retry-after': '100' }),
  () => new Error('ECONNRESET'),
  () => {
    throw new Error('transport bug');
  },
  () => 'hang',
);

type Step =
  | { kind: 'enqueue'; sizes: number[]; category: 'span' | 'transaction' }
  | { kind: 'advance'; ms: number }
  | { kind: 'behave'; behaviour: Behaviour; delayMs: number }
  | { kind: 'flush'; ms: number }
  | { kind: 'refuse' }
  | { kind: 'exit'; delivered: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('enqueue' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }),
      category: fc.constantFrom('span' as const, 'transaction' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 50, 1000, 5000, 31_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('behave' as const), behaviour, delayMs: fc.constantFrom(0, 20, 3000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('flush' as const), ms: fc.constantFrom(0, 10, 2000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('exit' as const), delivered: fc.integer({ min: 0, max: 5 }) }) },
);

type Rig = ReturnType<typeof createRig>;

async function take(rig: Rig, action: Step): Promise<void> {
  if (action.kind === 'enqueue') for (const size of action.sizes) rig.enqueue(createTestBatch(size, { category: action.category }));
  else if (action.kind === 'advance') await vi.advanceTimersByTimeAsync(action.ms);
  else if (action.kind === 'behave') Object.assign(rig.backend, { behave: action.behaviour, delayMs: action.delayMs });
  else if (action.kind === 'flush') void rig.delivery.flush(action.ms);
  else if (action.kind === 'refuse') rig.ledger.spanRefused('unsampled');
  else {
    const batches = rig.delivery.takeUnsent();
    rig.delivery.unsent.delivered(batches.slice(0, action.delivered));
    rig.delivery.unsent.failed(batches.slice(action.delivered));
  }
}

it('R30: the ledger balances at every step under any faults, and reports tell each loss once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.constantFrom(1, 3, 64), async (steps, maxConcurrency) => {
      const rig = createRig({ maxConcurrency, maxMemoryBytes: 20_000 });
      let unbalanced = 0;
      let heard = 0;
      const check = (): void => {
        if (imbalance(rig.ledger) !== 0 || rig.ledger.buffered < 0 || rig.ledger.inFlight < 0) unbalanced++;
      };
      rig.ledger.on('outcome', (outcome) => {
        heard += outcome.quantity;
        check();
      });
      for (const action of steps) {
        await take(rig, action);
        check();
      }
      const closed = rig.delivery.close(3000);
      await vi.advanceTimersByTimeAsync(3000);
      const isDrained = await closed;
      check();
      expect(unbalanced).toBe(0);
      expect(rig.ledger).toMatchObject({ open: 0, buffered: 0, inFlight: 0 });
      expect(heard).toBe(rig.ledger.started);
      expect(isDrained || rig.ledger.dropped.shutdown > 0).toBe(true);

      // What still hangs in the transport settles late and changes nothing.
      rig.backend.behave = () => answer(200);
      const before = JSON.stringify(rig.ledger.stats());
      await vi.advanceTimersByTimeAsync(100_000);
      expect(JSON.stringify(rig.ledger.stats())).toBe(before);
      expect(rig.budget.used).toBe(0);
      expect(vi.getTimerCount()).toBe(0);

      const reportable = DROP_REASONS.filter((reason) => WIRE_REASONS[reason] !== undefined).reduce(
        (sum, reason) => sum + rig.ledger.dropped[reason],
        0,
      );
      const reported = [...rig.backend.reports, ...pendingReport(rig)]
        .filter(({ category }) => category === 'span')
        .reduce((sum, { quantity }) => sum + quantity, 0);
      if (rig.backend.rejectedReports === 0 && rig.backend.running === 0) expect(reported).toBe(reportable);
      expect(reported).toBeLessThanOrEqual(reportable);
    }),
    { numRuns: 300 },
  );
}, 60_000);

it('R29: after any faults a backend that is well again gets everything that was not given up', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        step.filter(({ kind }) => kind !== 'exit'),
        { maxLength: 20 },
      ),
      async (steps) => {
        const rig = createRig({ maxMemoryBytes: 20_000 });
        for (const action of steps) await take(rig, action);
        Object.assign(rig.backend, { behave: () => answer(200), delayMs: 10 });
        const flushed = rig.delivery.flush(100_000);
        await vi.advanceTimersByTimeAsync(100_000);
        expect(await flushed).toBe(true);
        expect(rig.delivery.isIdle).toBe(true);
        expect(rig.budget.used).toBe(0);
        const closed = rig.delivery.close(0);
        await vi.advanceTimersByTimeAsync(20);
        await closed;
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

function pendingReport(rig: Rig): { category: string; quantity: number }[] {
  return [...(rig.clientReports.take()?.quantities ?? [])].map(([key, quantity]) => ({ category: key.split(':')[1] ?? '', quantity }));
}
