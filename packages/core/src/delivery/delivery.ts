import type { Platform } from '../platform.ts';
import type { Batch } from './batch.ts';
import type { ByteBudget } from './budget.ts';
import type { ClientReports } from './client-reports.ts';
import type { Ledger } from './ledger.ts';
import type { Transport } from './transport.ts';

/** Where delivery says what it does; once per reason and minute is the receiver's business. */
export interface DeliveryDiagnostics {
  debug(reason: string, message: string): void;
  warn(reason: string, message: string): void;
}

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

/** Brings batches to the backend: queue, bounded concurrency, retries, limits, drain (R14–R19, R29, R30). */
export class Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: DeliveryOptions) {
    this.url = options.url;
    this.headers = options.headers;
  }

  /** Takes a batch whose spans are `buffered` and whose `retainedBytes` the caller reserved; delivery releases them. */
  enqueue(batch: Batch): void {
    void batch;
  }

  /** Where a span is that waits here. */
  stateOf(spanId: string): 'buffered' | 'in_flight' | undefined {
    void spanId;
    return undefined;
  }

  /** Whether anything waits, is in flight or in retry. */
  get isIdle(): boolean {
    return true;
  }

  /** Sends what waits, without waiting for anything but backoff; true when all of it got its answer in time. */
  async flush(timeoutMs: number): Promise<boolean> {
    void timeoutMs;
    return true;
  }

  /** Flushes, gives up the rest as `shutdown`, releases connections and timers. Later batches count as `closed`. */
  async close(timeoutMs: number): Promise<boolean> {
    return this.flush(timeoutMs);
  }

  /** Process exit: everything without an answer, to be handed over synchronously; settle it with one of the next two. */
  takeUnsent(): Batch[] {
    return [];
  }

  /** The synchronous hand-over delivered these. */
  exitDelivered(batches: readonly Batch[]): void {
    void batches;
  }

  /** The synchronous hand-over failed; these are lost as `shutdown`. */
  exitFailed(batches: readonly Batch[]): void {
    void batches;
  }
}
