import type { Batch } from '../delivery/batch.ts';
import type { ByteBudget } from '../delivery/budget.ts';
import type { DropReason } from '../delivery/drop-reason.ts';
import type { Ledger } from '../delivery/ledger.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import { type AttributeLimits, type AttributeList, type AttributeObserver, indexOf } from '../span/attributes.ts';
import type { InertReason } from '../span/inert-span.ts';
import { OpenSpans } from '../span/open-spans.ts';
import { NAME_SOURCE, type Segment } from '../span/segment.ts';
import type { RecordingSpan } from '../span/span.ts';
import type { SpanJSON } from '../span/span-data.ts';
import { readHooked, toSpanJSON } from '../span/span-json.ts';
import type { Clock } from '../span/time.ts';
import type { RefusalReason, SpanSink } from '../trace/tracer.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import { type SpanParts, withConstants, withoutConstants } from '../wire/constants.ts';
import { finalAttributes, type FinalAttributesOptions } from './final-attributes.ts';
import { HELD_BYTES_PER_BYTE, Holdback } from './holdback.ts';
import { shortenParts, withTruncated } from './shorten.ts';
import { BATCH_OVERHEAD_BYTES, type BatchEncoder, SPAN_OVERHEAD_BYTES, type WaitingSpan } from './span-batch.ts';
import { type BatchingOptions, SpanBatcher } from './span-batcher.ts';

/** Heap bytes of an open span with a few attributes. */
const OPEN_SPAN_BYTES = 700;

/** The share of memory at which buckets leave before their time: a burst drains while it lasts, if the program yields (R10). */
const WAITING_SHARE = 1 / 4;

/** The options that concern finished spans. */
export interface StreamOptions {
  readonly batching: BatchingOptions;
  readonly holdback: { readonly maxMs: number };
  readonly attributeLimits: AttributeLimits;
  readonly beforeSendSpan?: ((span: SpanJSON) => SpanJSON) | undefined;
  readonly filterSegment?: ((segment: SpanJSON, spans: SpanJSON[]) => boolean) | undefined;
}

/** What the lifecycle is made of. */
export interface StreamLifecycleOptions {
  readonly options: StreamOptions;
  readonly attributes: FinalAttributesOptions;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly diagnostics: Diagnostics;
  readonly encoder: BatchEncoder;
  /** Why nothing can be sent now; undefined: it can. */
  obstacle(): DropReason | undefined;
  /** Takes sealed batches; undefined without a DSN. */
  readonly enqueue: ((batch: Batch) => void) | undefined;
  /** Takes each finished span for the extra destinations; undefined when there are none. */
  readonly toSinks: ((span: SpanJSON) => void) | undefined;
}

/** The one conductor of the stream lifecycle: attributes, hooks, batch, seal. */
export class StreamLifecycle implements SpanSink {
  readonly openSpans = new OpenSpans();
  readonly #with: StreamLifecycleOptions;
  readonly #batcher: SpanBatcher;
  readonly #holdback: Holdback | undefined;
  readonly #maxSpanBytes: number;
  readonly #maxWaitingBytes: number;
  readonly #exitAllowanceBytes: number;
  /** A hook of the application's runs. */
  #isInHook = false;

  constructor(parts: StreamLifecycleOptions) {
    this.#with = parts;
    const { batching } = parts.options;
    this.#exitAllowanceBytes = parts.platform.exitAllowanceBytes ?? Number.POSITIVE_INFINITY;
    const maxBytes = Math.min(batching.maxBytes, this.#exitAllowanceBytes / 2);
    this.#maxSpanBytes = batching.maxBytes - PAYLOAD_FRAME_BYTES;
    this.#maxWaitingBytes = parts.budget.maxBytes * WAITING_SHARE;
    this.#batcher = new SpanBatcher({ ...batching, maxBytes }, parts.platform, parts.encoder, (batch) => parts.enqueue?.(batch));
    this.#holdback = this.#createHoldback();
  }

  admitsNewTrace(): boolean {
    return this.#with.budget.admitsNewTrace();
  }

  admitsSpan(): boolean {
    return this.#with.budget.admits(OPEN_SPAN_BYTES, false);
  }

  spanStarted(span: RecordingSpan): void {
    this.openSpans.add(span);
    this.#with.budget.reserve(OPEN_SPAN_BYTES);
    this.#with.ledger.spanStarted();
  }

  spanRefused(reason: RefusalReason): void {
    this.#with.ledger.spanRefused(reason);
  }

  inertIdKnown(spanId: string, reason: InertReason): void {
    if (reason !== 'off' && reason !== 'mode' && reason !== 'closed') this.#with.ledger.noteRefused(spanId, reason);
  }

  valueTruncated(): void {
    this.#with.ledger.truncated++;
  }

  spanEnded(span: RecordingSpan): void {
    this.openSpans.delete(span);
    this.#with.budget.release(OPEN_SPAN_BYTES);
    const obstacle = this.#with.obstacle();
    if (obstacle !== undefined) return this.#with.ledger.openDropped(obstacle, span.spanId);
    let waiting: WaitingSpan;
    try {
      waiting = this.#write(span);
    } catch (error) {
      this.#with.diagnostics.fault('Writing a span', error);
      return this.#with.ledger.openDropped('rejected', span.spanId);
    }
    this.#keep(waiting, span);
  }

  /** Everything that is kept back or collected goes on its way. */
  flush(): void {
    this.#holdback?.flush();
    this.#batcher.flush();
  }

  /** Whether an ended span still waits here. */
  has(spanId: string): boolean {
    return this.#holdback?.has(spanId) === true || this.#batcher.has(spanId);
  }

  #keep(span: WaitingSpan, { spanId, status }: RecordingSpan): void {
    const { budget, ledger } = this.#with;
    const isHeld = this.#holdback !== undefined;
    const { retainedBytes } = span;
    if (!budget.tryReserve(isHeld ? retainedBytes * HELD_BYTES_PER_BYTE : retainedBytes, status === 'error')) {
      this.#with.encoder.items.undo(span.at);
      return ledger.openDropped('memory_budget', spanId);
    }
    ledger.spanBuffered();
    if (isHeld) this.#holdback.add(span);
    else this.#send(span);
  }

  #send(span: WaitingSpan): void {
    if (this.#with.toSinks !== undefined) this.#with.toSinks(this.#toJSON(span.parts));
    if (this.#with.enqueue === undefined) this.#forget(span);
    else {
      if (this.#batcher.add(span, this.#with.clock.monotonicMs)) this.#with.budget.reserve(BATCH_OVERHEAD_BYTES);
      const { retainedBytes, wireBytes } = this.#batcher;
      if (retainedBytes > this.#maxWaitingBytes || wireBytes > this.#exitAllowanceBytes) this.#batcher.flush();
    }
  }

  #forget({ slab, retainedBytes }: WaitingSpan): void {
    this.#with.encoder.items.release(slab, 1);
    this.#with.budget.release(retainedBytes);
  }

  #write(span: RecordingSpan): WaitingSpan {
    const { items } = this.#with.encoder;
    const { segment } = span;
    finalAttributes(span, this.#with.attributes);
    let parts: SpanParts = span;
    if (this.#with.options.beforeSendSpan !== undefined) parts = this.#askHook(parts, this.#with.options.beforeSendSpan);
    let at = items.write(parts);
    let bytes = items.recordBytes(items.slab, at);
    let wireBytes = items.wireBytes(bytes, segment, parts.isSegment);
    const excessBytes = wireBytes > this.#maxSpanBytes ? items.sentBytes(at, segment) - this.#maxSpanBytes : 0;
    if (excessBytes > 0) {
      this.#with.ledger.truncated++;
      items.undo(at);
      at = items.write(shortenParts(parts, excessBytes));
      bytes = items.recordBytes(items.slab, at);
      wireBytes = items.wireBytes(bytes, segment, parts.isSegment);
    }
    return { parts, segment, slab: items.slab, at, end: at + bytes, wireBytes, retainedBytes: bytes + SPAN_OVERHEAD_BYTES };
  }

  /** The span as hooks and sinks see it. */
  #toJSON(parts: SpanParts): SpanJSON {
    return toSpanJSON(parts, withConstants(parts, this.#with.encoder.constants));
  }

  /** Spans that a hook itself starts and ends do not ask hooks again: that would never end. */
  #inHook<T>(hook: () => T, otherwise: T): T {
    if (this.#isInHook) return otherwise;
    this.#isInHook = true;
    try {
      return hook();
    } finally {
      this.#isInHook = false;
    }
  }

  #askHook(parts: SpanParts, beforeSendSpan: (span: SpanJSON) => SpanJSON): SpanParts {
    return this.#inHook(() => this.#with.diagnostics.guard('beforeSendSpan', () => this.#hooked(parts, beforeSendSpan), parts), parts);
  }

  #hooked(parts: SpanParts, beforeSendSpan: (span: SpanJSON) => SpanJSON): SpanParts {
    const { constants } = this.#with.encoder;
    const before = withConstants(parts, constants);
    const json: unknown = beforeSendSpan(toSpanJSON(parts, before));
    this.#with.diagnostics.watch('beforeSendSpan', json);
    if (typeof json !== 'object' || json === null)
      throw new TypeError('it must return the span; ignoreSpans and filterSegment leave spans out');
    const cut: string[] = [];
    const { attributes, ...rest } = readHooked(json as SpanJSON, parts, before, this.#observer(parts, cut));
    const list = cut.length === 0 ? attributes : withTruncated(attributes, cut);
    const { spanId, parentSpanId, segment, isSegment, startMs, endMs } = parts;
    const hooked = { spanId, parentSpanId, segment, isSegment, startMs, endMs, ...rest, ...withoutConstants(parts, constants, list) };
    if (isSegment) renameSegment(segment, rest.name, list);
    return hooked;
  }

  #observer(parts: SpanParts, cut: string[]): AttributeObserver {
    return {
      limits: this.#with.options.attributeLimits,
      attributeCut: (key) => {
        this.#with.ledger.truncated++;
        cut.push(key);
      },
      attributeDropped: (key) =>
        this.#with.diagnostics.debug(
          'beforeSendSpan',
          `Attribute '${key}' of span '${parts.name}' is dropped: beforeSendSpan gave it no attribute value.`,
        ),
    };
  }

  #createHoldback(): Holdback | undefined {
    const { options, ledger, budget, diagnostics, clock } = this.#with;
    const { filterSegment } = options;
    if (filterSegment === undefined) return undefined;
    const wait = this.#batcher.addLane(options.holdback.maxMs);
    const unhold = (span: WaitingSpan): void => budget.release(span.retainedBytes * (HELD_BYTES_PER_BYTE - 1));
    return new Holdback({
      filterSegment: (segment, spans) =>
        this.#inHook(() => diagnostics.guard<unknown>('filterSegment', () => filterSegment(segment, spans), true) !== false, true),
      toJSON: ({ parts }) => this.#toJSON(parts),
      release: (spans) => {
        for (const span of spans) {
          unhold(span);
          this.#send(span);
        }
      },
      discard: (spans) => {
        for (const span of spans) {
          unhold(span);
          this.#forget(span);
        }
        this.#batcher.settle();
        ledger.bufferedDropped(
          'filtered',
          spans.length,
          spans.map(({ parts }) => parts.spanId),
        );
      },
      lateVerdict: () => void ledger.lateVerdicts++,
      waitForWindow: (waiting) => wait(waiting, clock.monotonicMs),
    });
  }
}

/** What a hook makes of the top-level span's name holds for the spans below it, too (R5). */
function renameSegment(segment: Segment, name: string, attributes: AttributeList): void {
  segment.name = name;
  const at = indexOf(attributes, NAME_SOURCE);
  const source = at < 0 ? undefined : attributes[at + 1];
  if (typeof source === 'string') segment.source = source;
}
