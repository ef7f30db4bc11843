import type { Batch } from '../delivery/batch.ts';
import type { Segment } from '../span/segment.ts';
import type { DynamicSamplingContext } from '../trace/dynamic-sampling-context.ts';
import { utf8Length } from '../span/text.ts';
import { type EnvelopeWriter, PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import { spanIdOf, type SpanItems } from '../wire/span-item.ts';

/** Heap bytes of a waiting span beside its text: string header and two array slots. */
export const SPAN_OVERHEAD_BYTES = 48;

/** What turns batches into envelopes: one object per client. */
export interface BatchEncoder {
  readonly items: SpanItems;
  readonly envelopes: EnvelopeWriter;
  wallClockMs(): number;
  /** The `trace` header; freezes the context (R26). */
  traceHeader(segment: Segment): DynamicSamplingContext;
}

/** Waiting texts and their segments, side by side: one object per span would double their weight. */
export interface WaitingSpans {
  readonly texts: string[];
  readonly segments: Segment[];
  /** A segment's name has changed since its spans were measured. */
  readonly isRenamed: boolean;
}

/** Spans of one trace, sealed for one envelope. */
export class SpanBatch implements Batch {
  readonly category = 'span';
  readonly traceId: string;
  readonly spanCount: number;
  readonly retainedBytes: number;
  readonly #encoder: BatchEncoder;
  readonly #spans: WaitingSpans;

  constructor(encoder: BatchEncoder, spans: WaitingSpans, retainedBytes: number) {
    this.#encoder = encoder;
    this.#spans = spans;
    this.traceId = spans.segments[0]!.trace.traceId;
    this.spanCount = spans.texts.length;
    this.retainedBytes = retainedBytes;
  }

  get isRenamed(): boolean {
    return this.#spans.isRenamed;
  }

  /** Exact bytes of all spans as they would be sent now. */
  payloadBytes(): number {
    const out: string[] = [];
    this.#spans.texts.forEach((text, i) => this.#encoder.items.expand(out, text, this.#spans.segments[i]!));
    return out.reduce((bytes, piece) => bytes + utf8Length(piece), this.spanCount + PAYLOAD_FRAME_BYTES);
  }

  encode(): string {
    const { items, envelopes } = this.#encoder;
    const { texts, segments } = this.#spans;
    const out: string[] = [];
    envelopes.begin(out, this.#encoder.wallClockMs(), this.#encoder.traceHeader(segments[0]!), this.spanCount);
    for (let i = 0; i < texts.length; i++) {
      if (i > 0) out.push(',');
      items.expand(out, texts[i]!, segments[i]!);
    }
    envelopes.end(out);
    return out.join('');
  }

  halve(): [Batch, Batch] | undefined {
    if (this.spanCount < 2) return undefined;
    const middle = this.spanCount >> 1;
    const firstBytes = Math.floor(this.retainedBytes / 2);
    return [this.#part(0, middle, firstBytes), this.#part(middle, this.spanCount, this.retainedBytes - firstBytes)];
  }

  forEachSpanId(callback: (spanId: string) => void): void {
    for (const text of this.#spans.texts) callback(spanIdOf(text));
  }

  hasSpan(spanId: string): boolean {
    return this.#spans.texts.some((text) => spanIdOf(text) === spanId);
  }

  #part(from: number, to: number, retainedBytes: number): SpanBatch {
    const { texts, segments, isRenamed } = this.#spans;
    return new SpanBatch(this.#encoder, { texts: texts.slice(from, to), segments: segments.slice(from, to), isRenamed }, retainedBytes);
  }
}
