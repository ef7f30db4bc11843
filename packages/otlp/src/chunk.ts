import type { DropReason, SinkLoss, SinkReceipt } from '@spanstream/core';

/** The spans of one hand-over, until it is known what became of each. */
export class Ticket {
  /** Resolves with what was lost. */
  readonly receipt: Promise<SinkReceipt>;
  #left: number;
  readonly #losses: SinkLoss[] = [];
  #resolve: ((receipt: SinkReceipt) => void) | undefined;

  constructor(spanCount: number) {
    this.#left = spanCount;
    this.receipt = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** So many of them have found their end, of which some are lost. */
  settle(count: number, lost: number, reason: DropReason): void {
    this.#left -= count;
    if (lost > 0) this.#losses.push({ reason, quantity: lost });
    if (this.#left === 0) this.#resolve?.({ losses: this.#losses });
  }
}

/** How many spans of a chunk belong to which hand-over. */
export interface Share {
  readonly ticket: Ticket;
  count: number;
}

/** Spans that are written: a whole request of its own, and a part of a larger one. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly spanCount: number;
  readonly shares: readonly Share[];
}

/** Accounts for all spans of the chunks; nobody says which of them are lost when some are. */
export function settleChunks(chunks: readonly Chunk[], lost: number, reason: DropReason): void {
  let left = lost;
  for (const { shares } of chunks) {
    for (const { ticket, count } of shares) {
      const lostHere = Math.min(left, count);
      left -= lostHere;
      ticket.settle(count, lostHere, reason);
    }
  }
}

/** The chunk as one for each span, of which `requests` has one each; nobody knows which span came from which hand-over, so it goes by their number. */
export function divideChunk({ shares }: Chunk, requests: readonly Uint8Array[]): Chunk[] {
  const tickets = shares.flatMap(({ ticket, count }) => Array.from({ length: count }, () => ticket));
  return requests.map((bytes, i) => ({ bytes, spanCount: 1, shares: [{ ticket: tickets[i]!, count: 1 }] }));
}

/** The spans of the chunks. */
export function countSpans(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { spanCount }) => sum + spanCount, 0);
}
