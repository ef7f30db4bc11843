import type { Batch } from '../wire/batch.ts';
import type { QueuedBatch } from './batch-queue.ts';
import type { DropReason } from './drop-reason.ts';
import type { TransportRequest, TransportResponse } from './transport.ts';

type RetryOn = (attempt: number, error: unknown, response: TransportResponse | null) => boolean | Promise<boolean>;

/** Decides about another attempt. */
export interface RetryJudge {
  decideRetry(shipment: Shipment, attempt: number, error: unknown, response: TransportResponse | null): boolean | Promise<boolean>;
}

/** One batch between its first attempt and its answer. It is the `init` that fetch-retry passes on. */
export class Shipment {
  readonly batch: Batch;
  /** Which flushes wait for it. */
  readonly epoch: number;
  /** Half of a batch that got a 413: it is not halved again. */
  readonly isHalf: boolean;
  /** The name fetch-retry looks for. */
  readonly retryOn: RetryOn;
  /** Seconds since the first attempt, counted by the courier's watchdog. */
  ageSeconds = 0;
  /** The envelope that is in the transport now. */
  body: TransportRequest['body'] | undefined;
  /** Status of the last answer; 0 when the last attempt had none. */
  lastStatus = 0;
  /** An attempt failed. */
  hasFailed = false;
  /** Why it is given up, if that was decided before an answer came. */
  verdict: DropReason | undefined;
  /** It has its final answer or was abandoned; whatever still arrives is ignored. */
  isSettled = false;
  /** Ends the running attempt as a failure; set while one runs. */
  abort: ((error: Error) => void) | undefined;
  /** Ends the wait for the next attempt; set while it waits. */
  dismiss: ((again: boolean) => void) | undefined;

  #firstOutcome: Promise<TransportResponse> | undefined;
  #firstDecision: boolean | Promise<boolean> | undefined;

  constructor(entry: QueuedBatch, judge: RetryJudge) {
    this.batch = entry.batch;
    this.epoch = entry.epoch;
    this.isHalf = entry.isHalf;
    this.retryOn = (attempt, error, response) => {
      const decision = this.#firstDecision ?? judge.decideRetry(this, attempt, error, response);
      this.#firstDecision = undefined;
      return decision;
    };
  }

  /** Keeps what became of the first attempt, so that fetch-retry can go on from there. */
  setFirstOutcome(outcome: Promise<TransportResponse>, decision: boolean | Promise<boolean>): void {
    this.#firstOutcome = outcome;
    this.#firstDecision = decision;
  }

  /** Gives fetch-retry the first attempt's outcome in place of an attempt; once. */
  takeFirstOutcome(): Promise<TransportResponse> | undefined {
    const outcome = this.#firstOutcome;
    this.#firstOutcome = undefined;
    return outcome;
  }
}
