import type { Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { Batch } from '../wire/batch.ts';
import type { ClientReports } from './client-reports.ts';
import { type DropReason, noDrops } from './drop-reason.ts';
import { OutcomeLog, type Explanation } from './outcome-log.ts';
import type { SinkLoss } from './sink.ts';

/** What `client.on('outcome')` hears: the fate of one span, or of a batch of one trace. */
export interface Outcome {
  readonly state: 'delivered' | 'dropped';
  readonly reason?: DropReason;
  readonly quantity: number;
  readonly traceId?: string;
  readonly spanId?: string;
}

/** `client.stats()`: `started = open + buffered + inFlight + delivered + Σ dropped` at every instant. */
export interface Stats {
  readonly started: number;
  readonly open: number;
  readonly buffered: number;
  readonly inFlight: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Values cut or left out by a limit (R6, R18); outside the balance. */
  readonly truncated: number;
  /** Verdicts of `filterSegment` that came too late (R20); outside the balance. */
  readonly lateVerdicts: number;
}

/** What the ledger needs and whom it tells. */
export interface LedgerOptions {
  readonly platform: Pick<Platform, 'wallClockMs'>;
  /** Hears of each loss once. */
  readonly clientReports: Pick<ClientReports, 'record'>;
  /** Hears what an outcome listener threw. */
  readonly diagnostics: Pick<Diagnostics, 'fault'>;
}

/** The spans a loss is about: their batch, their ids, or one id. */
export type LostSpans = Batch | readonly string[] | string;

/** Counts where every span is. Each method moves spans between two places, so the sum cannot go wrong (R30). */
export class Ledger {
  started = 0;
  open = 0;
  buffered = 0;
  inFlight = 0;
  delivered = 0;
  truncated = 0;
  lateVerdicts = 0;
  readonly dropped: Record<DropReason, number> = noDrops();
  readonly #options: LedgerOptions;
  readonly #log = new OutcomeLog();
  #listeners: readonly ((outcome: Outcome) => void)[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** A recording span began. */
  spanStarted(): void {
    this.started++;
    this.open++;
  }

  /** A span was asked for and not recorded: started and dropped at once. */
  spanRefused(reason: DropReason, spanId?: string): void {
    this.started++;
    this.#lost(reason, 1, spanId);
  }

  /** The id of a span that was refused, and counted then, has become known: from now on somebody may ask about it. */
  noteRefused(spanId: string, reason: DropReason): void {
    this.#log.addId(spanId, reason, this.#options.platform.wallClockMs());
  }

  /** An open span ended and waits to be sent. */
  spanBuffered(): void {
    this.open--;
    this.buffered++;
  }

  /** An open span ended and was not kept. */
  openDropped(reason: DropReason, spanId?: string): void {
    this.open--;
    this.#lost(reason, 1, spanId);
  }

  /** Spans that waited are given up; `which` lets `explain` and listeners name them. */
  bufferedDropped(reason: DropReason, quantity: number, which?: LostSpans): void {
    this.buffered -= quantity;
    this.#lost(reason, quantity, which);
  }

  /** Spans that another page started and could not send wait here now. */
  batchAdopted(batch: Batch): void {
    this.started += batch.spanCount;
    this.buffered += batch.spanCount;
  }

  /** The batch left the buffer for the transport. */
  batchSending(batch: Batch): void {
    this.buffered -= batch.spanCount;
    this.inFlight += batch.spanCount;
  }

  /** The batch came back, to be sent later. */
  batchRequeued(batch: Batch): void {
    this.inFlight -= batch.spanCount;
    this.buffered += batch.spanCount;
  }

  /** The backend accepted a batch that was in flight. */
  batchDelivered(batch: Batch): void {
    this.inFlight -= batch.spanCount;
    this.delivered += batch.spanCount;
    const atMs = this.#options.platform.wallClockMs();
    batch.forEachSpanId((high, low) => this.#log.add(high, low, undefined, atMs));
    this.#emit({ state: 'delivered', quantity: batch.spanCount, traceId: batch.traceId });
  }

  /** Spans left the buffer for the sinks. */
  spansSending(quantity: number): void {
    this.buffered -= quantity;
    this.inFlight += quantity;
  }

  /** What became of spans that the sinks had: which of them were lost is not always known. */
  spansAnswered(spanIds: readonly string[], losses: readonly SinkLoss[]): void {
    let delivered = spanIds.length;
    this.inFlight -= delivered;
    const named: string[] = [];
    for (const { reason, quantity, spanIds: which = quantity === spanIds.length ? spanIds : [] } of losses) {
      delivered -= quantity;
      named.push(...which);
      this.#lost(reason, quantity, which);
    }
    if (delivered === 0) return;
    this.delivered += delivered;
    const atMs = this.#options.platform.wallClockMs();
    if (named.length + delivered === spanIds.length)
      for (const spanId of spanIds) if (!named.includes(spanId)) this.#log.addId(spanId, undefined, atMs);
    this.#emit({ state: 'delivered', quantity: delivered, ...(spanIds.length === 1 && { spanId: spanIds[0]! }) });
  }

  /** A batch that was in flight is given up. */
  batchDropped(batch: Batch, reason: DropReason): void {
    this.inFlight -= batch.spanCount;
    this.#lost(reason, batch.spanCount, batch);
  }

  /** Static lifecycle: adds a transaction to the client report whose spans are counted by the calls above. */
  transactionLost(reason: DropReason): void {
    this.#options.clientReports.record(reason, 'transaction', 1);
  }

  /** Calls back with each outcome; returns the unsubscribe function. */
  on(_event: 'outcome', listener: (outcome: Outcome) => void): () => void {
    // A wrapper, so that one function subscribed twice is called twice and unsubscribed once.
    const subscription = (outcome: Outcome): void => listener(outcome);
    this.#listeners = [...this.#listeners, subscription];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== subscription);
    };
  }

  /** What became of a span that is neither open nor waiting, if it is among the last 4,096. */
  explainEnded(spanId: string): Explanation | undefined {
    return this.#log.find(spanId);
  }

  /** A copy of all counters. */
  stats(): Stats {
    const { started, open, buffered, inFlight, delivered, truncated, lateVerdicts } = this;
    return { started, open, buffered, inFlight, delivered, dropped: { ...this.dropped }, truncated, lateVerdicts };
  }

  #lost(reason: DropReason, quantity: number, which?: LostSpans): void {
    if (quantity === 0) return;
    this.dropped[reason] += quantity;
    this.#options.clientReports.record(reason, 'span', quantity);
    // Each unsampled span comes by here.
    if (which === undefined && this.#listeners.length === 0) return;
    const atMs = this.#options.platform.wallClockMs();
    let facts: { spanId: string } | { traceId: string } | undefined;
    if (typeof which === 'object' && 'forEachSpanId' in which) {
      // A lost transaction counts once as a transaction and with each of its spans (wire.md, losses).
      if (which.category === 'transaction') this.transactionLost(reason);
      which.forEachSpanId((high, low) => this.#log.add(high, low, reason, atMs));
      facts = { traceId: which.traceId };
    } else {
      const spanIds = typeof which === 'string' ? [which] : (which ?? []);
      for (const spanId of spanIds) this.#log.addId(spanId, reason, atMs);
      facts = spanIds.length === 1 ? { spanId: spanIds[0]! } : undefined;
    }
    this.#emit({ state: 'dropped', reason, quantity, ...facts });
  }

  #emit(outcome: Outcome): void {
    for (const listener of this.#listeners) {
      try {
        listener(outcome);
      } catch (error) {
        this.#options.diagnostics.fault('An outcome listener', error);
      }
    }
  }
}
