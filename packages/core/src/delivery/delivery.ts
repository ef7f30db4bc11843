import { describeError } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { Batch } from '../wire/batch.ts';
import { BatchQueue, type QueuedBatch } from './batch-queue.ts';
import type { ByteBudget } from './budget.ts';
import type { ClientReports } from './client-reports.ts';
import { Courier } from './courier.ts';
import type { DeliveryDiagnostics } from './delivery-diagnostics.ts';
import type { DropReason } from './drop-reason.ts';
import { FlushGate } from './flush-gate.ts';
import type { Ledger } from './ledger.ts';
import { ReportSender } from './report-sender.ts';
import { Shipment } from './shipment.ts';
import type { Transport } from './transport.ts';
import { Unsent } from './unsent.ts';
import { within } from './within.ts';

/** Enough for 500 traces a second, an envelope each, at a round trip of 100 ms. */
const DEFAULT_CONCURRENCY = 64;
/** Text encoded in one turn of the event loop: about a millisecond of work … */
const MIN_TURN_BYTES = 256 * 1024;
/** … and so much of what the SDK holds, so that a burst leaves as fast as it comes (R10). */
const TURN_SHARE = 1 / 8;

/** What a delivery is made of. */
export interface DeliveryOptions {
  readonly platform: Platform;
  readonly transport: Transport;
  /** The envelope endpoint or the tunnel. */
  readonly url: string;
  /** Sent with each envelope: content type and, on Node, the credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly clientReports: ClientReports;
  readonly budget: ByteBudget;
  readonly diagnostics: DeliveryDiagnostics;
}

/** Brings batches to the backend and accounts for each: queue, drain, hand-over (R16, R17, R19, R29, R30). */
export class Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #options: DeliveryOptions;
  readonly #queue: BatchQueue;
  readonly #gate = new FlushGate();
  readonly #courier: Courier;
  readonly #reports: ReportSender;
  /** What `takeUnsent` took. */
  readonly unsent: Unsent;
  /** Pages: hears at once that something waits for another attempt, or a report for another time: timers may never fire again. */
  onStalled: (() => void) | undefined;
  #pumpTimer: unknown;
  #closing: Promise<boolean> | undefined;

  constructor(options: DeliveryOptions) {
    const { platform, clientReports, diagnostics } = options;
    this.url = options.url;
    this.headers = options.headers;
    this.#options = options;
    this.#queue = new BatchQueue(options.budget);
    const courier = new Courier({
      ...options,
      onResult: (shipment, status) => this.#settle(shipment, status),
      onRoom: () => {
        this.onStalled?.();
        this.#schedulePump();
      },
    });
    this.#courier = courier;
    this.unsent = new Unsent({ ...options, gate: this.#gate, queue: this.#queue, leave: (entry) => this.#leave(entry) });
    this.#reports = new ReportSender({
      platform,
      clientReports,
      tryStart: (isOfFlush) => !courier.isLimited('client_report') && (courier.tryStart() || isOfFlush),
      post: (text) => courier.post(text),
      onFailure: (error) => {
        // No news where envelopes get no answer either, so it has their reason: one line for both.
        diagnostics.debug('network', `A client report could not be sent: ${describeError(error)}`);
        this.onStalled?.();
      },
    });
  }

  /** Whether nothing waits, is in flight or in retry. */
  get isIdle(): boolean {
    return this.#gate.isEmpty;
  }

  /** Whether the backend has asked to pause this category. */
  isLimited(category: string): boolean {
    return this.#courier.isLimited(category);
  }

  /** Takes a batch whose spans are `buffered` and whose `retainedBytes` the caller reserved; delivery releases them. */
  enqueue(batch: Batch): void {
    if (this.#closing !== undefined) {
      this.#options.ledger.bufferedDropped('closed', batch.spanCount, batch);
      this.#options.budget.release(batch.retainedBytes);
      batch.dispose?.(false);
      return;
    }
    this.#queue.push({ batch, epoch: this.#gate.enter(), isHalf: false });
    // Encoding waits for a turn of its own: the caller may be in the middle of `span.end()`.
    this.#schedulePump();
  }

  /** Where a span is that waits here. */
  stateOf(spanId: string): 'buffered' | 'in_flight' | undefined {
    for (const shipment of this.#courier.shipments) if (shipment.batch.hasSpan(spanId)) return 'in_flight';
    return this.#queue.some((batch) => batch.hasSpan(spanId)) ? 'buffered' : undefined;
  }

  /** Sends what waits, without waiting for anything but backoff; true when all of it got its answer in time. */
  flush(timeoutMs: number): Promise<boolean> {
    return within(this.#options.platform, timeoutMs, async (late) => {
      this.#pump();
      const isDrained = await Promise.race([this.#gate.whenDrained().then(() => true), late]);
      if (isDrained) await Promise.race([this.#reports.send(true), late]);
      return isDrained;
    });
  }

  /** Flushes, gives up the rest as `shutdown`, releases connections and timers. Later batches count as `closed`. */
  close(timeoutMs: number): Promise<boolean> {
    this.#closing ??= this.flush(timeoutMs).then((isDrained) => {
      this.#giveUpAll();
      this.#stop();
      return isDrained;
    });
    return this.#closing;
  }

  /** What the platform's transport can do beside sending is the platform's business. */
  get transport(): Transport {
    return this.#options.transport;
  }

  /** Whether the last attempt failed and nothing came through since. */
  get isFailing(): boolean {
    return this.#courier.isFailing;
  }

  /** Sends a client report, if there is something to report and the backend takes it. */
  sendReport(): Promise<void> {
    return this.#reports.send();
  }

  /** The end of a process or page: takes out what is neither delivered nor safely under way, for `unsent` to settle. */
  takeUnsent(): Batch[] {
    // Firefox cuts the script of a closing tab off anywhere: each has its new place before it loses the old one, and another call goes on.
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) {
      if (this.#courier.isLimited(next.batch.category)) this.#dropQueued(next, 'rate_limited');
      else {
        this.unsent.add(next);
        this.#options.ledger.batchSending(next.batch);
      }
    }
    for (const shipment of [...this.#courier.shipments]) {
      if (this.#courier.isSafe(shipment)) continue;
      this.unsent.add(shipment);
      this.#courier.abandon(shipment);
    }
    return this.unsent.batches;
  }

  /** Page exit: these are sent after all, next and in this order. */
  giveBack(batches: readonly Batch[]): void {
    this.unsent.requeue(batches);
    this.#pump();
  }

  /** Takes over what lay in storage: its own, or what another page left there. */
  adopt(batch: Batch, isOwn: boolean): void {
    if (isOwn) this.#options.ledger.batchRequeued(batch);
    else this.#options.ledger.batchAdopted(batch);
    this.#options.budget.reserve(batch.retainedBytes);
    this.enqueue(batch);
  }

  #schedulePump(): void {
    if (this.#pumpTimer !== undefined || this.#queue.size === 0) return;
    this.#pumpTimer = this.#options.platform.setTimer(() => this.#pump(), 0);
  }

  /** Starts what may start: limits, slots, bytes in flight and the breaker decide. */
  #pump(): void {
    this.#cancelPump();
    const { budget, transport } = this.#options;
    const concurrency = transport.maxConcurrency ?? DEFAULT_CONCURRENCY;
    const enoughBytes = budget.inFlight + MIN_TURN_BYTES + budget.retained * TURN_SHARE;
    for (let batch = this.#queue.peek(); batch !== undefined; batch = this.#queue.peek()) {
      if (this.#courier.isLimited(batch.category)) {
        this.#dropQueued(this.#queue.shift()!, 'rate_limited');
        continue;
      }
      if (this.#courier.shipments.size >= concurrency) return;
      if (budget.inFlight > 0 && budget.inFlight + batch.retainedBytes > budget.maxInFlightBytes) return;
      if (budget.inFlight >= enoughBytes) return this.#schedulePump();
      if (!this.#courier.tryStart()) return;
      this.#courier.start(this.#createShipment(this.#takeNext()!));
    }
  }

  /** Takes the entry at the head out of the queue; of one that has become too long the first part that fits (R14). */
  #takeNext(): QueuedBatch | undefined {
    let entry = this.#queue.shift();
    while (entry?.batch.isTooLong?.() === true) {
      const halves = entry.batch.halve();
      if (halves === undefined) break;
      const { epoch, isHalf } = entry;
      this.#queue.unshift({ batch: halves[1], epoch: this.#gate.enter(epoch), isHalf });
      entry = { batch: halves[0], epoch, isHalf };
    }
    return entry;
  }

  #cancelPump(): void {
    this.#options.platform.clearTimer(this.#pumpTimer);
    this.#pumpTimer = undefined;
  }

  #createShipment(entry: QueuedBatch): Shipment {
    this.#options.ledger.batchSending(entry.batch);
    return new Shipment(entry, this.#courier);
  }

  #dropQueued(entry: QueuedBatch, reason: DropReason): void {
    this.#options.ledger.bufferedDropped(reason, entry.batch.spanCount, entry.batch);
    this.#leave(entry);
  }

  /** Accounts for the final answer; 0 when there was none. */
  #settle(shipment: Shipment, status: number): void {
    const { ledger, diagnostics } = this.#options;
    const wasAccepted = shipment.verdict === undefined && status >= 200 && status < 300;
    if (wasAccepted) {
      ledger.batchDelivered(shipment.batch);
    } else if (status !== 413 || !this.#halve(shipment)) {
      ledger.batchDropped(shipment.batch, shipment.verdict ?? reasonFor(status));
      if (status > 0) diagnostics.debug('rejected', `The backend answered ${status} to an envelope with ${shipment.batch.spanCount} spans`);
    }
    this.#leave(shipment, wasAccepted);
    this.#pump();
  }

  /** After a 413: both halves go next, once. */
  #halve(shipment: Shipment): boolean {
    const halves = shipment.isHalf ? undefined : shipment.batch.halve();
    if (halves === undefined) return false;
    this.#options.ledger.batchRequeued(shipment.batch);
    for (const batch of halves.reverse()) {
      this.#options.budget.reserve(batch.retainedBytes);
      this.#queue.unshift({ batch, epoch: this.#gate.enter(shipment.epoch), isHalf: true });
    }
    return true;
  }

  #leave(entry: { readonly batch: Batch; readonly epoch: number }, wasAccepted = false): void {
    this.#options.budget.release(entry.batch.retainedBytes);
    entry.batch.dispose?.(wasAccepted);
    this.#gate.leave(entry.epoch);
  }

  #giveUpAll(): void {
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) this.#dropQueued(entry, 'shutdown');
    for (const shipment of [...this.#courier.shipments]) {
      this.#courier.abandon(shipment);
      this.#options.ledger.batchDropped(shipment.batch, 'shutdown');
      this.#leave(shipment);
    }
  }

  #stop(): void {
    this.#reports.stop();
    this.#courier.stop();
    this.#cancelPump();
    try {
      this.#options.transport.close?.();
    } catch (error) {
      this.#options.diagnostics.debug('transport', `The transport failed to close: ${describeError(error)}`);
    }
  }
}

function reasonFor(status: number): DropReason {
  if (status === 0) return 'network';
  return status === 429 ? 'throttled' : 'rejected';
}
