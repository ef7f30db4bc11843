import type { Packed } from '../wire/batch.ts';
import { Segment } from '../span/segment.ts';
import type { TraceContext } from '../span/trace-context.ts';
import type { PackedPlace } from '../wire/packed-spans.ts';
import { createSlabEncoder } from '../wire/slab-encoder.ts';
import type { CreateEncoder, Store } from '../wire/span-encoder.ts';
import type { SpanItems } from '../wire/span-item.ts';
import { type BatchEncoder, SpanBatch } from './span-batch.ts';

/** Heap bytes of a packed batch beside what is written: itself and its place in the queue. */
const PACKED_OVERHEAD_BYTES = 80;

/** What is written in front of the spans: the batch's facts, its trace and its tree. */
type Head = [
  spanCount: number,
  wireBytes: number,
  trace: Pick<TraceContext, 'traceId' | 'sampleRand'>,
  /** Entries: behind other names `JSON.parse` of Node 24.21 reads a member's name "\ud800" as "\\". */
  dsc: [string, string][] | null,
  spanId: string,
  name: string,
  source: string,
  sampled: boolean | null,
  sampleRate: number | null,
  frozenName: string | number | null,
];
/** The name of a tree is not told yet; null: it never is. */
const NOT_FROZEN = 0;

/**
 * A batch as it waits behind many others: one piece of bytes among the bytes of spans. As objects a batch and its tree weigh 500
 * bytes that outlive young collections, so that V8 makes its young space larger, up to 32 MB, while a backend is down.
 */
export class PackedBatch implements Packed {
  readonly #encoder: BatchEncoder;
  readonly #slab: Store;
  readonly #at: number;
  readonly epoch: number;
  readonly retainedBytes: number;

  constructor(encoder: BatchEncoder, { slab, at, bytes }: PackedPlace, epoch: number) {
    this.#encoder = encoder;
    this.#slab = slab;
    this.#at = at;
    this.epoch = epoch;
    this.retainedBytes = PACKED_OVERHEAD_BYTES + bytes;
  }

  get category(): 'span' {
    return 'span';
  }

  unpack(): SpanBatch {
    const slab = this.#slab;
    const { text, end: at } = (this.#encoder.items as SpanItems).packed.read(slab, this.#at);
    const [spanCount, wireBytes, own, dsc, spanId, name, source, sampled, sampleRate, frozenName] = JSON.parse(text) as Head;
    const trace = dsc === null ? own : { ...own, dsc: Object.fromEntries(dsc) };
    const segment = new Segment(trace, spanId, name, { sampled: sampled ?? undefined, sampleRate: sampleRate ?? undefined, source });
    segment.frozenName = frozenName === NOT_FROZEN ? undefined : (frozenName as string | null);
    segment.ended = true;
    const batch = new SpanBatch(this.#encoder, { slab, at, end: at, segment, wireBytes: 0, retainedBytes: this.retainedBytes });
    batch.isPending = false;
    batch.spanCount = spanCount;
    batch.wireBytes = wireBytes;
    return batch;
  }
}

/** Keeps spans as bytes, and batches as well where many wait: for servers. */
export const createPackingEncoder: CreateEncoder = (facts) => ({ ...createSlabEncoder(facts), pack: packBatch });

/** None for packing are parts of an unfinished tree, whose name may change, and what is long. */
function packBatch(batch: SpanBatch, encoder: BatchEncoder, epoch: number): PackedBatch | undefined {
  const segment = treeOf(batch);
  if (segment === undefined || batch.isTooLong()) return undefined;
  const { spanCount, wireBytes } = batch;
  const { traceId, sampleRand, dsc } = segment.trace;
  const { spanId, name, source, sampled = null, sampleRate = null, frozenName = NOT_FROZEN } = segment;
  const entries = dsc === undefined ? null : (Object.entries(dsc) as [string, string][]);
  const head: Head = [spanCount, wireBytes, { traceId, sampleRand }, entries, spanId, name, source, sampled, sampleRate, frozenName];
  const items = encoder.items as SpanItems;
  const place = items.packed.pack(JSON.stringify(head), batch, items);
  if (place === undefined) return undefined;
  batch.dispose(false);
  return new PackedBatch(encoder, place, epoch);
}

/** The one tree that all its spans are of, if that has ended: its name is final then. */
function treeOf(batch: SpanBatch): Segment | undefined {
  const trees = new Set<Segment>();
  batch.forEach((_slab, _at, segment) => trees.add(segment));
  const [tree] = trees;
  return trees.size === 1 && tree!.ended ? tree : undefined;
}
