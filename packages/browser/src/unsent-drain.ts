import type { Client } from '@spanstream/core';
import { createStoredBatch } from './stored-batch.ts';
import type { UnsentStore } from './unsent-store.ts';

/**
 * What one page takes out of storage, another sees a little later (each has a copy of its own, and one that was frozen an old
 * one). Whoever has the lock waits so long before it looks.
 */
const SETTLE_MS = 100;
/** After a page load or a hiding; twice as long after each failure. */
const FIRST_DELAY_MS = 1000;
const LAST_DELAY_MS = 60_000;

type Delivery = NonNullable<Client['parts']['delivery']>;

/**
 * Sends what pages left in storage. One page of the origin at a time takes envelopes out, one after the other, each out of
 * storage before it is sent: so that each leaves once, whatever number of tabs loads at once (R32). The lock is let go of
 * when the page is left: holding one keeps a page out of the bfcache.
 */
export class UnsentDrain {
  /** Spans in storage that this client counts as in flight, by envelope. */
  readonly own = new Map<string, number>();
  readonly #client: Client;
  readonly #delivery: Delivery;
  readonly #store: UnsentStore;
  #delayMs = FIRST_DELAY_MS;
  #timer: unknown;
  #isRunning = false;
  #isGoing = false;
  #release: ((isDelivered: false) => void) | undefined;

  constructor(client: Client, delivery: Delivery, store: UnsentStore) {
    this.#client = client;
    this.#delivery = delivery;
    this.#store = store;
  }

  /** Begins in a while. */
  schedule(): void {
    this.#wait(this.#delayMs, () => {
      if (!this.#isRunning) this.#run().catch((error: unknown) => this.#client.parts.diagnostics.fault('Sending what was stored', error));
    });
  }

  /** Lets other pages of the origin go on. */
  stop(): void {
    this.#isGoing = false;
    this.#client.parts.platform.clearTimer(this.#timer);
    this.#release?.(false);
    this.#release = undefined;
  }

  async #run(): Promise<void> {
    if (this.#look().length === 0) return;
    this.#isRunning = true;
    this.#isGoing = !this.#delivery.isFailing;
    const left = new Promise<false>((resolve) => (this.#release = resolve));
    try {
      await exclusively(`spanstream.unsent ${this.#delivery.url}`, async () => {
        await Promise.race([new Promise<void>((resolve) => this.#wait(SETTLE_MS, resolve)), left]);
        for (const id of this.#look()) if (this.#isGoing) this.#isGoing = await Promise.race([this.#deliver(id), left]);
      });
    } finally {
      this.#isRunning = false;
    }
    this.#delayMs = this.#isGoing ? FIRST_DELAY_MS : Math.min(LAST_DELAY_MS, this.#delayMs * 2);
    if (this.#release !== undefined && this.#look().length > 0) this.schedule();
  }

  /** What lies there. Of its own, what is gone another page took, whose client counts the spans now: here they have arrived. */
  #look(): string[] {
    const ids = this.#store.ids();
    for (const [id, spanCount] of this.own) {
      if (ids.includes(id)) continue;
      this.own.delete(id);
      this.#client.parts.ledger.batchDelivered(createStoredBatch('', spanCount, 0, () => undefined));
    }
    return ids;
  }

  #deliver(id: string): Promise<boolean> | boolean {
    const stored = this.#store.take(id);
    if (stored === undefined) return true;
    const { spanCount, text, atMs } = stored;
    const isOwn = this.own.delete(id);
    if (text !== undefined) {
      return new Promise((resolve) => this.#delivery.adopt(createStoredBatch(text, spanCount, atMs, resolve), isOwn));
    }
    const { ledger } = this.#client.parts;
    const batch = createStoredBatch('', spanCount, atMs, () => undefined);
    if (isOwn) ledger.batchRequeued(batch);
    else ledger.batchAdopted(batch);
    ledger.bufferedDropped('storage', spanCount, batch);
    return true;
  }

  #wait(ms: number, callback: () => void): void {
    const { platform } = this.#client.parts;
    platform.clearTimer(this.#timer);
    this.#timer = platform.setTimer(callback, ms);
  }
}

/** Without locks (a page that is not secure) two pages may take the same envelope if they do so within a few milliseconds. */
async function exclusively(name: string, action: () => Promise<void>): Promise<void> {
  if (navigator.locks === undefined) return action();
  await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock === null ? undefined : action()));
}
