import type { Segment } from '../span/segment.ts';
import { utf8Length } from '../span/text.ts';
import type { SpanParts } from '../wire/constants.ts';
import { shortenParts } from '../wire/shorten.ts';
import { formatTransaction, type TransactionFacts } from './transaction.ts';
import type { Transaction } from './transaction-batch.ts';

/** Servers cut longer lists (R11). */
const MAX_CHILDREN = 1000;
/** UTF-8 bytes of a transaction's payload (R11); servers refuse more than 1 MiB. */
const MAX_BYTES = 1_000_000;
/** The members of the payload around the top-level span and the list. */
const FRAME_BYTES = 100;
/** A unit of UTF-16 takes three bytes at most. */
const MAX_BYTES_PER_UNIT = 3;
/** Heap bytes of a waiting child beside its text. */
const CHILD_OVERHEAD_BYTES = 100;

/** What has ended of one local tree, as text. */
export class TransactionTree {
  readonly segment: Segment;
  /** In the order of their ends. */
  readonly spanIds: string[] = [];
  readonly #children: string[] = [];
  #childUnits = 0;
  #childBytes = 0;
  #head = '';
  #topId = '';

  constructor(segment: Segment) {
    this.segment = segment;
  }

  /** Bytes charged for a child. */
  static bytesOf(text: string): number {
    return text.length + CHILD_OVERHEAD_BYTES;
  }

  get isFull(): boolean {
    return this.#children.length >= MAX_CHILDREN;
  }

  /** Bytes charged for the top-level span. */
  get topBytes(): number {
    return TransactionTree.bytesOf(this.#head);
  }

  /** Bytes charged for its children. */
  get childBytes(): number {
    return this.#childBytes;
  }

  has(spanId: string): boolean {
    return this.#topId === spanId || this.spanIds.includes(spanId);
  }

  /** Whether the text may still fit; with characters beyond ASCII `cutToLimit` has the last word. */
  hasRoomFor(text: string): boolean {
    return this.#childUnits + text.length < MAX_BYTES;
  }

  addChild(spanId: string, text: string): void {
    this.spanIds.push(spanId);
    this.#children.push(text);
    this.#childUnits += text.length + 1;
    this.#childBytes += TransactionTree.bytesOf(text);
  }

  /** Its top-level span has ended. One that is too large alone is shortened (R18). */
  end(span: SpanParts, facts: TransactionFacts, tags: ReadonlySet<string> | undefined): void {
    this.#head = formatTransaction(span, facts, tags);
    const excessBytes = this.#head.length * MAX_BYTES_PER_UNIT > MAX_BYTES ? utf8Length(this.#head) + FRAME_BYTES - MAX_BYTES : 0;
    // Measurements, tags and contexts repeat attributes, so what is cut is cut once more there.
    if (excessBytes > 0) this.#head = formatTransaction(shortenParts(span, excessBytes), facts, undefined);
    this.#topId = span.spanId;
  }

  /** Leaves out the children that ended last until all fit; answers with what was left out. */
  cutToLimit(): { readonly spanIds: string[]; readonly bytes: number } {
    const cut = { spanIds: [] as string[], bytes: 0 };
    if ((this.#childUnits + this.#head.length + FRAME_BYTES) * MAX_BYTES_PER_UNIT <= MAX_BYTES) return cut;
    let bytes = FRAME_BYTES + utf8Length(this.#head);
    for (const child of this.#children) bytes += utf8Length(child) + 1;
    while (bytes > MAX_BYTES && this.#children.length > 0) {
      const child = this.#children.pop()!;
      cut.spanIds.push(this.spanIds.pop()!);
      cut.bytes += TransactionTree.bytesOf(child);
      bytes -= utf8Length(child) + 1;
    }
    this.#childBytes -= cut.bytes;
    return cut;
  }

  /** All of it, to be sent. */
  complete(eventId: string): Transaction {
    const spanIds = [...this.spanIds, this.#topId];
    const retainedBytes = this.#childBytes + this.topBytes;
    return { eventId, segment: this.segment, spanIds, head: this.#head, children: this.#children, retainedBytes };
  }
}
