import { type Batch, type Client, urgentFirst } from '@spanstream/core';
import { ALLOWANCE_BYTES, type PageTransport } from './fetch-transport.ts';
import type { StoredBatch } from './stored-batch.ts';
import { UnsentDrain } from './unsent-drain.ts';
import { createUnsentStore, type UnsentStore } from './unsent-store.ts';

/** Where less may still leave, no envelope is made to fit it. */
const MIN_ENVELOPE_BYTES = ALLOWANCE_BYTES / 4;
const SINK_TIMEOUT_MS = 1000;

/** What the end of a page asks of delivery. */
export interface PageFlush {
  /** Sends what fits and stores the rest. @param isGone the page may never run again */
  leave(isGone: boolean): void;
  /** The page runs, or runs again. */
  resume(): void;
  stop(): void;
}

/** Sends everything within what a browser takes from a page that goes away; stores the rest for the origin's next page (R32). */
export function createPageFlush(client: Client): PageFlush {
  // A transport of the application's own may go anywhere: nobody else may send in its place, now or later.
  if (client.options.transport !== undefined || client.parts.delivery === undefined) {
    return { leave: () => void client.flush(), resume: () => undefined, stop: () => undefined };
  }
  return new StoringFlush(client, client.parts.delivery);
}

type Delivery = NonNullable<Client['parts']['delivery']>;

class StoringFlush implements PageFlush {
  readonly #client: Client;
  readonly #delivery: Delivery;
  readonly #store: UnsentStore;
  readonly #drain: UnsentDrain;
  #isAway = false;
  #isGone = false;
  #hasRoom = true;

  constructor(client: Client, delivery: Delivery) {
    const { platform } = client.parts;
    this.#client = client;
    this.#delivery = delivery;
    this.#store = createUnsentStore(
      delivery.url,
      () => localStorage,
      () => platform.wallClockMs(),
    );
    this.#drain = new UnsentDrain(client, delivery, this.#store);
    // What fails while the page is away may never get the timer of its next attempt.
    delivery.onStalled = () => {
      if (!this.#isAway || !(this.#isGone || this.#hasRoom)) return;
      this.#keep(delivery.takeUnsent());
      this.#storeReport();
    };
  }

  leave(isGone: boolean): void {
    const { lifecycle, sinks } = this.#client.parts;
    const transport = this.#delivery.transport as PageTransport;
    this.#isAway = true;
    // In Chromium `visibilitychange` follows `pagehide`.
    this.#isGone ||= isGone;
    transport.isGone = this.#isGone;
    this.#drain.stop();
    lifecycle.flush();
    void sinks?.flush(SINK_TIMEOUT_MS);
    transport.isLeaving = true;
    try {
      this.#sendWhatFits(transport);
      this.#keep(this.#delivery.takeUnsent());
      // Behind what it reports (R30).
      if (this.#canSend) void this.#delivery.sendReport();
      this.#storeReport();
    } finally {
      transport.isLeaving = false;
    }
    if (!this.#isGone) this.#drain.schedule();
  }

  resume(): void {
    this.#isAway = false;
    this.#isGone = false;
    (this.#delivery.transport as PageTransport).isGone = false;
    this.#drain.schedule();
  }

  stop(): void {
    this.#isAway = false;
    this.#drain.stop();
  }

  /** A page that goes away will not see the answer, so it sends only where the last one was good, or there was none yet. */
  get #canSend(): boolean {
    return !this.#delivery.isFailing && navigator.onLine !== false;
  }

  #sendWhatFits(transport: PageTransport): void {
    this.#delivery.takeUnsent();
    const { unsent } = this.#delivery;
    let { bytes, requests } = transport.room;
    const firstBytes = requests > 0 && bytes > MIN_ENVELOPE_BYTES ? bytes : ALLOWANCE_BYTES;
    unsent.regroup((batches) => urgentFirst(batches, ALLOWANCE_BYTES, firstBytes));
    if (!this.#canSend) return;
    const fitting = unsent.batches.filter((batch) => {
      // Encoding costs: what is far too long is not measured exactly.
      if (requests === 0 || batch.retainedBytes > bytes * 2) return false;
      const body = this.#encode(batch) ?? '';
      const { length } = typeof body === 'string' ? new TextEncoder().encode(body) : body;
      if (length > bytes) return false;
      bytes -= length;
      requests--;
      return true;
    });
    this.#delivery.giveBack(fitting);
  }

  #keep(batches: readonly Batch[]): void {
    const { unsent } = this.#delivery;
    const envelopes = batches.flatMap((batch: Batch & Partial<StoredBatch>) => {
      const body = this.#encode(batch, true);
      if (body === undefined) return [];
      const { spanCount, atMs } = batch;
      return [{ batch, spanCount, atMs, text: typeof body === 'string' ? body : new TextDecoder().decode(body) }];
    });
    const ids = envelopes.length === 0 ? [] : this.#store.put(envelopes);
    const rest: Batch[] = [];
    for (const [index, { batch }] of envelopes.entries()) {
      const id = ids[index];
      this.#hasRoom = id !== undefined;
      if (id === undefined) {
        rest.push(batch);
      } else {
        this.#drain.own.set(id, batch.spanCount);
        unsent.stored(batch);
      }
    }
    if (rest.length === 0) return;
    this.#client.parts.diagnostics.debug('storage', 'Spans could neither be sent nor stored.');
    if (this.#isGone) unsent.failed(rest, 'storage');
    else this.#delivery.giveBack(rest);
  }

  #encode(batch: Batch, isShort?: boolean): Uint8Array<ArrayBuffer> | string | undefined {
    try {
      return batch.encode(isShort);
    } catch (error) {
      this.#client.parts.diagnostics.fault('Writing an envelope', error);
      this.#delivery.unsent.failed([batch], 'rejected');
      return undefined;
    }
  }

  #storeReport(): void {
    const { clientReports } = this.#client.parts;
    const report = clientReports.take();
    if (report !== undefined && this.#store.put([{ text: report.text, spanCount: 0 }])[0] === undefined) clientReports.restore(report);
  }
}
