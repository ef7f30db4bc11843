import type { Batch } from '../wire/batch.ts';
import { idHalf } from '../span/ids.ts';
import type { Segment } from '../span/segment.ts';
import type { TransactionTree } from './transaction-tree.ts';

/** What turns transactions into envelopes: one object per client. */
export interface TransactionEnvelope {
  wallClockMs(): number;
  /** The `trace` header as JSON; freezes the context (R26). */
  traceHeader(segment: Segment): string;
  /** What each header says behind that, as JSON. */
  readonly constant: string;
  /** Nobody reads any more what was encoded. */
  recycle(output: Uint8Array<ArrayBuffer>): void;
}

/** One transaction on its way out. It cannot be divided: a server that finds it too large gets none of it. */
export class TransactionBatch implements Batch {
  readonly category = 'transaction';
  readonly spanCount: number;
  readonly retainedBytes: number;
  readonly #tree: TransactionTree;
  readonly #spanIds: readonly string[];
  readonly #eventId: string;
  readonly #envelope: TransactionEnvelope;
  /** What the last `encode` made. */
  #output: Uint8Array<ArrayBuffer> | undefined = undefined;

  constructor(tree: TransactionTree, eventId: string, envelope: TransactionEnvelope) {
    this.#tree = tree;
    this.#spanIds = tree.spanIds;
    this.spanCount = this.#spanIds.length;
    this.retainedBytes = tree.retainedBytes;
    this.#eventId = eventId;
    this.#envelope = envelope;
  }

  get traceId(): string {
    return this.#tree.segment.trace.traceId;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const { wallClockMs, traceHeader, constant } = this.#envelope;
    const sentAt = new Date(wallClockMs()).toISOString();
    const header = `{"event_id":"${this.#eventId}","sent_at":"${sentAt}","trace":${traceHeader(this.#tree.segment)}${constant}}`;
    return (this.#output = this.#tree.encode(`${header}\n{"type":"transaction"}\n{"event_id":"${this.#eventId}",`));
  }

  halve(): undefined {
    return undefined;
  }

  forEachSpanId(callback: (high: number, low: number) => void): void {
    for (const id of this.#spanIds) callback(idHalf(id, 0), idHalf(id, 1));
  }

  hasSpan(spanId: string): boolean {
    return this.#spanIds.includes(spanId);
  }

  dispose(wasAccepted: boolean): void {
    this.#tree.dispose();
    if (wasAccepted && this.#output !== undefined) this.#envelope.recycle(this.#output);
    this.#output = undefined;
  }
}
