import type { Client } from '@spanstream/core';
import { createStoredBatch } from './stored-batch.ts';
import type { UnsentStore } from './unsent-store.ts';

/** After a page load or a hiding; twice as long after each failure. */
const FIRST_DELAY_MS = 1000;
const LAST_DELAY_MS = 60_000;

type Delivery = NonNullable<Client['parts']['delivery']>;

/** Sends what pages left in storage. */
export interface UnsentDrain {
  /** Spans in storage that this client counts as in flight, by envelope. */
  readonly own: Map<string, number>;
  /** Soon, unless it is planned already. */
  schedule(): void;
  /** The page goes away: lets other pages go on. */
  pause(): void;
  stop(): void;
}

/**
 * One page of the origin at a time takes envelopes out of storage, one after the other, each out of storage before it is
 * sent: so that each leaves once, whatever number of tabs loads at once (R32). The lock is let go of when the page is left:
 * holding one keeps a page out of the bfcache.
 */
export function createUnsentDrain(client: Client, delivery: Delivery, store: UnsentStore): UnsentDrain {
  const { platform, ledger, diagnostics } = client.parts;
  const own = new Map<string, number>();
  let delayMs = FIRST_DELAY_MS;
  let timer: unknown;
  let isStopped = false;
  let leave: (() => void) | undefined;

  const schedule = (): void => {
    if (isStopped) return;
    timer ??= platform.setTimer(() => {
      timer = undefined;
      if (leave === undefined) run().catch((error: unknown) => diagnostics.fault('Sending what was stored', error));
    }, delayMs);
  };

  const run = async (): Promise<void> => {
    const ids = store.ids();
    for (const [id, spanCount] of own) if (!ids.includes(id)) handedOn(id, spanCount);
    if (ids.length === 0) return;
    const left = new Promise<false>((resolve) => (leave = () => resolve(false)));
    let isGoing = !delivery.isFailing;
    try {
      await exclusively(`spanstream.unsent ${delivery.url}`, async () => {
        for (const id of ids) if (isGoing) isGoing = await Promise.race([deliver(id), left]);
      });
    } finally {
      leave = undefined;
    }
    const isDone = store.ids().length === 0;
    delayMs = isDone ? FIRST_DELAY_MS : Math.min(LAST_DELAY_MS, delayMs * 2);
    if (!isDone) schedule();
  };

  /** Another page took it, and its client counts the spans now: here they have arrived. */
  const handedOn = (id: string, spanCount: number): void => {
    own.delete(id);
    ledger.batchDelivered(createStoredBatch('', spanCount, 0, () => undefined));
  };

  const deliver = (id: string): Promise<boolean> | boolean => {
    const stored = store.take(id);
    if (stored === undefined) return true;
    const { spanCount, text = '', atMs } = stored;
    const isOwn = own.delete(id);
    return new Promise((resolve) => {
      const batch = createStoredBatch(text, spanCount, atMs, resolve);
      if (text !== '') return delivery.adopt(batch, isOwn);
      if (isOwn) ledger.batchRequeued(batch);
      else ledger.batchAdopted(batch);
      ledger.bufferedDropped('storage', spanCount, batch);
      resolve(true);
    });
  };

  return {
    own,
    schedule,
    pause: () => leave?.(),
    stop: () => {
      isStopped = true;
      platform.clearTimer(timer);
      leave?.();
    },
  };
}

/** Without locks (a page that is not secure) two pages may take the same envelope if they do so within a few milliseconds. */
async function exclusively(name: string, action: () => Promise<void>): Promise<void> {
  if (navigator.locks === undefined) return action();
  await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock === null ? undefined : action()));
}
