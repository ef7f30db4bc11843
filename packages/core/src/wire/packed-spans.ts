import { ByteWriter } from './byte-writer.ts';
import { type Slab, SLAB_BYTES, type SlabPool } from './slab-pool.ts';
import type { ItemWriter, Store, WaitingSpans } from './span-encoder.ts';

/** More than this is not copied: its objects weigh little beside it, and an array should hold several. */
const MAX_BYTES = SLAB_BYTES / 4;
const NOT_ASCII = /[^\0-\x7f]/g;

/** Where something packed lies. */
export interface PackedPlace {
  readonly slab: Slab;
  readonly at: number;
  readonly bytes: number;
}

/**
 * Text and records of spans in one piece, in arrays of their own: what is packed waits long, and among spans that leave soon it
 * would keep whole arrays alive.
 */
export class PackedSpans {
  readonly #pool: SlabPool;
  readonly #out: ByteWriter;
  #slab: Slab | undefined;

  constructor(pool: SlabPool) {
    this.#pool = pool;
    this.#out = new ByteWriter(0);
  }

  /** Whether more may be written to the slab. */
  writesTo(slab: Slab): boolean {
    return slab === this.#slab;
  }

  /** Writes the text and copies of the records behind it; undefined when they had better stay where they are. */
  pack(text: string, spans: WaitingSpans, items: Pick<ItemWriter, 'recordBytes'>): PackedPlace | undefined {
    const ascii = text.replace(NOT_ASCII, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const runs = runsOf(spans, items);
    const bytes = runs.reduce((sum, { length }) => sum + length, 2 + ascii.length);
    if (bytes > MAX_BYTES) return undefined;
    const slab = this.#reserve(bytes);
    const out = this.#out;
    const at = out.length;
    slab.view.setUint16(at, ascii.length);
    out.length += 2;
    out.ascii(ascii);
    for (const run of runs) out.raw(run);
    slab.live += spans.spanCount;
    return { slab, at, bytes };
  }

  /** The text, and where the first record stands. */
  read(store: Store, at: number): { readonly text: string; readonly end: number } {
    const { view, bytes } = store as Slab;
    const end = at + 2 + view.getUint16(at);
    // Spreading goes through an iterator: a backend that is down leaves 20,000 of them to be given up.
    return { text: String.fromCharCode.apply(null, bytes.subarray(at + 2, end) as unknown as number[]), end };
  }

  #reserve(bytes: number): Slab {
    const full = this.#slab;
    if (full !== undefined && this.#out.length + bytes <= full.bytes.length) return full;
    this.#slab = this.#pool.take(bytes);
    this.#out.moveTo(this.#slab.bytes);
    if (full?.live === 0) this.#pool.giveBack(full);
    return this.#slab;
  }
}

/** The bytes of the records: those that stand one behind the other together, mostly all of them. */
function runsOf(spans: WaitingSpans, items: Pick<ItemWriter, 'recordBytes'>): Uint8Array[] {
  const runs: Uint8Array[] = [];
  let [last, from, end]: [Slab | undefined, number, number] = [undefined, 0, 0];
  const endRun = (): void => {
    if (last !== undefined) runs.push(last.bytes.subarray(from, end));
  };
  spans.forEach((store, at) => {
    if (store !== last || at !== end) {
      endRun();
      last = store as Slab;
      from = at;
    }
    end = at + items.recordBytes(store, at);
  });
  endRun();
  return runs;
}
