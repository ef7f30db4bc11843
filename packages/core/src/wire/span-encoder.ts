import type { Segment } from '../span/segment.ts';
import type { Packed } from './batch.ts';
import type { ConstantAttributes, SpanParts } from './constants.ts';
import type { EnvelopeFacts } from './envelope.ts';

/** Where records of waiting spans are kept; what it is like is its encoder's business. */
export type Store = object;

/** What waits of one ended span. */
export interface ItemWriter {
  /** Where the last `write` wrote to. */
  readonly slab: Store;
  /** Writes what waits in memory; answers with its place in `slab`. */
  write(span: SpanParts): number;
  /** Takes back what the last `write` wrote. */
  undo(at: number): void;
  /** Spans that were written have left, one way or the other. */
  release(slab: Store, spanCount: number): void;
  /** The id of a waiting span. */
  spanId(slab: Store, at: number): string;
  /** Whether it is a top-level span or an error: what is sent first where not everything can leave. */
  isUrgent(slab: Store, at: number): boolean;
  /** One half of that id, 0 or 1, as a number. */
  idHalf(slab: Store, at: number, half: number): number;
  /** Bytes that the record takes in memory; in one slab the next record stands so far behind it. */
  recordBytes(slab: Store, at: number): number;
  /** Bytes that the record takes when sent; at most a few hundred too many, never too few unless its segment is renamed. */
  wireBytes(slab: Store, at: number, segment: Segment): number;
  /** As `wireBytes`, exactly, of what was written last. */
  sentBytes(at: number, segment: Segment): number;
}

/** Spans of one trace that wait together. */
export interface WaitingSpans {
  readonly spanCount: number;
  /** Bytes of all when sent, as they were measured. */
  readonly wireBytes: number;
  forEach(callback: (slab: Store, at: number, segment: Segment) => void): void;
}

/** Turns ended spans into records that wait, and records into envelopes: on Node bytes, in pages text. One suite holds both to the same. */
export interface SpanEncoder {
  readonly constants: ConstantAttributes;
  readonly items: ItemWriter;
  /**
   * The envelope of these spans. @param trace the `trace` header as JSON
   * @param isShort for storage: text may be shorter, `expandShort` makes the envelope of it
   */
  encode(spans: WaitingSpans, sentAtMs: number, trace: string, isShort?: boolean): Uint8Array<ArrayBuffer> | string;
  /** Bytes of the spans as they would be sent now. */
  payloadBytes(spans: WaitingSpans): number;
  /** Nobody reads any more what `encode` returned. */
  recycle(encoded: Uint8Array<ArrayBuffer> | string): void;
  /** Servers, which may hold thousands of batches: `Batch.pack` of a sealed one, which is used up by that. */
  pack?(batch: WaitingSpans, encoder: SpanEncoder, epoch: number): Packed | undefined;
}

/** What an encoder needs to know. */
export interface EncoderFacts {
  readonly constants: ConstantAttributes;
  readonly envelope: EnvelopeFacts;
  /** What may lie idle for the next spans, at most. */
  readonly maxIdleBytes: number;
  /** Not with a transport of the application's own, which may keep what it was given. */
  readonly reusesOutputs: boolean;
}

/** How a platform keeps spans that wait. */
export type CreateEncoder = (facts: EncoderFacts) => SpanEncoder;
