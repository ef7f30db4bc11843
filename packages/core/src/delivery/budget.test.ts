import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBudget } from './budget.ts';

it('R16: new traces are refused first, then spans, errors last', () => {
  const budget = new ByteBudget(80_000);
  const limits = { newTrace: 0, span: 0, error: 0 };
  for (; budget.tryReserve(100, true);) {
    if (budget.admitsNewTrace()) limits.newTrace = budget.retained;
    if (budget.admits(100, false)) limits.span = budget.retained;
    limits.error = budget.retained;
  }
  expect(limits).toEqual({ newTrace: 55_900, span: 62_900, error: 70_000 });
});

it('R16: what is retained and in flight never exceeds the maximum', () => {
  const request = fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), isError: fc.boolean(), isRelease: fc.boolean() });
  fc.assert(
    fc.property(fc.array(request), fc.integer({ min: 0, max: 50_000 }), (requests, maxBytes) => {
      const budget = new ByteBudget(maxBytes);
      const held: number[] = [];
      budget.inFlight = budget.maxInFlightBytes;
      for (const { bytes, isError, isRelease } of requests) {
        if (isRelease) budget.release(held.pop() ?? 0);
        else if (budget.tryReserve(bytes, isError)) held.push(bytes);
        expect(budget.used).toBeLessThanOrEqual(maxBytes);
        expect(budget.retained).toBe(held.reduce((sum, each) => sum + each, 0));
      }
    }),
  );
});
