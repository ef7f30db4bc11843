import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answer, createRig, createTestBatch, imbalance } from './test-rig.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A rig with batches of so many spans in the queue. */
function rigWith(...counts: number[]) {
  const rig = createRig();
  const batches = counts.map((count) => createTestBatch(count));
  for (const batch of batches) rig.enqueue(batch);
  return { ...rig, batches };
}

test('R32: what was taken out and stored stays in flight, holds no memory, and comes back', async () => {
  const { delivery, ledger, budget, batches } = rigWith(3, 4);
  expect(delivery.takeUnsent()).toEqual(batches);
  for (const batch of batches) delivery.unsent.stored(batch);
  expect(ledger.stats()).toMatchObject({ started: 7, inFlight: 7, buffered: 0 });
  expect(budget.used).toBe(0);
  expect(delivery.isIdle).toBe(true);
  delivery.adopt(batches[0]!, true);
  expect(ledger.stats()).toMatchObject({ started: 7, inFlight: 4, buffered: 3 });
  await vi.runAllTimersAsync();
  expect(ledger.stats()).toMatchObject({ started: 7, inFlight: 4, delivered: 3 });
});

test("R32: another page's spans count as started here", async () => {
  const { delivery, ledger } = rigWith();
  delivery.adopt(createTestBatch(5), false);
  await vi.runAllTimersAsync();
  expect(ledger.stats()).toMatchObject({ started: 5, delivered: 5 });
});

test('R32: what is given back leaves at once, in its order', async () => {
  const { delivery, ledger, backend, batches } = rigWith(1, 2, 3);
  delivery.takeUnsent();
  delivery.giveBack([batches[2]!, batches[0]!]);
  expect(backend.bodies.map((body) => body.split('\n').length)).toEqual([3, 1]);
  delivery.unsent.failed([batches[1]!], 'storage');
  await vi.runAllTimersAsync();
  expect(ledger.stats()).toMatchObject({ delivered: 4, dropped: { storage: 2 } });
  expect(imbalance(ledger)).toBe(0);
});

test('R33: what the browser brings anyway is not taken out', async () => {
  const { delivery, backend } = rigWith(2);
  delivery.transport.isUnderWay = () => true;
  backend.behave = () => 'hang';
  void delivery.flush(0);
  expect(delivery.takeUnsent()).toEqual([]);
});

test('R32: a failed attempt is taken out while it waits for the next, and its page hears of it at once', async () => {
  const { delivery, backend, batches } = rigWith(2);
  backend.behave = () => answer(503);
  const taken: unknown[] = [];
  delivery.onStalled = () => taken.push(...delivery.takeUnsent());
  void delivery.flush(0);
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).toEqual(batches);
});

test('R32: a call that is cut off loses nothing: the next one takes everything out', async () => {
  const { delivery, backend, ledger, batches } = rigWith(1, 2, 3);
  backend.behave = () => 'hang';
  void delivery.flush(0);
  // Nothing in a page can end a script as the browser does; an error ends these calls at the same places.
  const cut = (): never => {
    throw new Error('cut off');
  };
  delivery.transport.cancel = cut;
  expect(() => delivery.takeUnsent()).toThrow('cut off');
  delete delivery.transport.cancel;
  expect(new Set(delivery.takeUnsent())).toEqual(new Set(batches));
  const requeue = vi.spyOn(ledger, 'batchRequeued').mockImplementationOnce(cut);
  expect(() => delivery.giveBack(batches)).toThrow('cut off');
  requeue.mockRestore();
  expect(new Set(delivery.takeUnsent())).toEqual(new Set(batches));
});

test('R32: the answer that ends an outage counts before its page takes out what else waits', async () => {
  const { delivery, ledger, backend } = rigWith(1, 1, 1, 1);
  backend.behave = () => answer(503);
  void delivery.flush(0);
  await vi.advanceTimersByTimeAsync(0);
  backend.behave = () => answer(200);
  const taken: unknown[] = [];
  delivery.onStalled = () => taken.push(...delivery.takeUnsent());
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ledger.delivered).toBe(1);
  expect(taken).toHaveLength(3);
});
