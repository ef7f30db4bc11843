import { type Batch, type Client, urgentFirst } from '@spanstream/core';
import { ALLOWANCE_BYTES, type PageTransport } from './fetch-transport.ts';
import type { StoredBatch } from './stored-batch.ts';
import { UnsentDrain } from './unsent-drain.ts';
import { createUnsentStore, type UnsentEnvelope, type UnsentStore } from './unsent-store.ts';

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
  #isOpen = false;
  /** Firefox cuts the script of a closing tab off anywhere, once, and goes on with its next event: the batch may lie in storage, or not. */
  #finishWrite: (() => void) | undefined;

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
    (delivery.transport as PageTransport).onWait = () => this.#openStore();
    // What fails while the page is away may never get the timer of its next attempt.
    delivery.onStalled = () => {
      if (!this.#isAway) return this.#openStore();
      if (!(this.#isGone || this.#hasRoom)) return;
      this.#keep(delivery.takeUnsent(), (rest) => delivery.giveBack(rest));
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
    this.#finishWrite?.();
    lifecycle.flush();
    void sinks?.flush(SINK_TIMEOUT_MS);
    this.#sendWhatFits(transport);
    this.#keep(this.#delivery.takeUnsent(), (rest) => this.#giveAtOnce(rest));
    // Behind what it reports (R30).
    if (this.#canSend) this.#atOnce(() => void this.#delivery.sendReport());
    this.#storeReport();
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

  /** Firefox opens none in a tab that is closing: it has to be open before, where the page's end will need it. */
  #openStore(): void {
    if (!this.#isOpen) this.#store.measure();
    this.#isOpen = true;
  }

  /** A page that goes away will not see the answer, so it sends only where the last one was good, or there was none yet. */
  get #canSend(): boolean {
    return !this.#delivery.isFailing && navigator.onLine !== false;
  }

  #giveAtOnce(batches: readonly Batch[]): void {
    this.#atOnce(() => this.#delivery.giveBack(batches));
  }

  /** As short as can be: a script that is cut off undoes nothing. */
  #atOnce(send: () => void): void {
    const transport = this.#delivery.transport as PageTransport;
    transport.isLeaving = true;
    try {
      send();
    } finally {
      transport.isLeaving = false;
    }
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
    this.#giveAtOnce(fitting);
  }

  #keep(batches: readonly Batch[], give: (rest: Batch[]) => void): void {
    if (batches.length === 0) return;
    this.#store.measure();
    const rest = batches.filter((batch: Batch & Partial<StoredBatch>) => {
      const body = this.#encode(batch, true);
      if (body === undefined) return false;
      const envelope = this.#store.name(typeof body === 'string' ? body : new TextDecoder().decode(body), batch.spanCount, batch.atMs);
      this.#hasRoom = this.#write(envelope, batch);
      return !this.#hasRoom;
    });
    if (rest.length === 0) return;
    this.#client.parts.diagnostics.debug('storage', 'Spans could neither be sent nor stored.');
    if (this.#isGone) this.#delivery.unsent.failed(rest, 'storage');
    else give(rest);
  }

  #write(envelope: UnsentEnvelope, batch: Batch): boolean {
    this.#finishWrite = () => this.#write(envelope, batch);
    const isStored = this.#store.put(envelope);
    if (isStored) {
      this.#drain.own.set(envelope.id, batch.spanCount);
      this.#delivery.unsent.stored(batch);
    }
    this.#finishWrite = undefined;
    return isStored;
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
    if (report === undefined) return;
    this.#store.measure();
    if (!this.#store.put(this.#store.name(report.text, 0))) clientReports.restore(report);
  }
}
