import type { Segment } from '../span/segment.ts';
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
  /** A span that was written has left, one way or the other. */
  release(slab: Store): void;
  /** The id of a waiting span. */
  spanId(slab: Store, at: number): string;
  /** Bytes that the record takes in memory. */
  recordBytes(slab: Store, at: number): number;
  /** Bytes that the record takes when sent; at most a few hundred too many, never too few unless its segment is renamed. */
  wireBytes(recordBytes: number, segment: Segment, isSegment: boolean): number;
  /** As `wireBytes`, exactly, of what was written last. */
  sentBytes(at: number, segment: Segment): number;
}

/** Places of waiting spans and their segments, side by side: one object per span would double their weight. */
export interface WaitingSpans {
  readonly slabs: Store[];
  readonly offsets: number[];
  readonly segments: Segment[];
  /** Bytes of all when sent, as they were measured. */
  readonly wireBytes: number;
  /** A segment's name may have changed since. */
  readonly isRenamed: boolean;
}

/** Turns ended spans into records that wait, and records into envelopes: on Node bytes, in pages text. One suite holds both to the same. */
export interface SpanEncoder {
  readonly constants: ConstantAttributes;
  readonly items: ItemWriter;
  /** The envelope of these spans. @param trace the `trace` header as JSON */
  encode(spans: WaitingSpans, sentAtMs: number, trace: string): Uint8Array<ArrayBuffer> | string;
  /** Bytes of the spans as they would be sent now. */
  payloadBytes(spans: WaitingSpans): number;
  /** Nobody reads any more what `encode` returned. */
  recycle(encoded: Uint8Array<ArrayBuffer> | string): void;
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
