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

/** What a sink answered, whatever it is, as losses of so many spans at most. Anything but a receipt means that nothing is lost. */
export function readReceipt(answer: unknown, spanCount: number): readonly SinkLoss[] {
  const given: unknown = typeof answer === 'object' && answer !== null && 'losses' in answer ? answer.losses : undefined;
  if (!Array.isArray(given)) return [];
  const losses: SinkLoss[] = [];
  let left = spanCount;
  for (const { reason, quantity, spanIds } of given as Partial<SinkLoss>[]) {
    const lost = Math.min(left, Math.max(0, Math.floor(Number(quantity)) || 0));
    if (lost === 0) continue;
    left -= lost;
    const known = DROP_REASONS.find((each) => each === reason) ?? 'rejected';
    losses.push({ reason: known, quantity: lost, ...(Array.isArray(spanIds) && spanIds.length === lost && { spanIds }) });
  }
  return losses;
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
