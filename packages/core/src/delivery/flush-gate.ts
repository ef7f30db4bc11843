/**
 * Tells when everything accepted before an instant has its answer, whatever the order of the answers. Entries carry the
 * number of the flush they precede, so that a flush costs nothing per entry.
 */
export class FlushGate {
  #epoch = 0;
  /** Entries without an answer by epoch, oldest epoch first. */
  readonly #pending = new Map<number, number>();
  readonly #waiters: { readonly epoch: number; readonly resolve: () => void }[] = [];

  /** Whether nothing is pending. */
  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Counts an entry in and returns its epoch; the halves of an entry inherit theirs. */
  enter(epoch = this.#epoch): number {
    this.#pending.set(epoch, (this.#pending.get(epoch) ?? 0) + 1);
    return epoch;
  }

  /** Counts an entry out. */
  leave(epoch: number): void {
    const count = (this.#pending.get(epoch) ?? 0) - 1;
    if (count > 0) {
      this.#pending.set(epoch, count);
      return;
    }
    this.#pending.delete(epoch);
    const oldest = this.#oldest();
    while (this.#waiters[0] !== undefined && this.#waiters[0].epoch < oldest) this.#waiters.shift()?.resolve();
  }

  /** Resolves when all that entered before this call has left. */
  whenDrained(): Promise<void> {
    const epoch = this.#epoch;
    if (this.#oldest() > epoch) return Promise.resolve();
    this.#epoch++;
    return new Promise((resolve) => this.#waiters.push({ epoch, resolve }));
  }

  #oldest(): number {
    return this.#pending.keys().next().value ?? Number.POSITIVE_INFINITY;
  }
}
