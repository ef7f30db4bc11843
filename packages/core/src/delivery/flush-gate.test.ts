import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlushGate } from './flush-gate.ts';

it('R29: a flush is over exactly when all that entered before it has left, in whatever order', async () => {
  const action = fc.oneof(
    fc.constant({ kind: 'enter' as const }),
    fc.record({ kind: fc.constant('leave' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('split' as const), pick: fc.nat() }),
    fc.constant({ kind: 'flush' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const gate = new FlushGate();
      const inside: { id: number; epoch: number }[] = [];
      const flushes: { waitsFor: Set<number>; isOver: boolean }[] = [];
      let lastId = 0;
      const remove = (pick: number): { id: number; epoch: number } | undefined => inside.splice(pick % Math.max(1, inside.length), 1)[0];
      for (const step of actions) {
        if (step.kind === 'enter') inside.push({ id: ++lastId, epoch: gate.enter() });
        if (step.kind === 'flush') {
          const flush = { waitsFor: new Set(inside.map(({ id }) => id)), isOver: false };
          flushes.push(flush);
          void gate.whenDrained().then(() => (flush.isOver = true));
        }
        const left = step.kind === 'leave' || step.kind === 'split' ? remove(step.pick) : undefined;
        if (left !== undefined && step.kind === 'split') {
          const half = { id: ++lastId, epoch: gate.enter(left.epoch) };
          inside.push(half);
          for (const { waitsFor } of flushes) if (waitsFor.has(left.id)) waitsFor.add(half.id);
        }
        if (left !== undefined) {
          gate.leave(left.epoch);
          for (const { waitsFor } of flushes) waitsFor.delete(left.id);
        }
        await Promise.resolve();
        await Promise.resolve();
        expect(flushes.map(({ isOver }) => isOver)).toEqual(flushes.map(({ waitsFor }) => waitsFor.size === 0));
        expect(gate.isEmpty).toBe(inside.length === 0);
      }
    }),
  );
});
