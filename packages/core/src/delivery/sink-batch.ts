import { DROP_REASONS, type DropReason } from './drop-reason.ts';
import type { Sink, SinkLoss } from './sink.ts';

/** All spans of a batch for one reason. */
export function allLost(reason: DropReason, quantity: number): readonly SinkLoss[] {
  return quantity === 0 ? [] : [{ reason, quantity }];
}

/** How many spans the losses are about. */
export function countLost(losses: readonly SinkLoss[]): number {
  return losses.reduce((sum, { quantity }) => sum + quantity, 0);
}

/**
 * What a sink answered, whatever it is, as losses of the spans that it was given at most. Anything but a receipt means that nothing is
 * lost; ids that are not those of so many of the spans say nothing.
 */
export function readReceipt(answer: unknown, given: readonly string[]): readonly SinkLoss[] {
  const { losses } = Object(answer) as { losses?: unknown };
  if (!Array.isArray(losses)) return [];
  let left = given.length;
  const unnamed = new Set<unknown>(given);
  return (losses as SinkLoss[]).map(({ reason, quantity, spanIds }) => {
    const lost = Math.min(left, Math.max(0, Math.trunc(quantity) || 0));
    left -= lost;
    const known = DROP_REASONS.includes(reason) ? reason : 'rejected';
    const isExact = Array.isArray(spanIds) && spanIds.length === lost && spanIds.every((spanId) => unnamed.delete(spanId));
    return { reason: known, quantity: lost, ...(isExact && { spanIds }) };
  });
}

/** Spans that were handed to the sinks together. Their account is that of the sink that took most of them. */
export class SinkBatch {
  readonly spanIds: readonly string[];
  /** Charged to the budget until each sink has answered. */
  readonly bytes: number;
  /** Resolves when each sink has answered. */
  readonly answered: Promise<void>;
  /** Who has not answered. */
  readonly waiting: Set<Sink>;
  #losses: readonly SinkLoss[];
  #lost = Infinity;
  #resolve: (() => void) | undefined;

  constructor(spanIds: readonly string[], bytes: number, sinks: readonly Sink[]) {
    this.spanIds = spanIds;
    this.bytes = bytes;
    this.waiting = new Set(sinks);
    this.#losses = allLost('rejected', spanIds.length);
    this.answered = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** What nobody delivered. */
  get losses(): readonly SinkLoss[] {
    return this.#losses;
  }

  /** One sink's answer; true with the last one. */
  answer(sink: Sink, losses: readonly SinkLoss[]): boolean {
    if (!this.waiting.delete(sink)) return false;
    const lost = countLost(losses);
    if (lost < this.#lost) {
      this.#lost = lost;
      this.#losses = losses;
    }
    if (this.waiting.size > 0) return false;
    this.#resolve?.();
    return true;
  }
}
