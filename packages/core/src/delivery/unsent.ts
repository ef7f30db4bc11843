import type { Batch } from '../wire/batch.ts';
import type { BatchQueue } from './batch-queue.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushGate } from './flush-gate.ts';
import type { Ledger } from './ledger.ts';

interface Entry {
  readonly batch: Batch;
  readonly epoch: number;
}

/** What the account of unsent batches needs of the delivery. */
export interface UnsentOptions {
  readonly ledger: Ledger;
  readonly gate: FlushGate;
  readonly queue: BatchQueue;
  /** Lets go of a batch. */
  leave(entry: Entry): void;
}

/** What was taken out of the delivery because its process or page ends; in flight until it is settled by one of the methods. */
export class Unsent {
  readonly #options: UnsentOptions;
  #entries = new Map<Batch, Entry>();

  constructor(options: UnsentOptions) {
    this.#options = options;
  }

  /** All that is not settled, in the order in which it came. */
  get batches(): Batch[] {
    return [...this.#entries.keys()];
  }

  add(entry: Entry): void {
    this.#entries.set(entry.batch, entry);
  }

  /** Puts the same spans into other batches. */
  regroup(regroup: (batches: Batch[]) => Batch[]): void {
    const { gate } = this.#options;
    const before = this.#entries;
    const oldest = Math.min(...Array.from(before.values(), ({ epoch }) => epoch));
    const after = regroup([...before.keys()]);
    this.#entries = new Map(after.map((batch) => [batch, { batch, epoch: gate.enter(oldest) }]));
    for (const { epoch } of before.values()) gate.leave(epoch);
  }

  /** These were delivered. */
  delivered(batches: readonly Batch[]): void {
    for (const batch of batches) this.#settle(batch, () => this.#options.ledger.batchDelivered(batch));
  }

  /** These are lost. */
  failed(batches: readonly Batch[], reason: DropReason = 'shutdown'): void {
    for (const batch of batches) this.#settle(batch, () => this.#options.ledger.batchDropped(batch, reason));
  }

  /** This one lies in the page's storage now. Its spans stay in flight until somebody takes them from there. */
  stored(batch: Batch): void {
    this.#settle(batch, () => undefined);
  }

  /** These go back into the queue, to its head and in this order. */
  requeue(batches: readonly Batch[]): void {
    for (const batch of [...batches].reverse()) {
      const entry = this.#entries.get(batch);
      if (entry === undefined) continue;
      this.#options.queue.unshift({ ...entry, isHalf: false });
      this.#entries.delete(batch);
      this.#options.ledger.batchRequeued(batch);
    }
  }

  #settle(batch: Batch, account: () => void): void {
    const entry = this.#entries.get(batch);
    if (entry === undefined) return;
    this.#entries.delete(batch);
    account();
    this.#options.leave(entry);
  }
}
