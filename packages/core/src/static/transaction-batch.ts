import type { Batch } from '../delivery/batch.ts';
import type { Segment } from '../span/segment.ts';

/** What turns transactions into envelopes: one object per client. */
export interface TransactionEnvelope {
  wallClockMs(): number;
  /** The `trace` header as JSON; freezes the context (R26). */
  traceHeader(segment: Segment): string;
  readonly sdk: { readonly name: string; readonly version: string };
  /** Only with a tunnel. */
  readonly dsn: string | undefined;
}

/** A transaction that is complete. */
export interface Transaction {
  readonly eventId: string;
  readonly segment: Segment;
  /** Of all its spans, the top one last. */
  readonly spanIds: readonly string[];
  /** The payload's members up to the list of spans. */
  readonly head: string;
  readonly children: readonly string[];
  readonly retainedBytes: number;
}

/** One transaction on its way out. It cannot be divided: a server that finds it too large gets none of it. */
export class TransactionBatch implements Batch {
  readonly category = 'transaction';
  readonly retainedBytes: number;
  readonly #transaction: Transaction;
  readonly #envelope: TransactionEnvelope;

  constructor(transaction: Transaction, envelope: TransactionEnvelope) {
    this.#transaction = transaction;
    this.#envelope = envelope;
    this.retainedBytes = transaction.retainedBytes;
  }

  get traceId(): string {
    return this.#transaction.segment.trace.traceId;
  }

  get spanCount(): number {
    return this.#transaction.spanIds.length;
  }

  encode(): string {
    const { eventId, segment, head, children } = this.#transaction;
    const { sdk, dsn, wallClockMs, traceHeader } = this.#envelope;
    const sentAt = new Date(wallClockMs()).toISOString();
    const header = `{"event_id":"${eventId}","sent_at":"${sentAt}","trace":${traceHeader(segment)},"sdk":${JSON.stringify(sdk)}${dsn === undefined ? '' : `,"dsn":${JSON.stringify(dsn)}`}}`;
    return `${header}\n{"type":"transaction"}\n{"event_id":"${eventId}",${head},"spans":[${children.join()}]}\n`;
  }

  halve(): undefined {
    return undefined;
  }

  forEachSpanId(callback: (high: number, low: number) => void): void {
    for (const id of this.#transaction.spanIds) callback(parseInt(id.slice(0, 8), 16), parseInt(id.slice(8), 16));
  }

  hasSpan(spanId: string): boolean {
    return this.#transaction.spanIds.includes(spanId);
  }
}
