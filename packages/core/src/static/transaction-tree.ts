import type { Segment } from '../span/segment.ts';
import type { EventWriter, Place } from './event-writer.ts';

/** Servers cut longer lists (R11). */
const MAX_CHILDREN = 1000;
/** UTF-8 bytes of a transaction's payload (R11); servers refuse more than 1 MiB. */
export const MAX_TRANSACTION_BYTES = 1_000_000;
/** The event's id and the brackets of the list. */
const FRAME_BYTES = 64;
/** Heap bytes of a waiting span beside its text: its place and its id. */
const SPAN_OVERHEAD_BYTES = 100;

/** What has ended of one local tree. */
export class TransactionTree {
  readonly segment: Segment;
  /** Bytes charged for all of it. */
  retainedBytes = 0;
  readonly #writer: EventWriter;
  /** In the order of their ends. */
  readonly #children: Place[] = [];
  readonly #childIds: string[] = [];
  #topId = '';
  #bytes = FRAME_BYTES;
  #top: Place | undefined = undefined;

  constructor(segment: Segment, writer: EventWriter) {
    this.segment = segment;
    this.#writer = writer;
  }

  /** Bytes to be charged for what was written there. */
  static bytesOf({ at, end }: Place): number {
    return end - at + SPAN_OVERHEAD_BYTES;
  }

  get isFull(): boolean {
    return this.#children.length >= MAX_CHILDREN;
  }

  /** Whether it still fits. */
  hasRoomFor({ at, end }: Place): boolean {
    return this.#bytes + end - at <= MAX_TRANSACTION_BYTES;
  }

  addChild(spanId: string, place: Place): void {
    this.#add(place);
    this.#children.push(place);
    this.#childIds.push(spanId);
  }

  /** Its top-level span has ended. */
  end(spanId: string, place: Place): void {
    this.#add(place);
    this.#top = place;
    this.#topId = spanId;
  }

  /** Of all that has ended. */
  get spanIds(): string[] {
    return this.#top === undefined ? this.#childIds : [...this.#childIds, this.#topId];
  }

  #add(place: Place): void {
    this.#bytes += place.end - place.at;
    this.retainedBytes += TransactionTree.bytesOf(place);
  }

  /** Leaves out the children that ended last until all fit; answers with the ids and bytes of what was left out. */
  cutToLimit(): { readonly spanIds: string[]; readonly bytes: number } {
    const cut = { spanIds: [] as string[], bytes: 0 };
    while (this.#bytes > MAX_TRANSACTION_BYTES && this.#children.length > 0) {
      const place = this.#children.pop()!;
      cut.spanIds.push(this.#childIds.pop()!);
      cut.bytes += TransactionTree.bytesOf(place);
      this.#bytes -= place.end - place.at;
      this.#writer.release(place.slab, 1);
    }
    this.retainedBytes -= cut.bytes;
    return cut;
  }

  /** The whole envelope. @param lines what stands in front of the top-level span */
  encode(lines: string): Uint8Array<ArrayBuffer> {
    return this.#writer.assemble(lines, this.#top!, this.#children);
  }

  /** Lets go of its bytes. */
  dispose(): void {
    for (const { slab } of this.#children) this.#writer.release(slab, 1);
    if (this.#top !== undefined) this.#writer.release(this.#top.slab, 1);
    this.#children.length = 0;
  }
}
