import type { Batch } from '../wire/batch.ts';
import type { ByteBudget } from '../delivery/budget.ts';
import type { DropReason } from '../delivery/drop-reason.ts';
import type { Ledger } from '../delivery/ledger.ts';
import { SpanAccounts } from '../delivery/span-accounts.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { AttributeLimits } from '../span/attributes.ts';
import type { RecordingSpan } from '../span/span.ts';
import type { SpanJSON } from '../span/span-data.ts';
import type { Clock } from '../span/time.ts';
import type { SpanSink } from '../trace/span-sink.ts';
import { PAYLOAD_FRAME_BYTES } from '../wire/envelope.ts';
import type { ConstantAttributes, SpanParts } from '../wire/constants.ts';
import type { FinalAttributesOptions } from '../wire/final-attributes.ts';
import { HELD_BYTES_PER_BYTE, Holdback } from './holdback.ts';
import { shortenParts } from '../wire/shorten.ts';
import { SpanFinisher } from '../wire/span-finisher.ts';
import { type BatchEncoder, type WaitingSpan } from './span-batch.ts';
import { type BatchingOptions, SpanBatcher } from './span-batcher.ts';

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
  encoder(): BatchEncoder;
  constants(): ConstantAttributes;
  /** Why nothing can be sent now; undefined: it can. */
  obstacle(): DropReason | undefined;
  /** Takes sealed batches; undefined without a DSN. */
  readonly enqueue: ((batch: Batch) => void) | undefined;
  /** Takes each finished span for the extra destinations, if there is memory for it; undefined when there are none. */
  readonly toSinks: ((span: SpanParts) => boolean) | undefined;
}

/** The one conductor of the stream lifecycle: attributes, hooks, batch, seal. */
export class StreamLifecycle extends SpanAccounts implements SpanSink {
  readonly #with: StreamLifecycleOptions;
  readonly #batcher: SpanBatcher;
  readonly #holdback: Holdback | undefined;
  readonly #maxSpanBytes: number;
  readonly #maxWaitingBytes: number;
  readonly #exitAllowanceBytes: number;
  readonly #finisher: SpanFinisher;

  constructor(parts: StreamLifecycleOptions) {
    super(parts);
    this.#with = parts;
    const { options, ...rest } = parts;
    this.#finisher = new SpanFinisher({
      ...rest,
      limits: options.attributeLimits,
      beforeSendSpan: options.beforeSendSpan,
      valueTruncated: () => this.valueTruncated(),
    });
    const { batching } = parts.options;
    this.#exitAllowanceBytes = parts.platform.exitAllowanceBytes ?? Number.POSITIVE_INFINITY;
    const maxBytes = Math.min(batching.maxBytes, this.#exitAllowanceBytes / 2);
    this.#maxSpanBytes = batching.maxBytes - PAYLOAD_FRAME_BYTES;
    this.#maxWaitingBytes = parts.budget.maxBytes * WAITING_SHARE;
    this.#batcher = new SpanBatcher({ ...batching, maxBytes }, parts.platform, parts.encoder, (batch) => parts.enqueue?.(batch));
    this.#holdback = this.#createHoldback();
  }

  spanEnded(span: RecordingSpan): void {
    this.noLongerOpen(span);
    const obstacle = this.#with.obstacle();
    if (obstacle !== undefined) return this.#with.ledger.openDropped(obstacle, span.spanId);
    let waiting: WaitingSpan | undefined;
    try {
      if (this.#with.enqueue === undefined && this.#holdback === undefined) this.#toSinksOnly(this.#finisher.finish(span));
      else waiting = this.#write(span);
    } catch (error) {
      this.#with.diagnostics.fault('Writing a span', error);
      return this.#with.ledger.openDropped('rejected', span.spanId);
    }
    if (waiting !== undefined) this.#keep(waiting, span);
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
      this.#with.encoder().items.undo(span.at);
      return ledger.openDropped('memory_budget', spanId);
    }
    ledger.spanBuffered();
    if (isHeld) this.#holdback.add(span);
    else this.#send(span);
  }

  #send(span: WaitingSpan): void {
    const { toSinks, enqueue, ledger } = this.#with;
    const isTaken = toSinks?.(span.parts) ?? false;
    if (enqueue === undefined) {
      this.#forget(span);
      if (!isTaken) ledger.bufferedDropped('memory_budget', 1, span.parts.spanId);
    } else {
      this.#with.budget.reserve(this.#batcher.add(span, this.#with.clock.monotonicMs));
      const { retainedBytes, wireBytes } = this.#batcher;
      if (retainedBytes > this.#maxWaitingBytes || wireBytes > this.#exitAllowanceBytes) this.#batcher.flush();
    }
  }

  /** Without a DSN nothing is written, unless a filter waits for the rest of the trace. */
  #toSinksOnly(parts: SpanParts): void {
    const { toSinks, ledger } = this.#with;
    if (toSinks?.(parts) === true) ledger.spanBuffered();
    else ledger.openDropped('memory_budget', parts.spanId);
  }

  #forget({ slab, retainedBytes }: WaitingSpan): void {
    this.#with.encoder().items.release(slab, 1);
    this.#with.budget.release(retainedBytes);
  }

  #write(span: RecordingSpan): WaitingSpan {
    const { items } = this.#with.encoder();
    const { segment } = span;
    const parts: SpanParts = this.#finisher.finish(span);
    let at = items.write(parts);
    let wireBytes = items.wireBytes(items.slab, at, segment);
    const excessBytes = wireBytes > this.#maxSpanBytes ? items.sentBytes(at, segment) - this.#maxSpanBytes : 0;
    if (excessBytes > 0) {
      this.#with.ledger.truncated++;
      items.undo(at);
      at = items.write(shortenParts(parts, excessBytes));
      wireBytes = items.wireBytes(items.slab, at, segment);
    }
    const bytes = items.recordBytes(items.slab, at);
    return { parts, segment, slab: items.slab, at, end: at + bytes, wireBytes, retainedBytes: bytes };
  }

  #createHoldback(): Holdback | undefined {
    const { options, ledger, budget, diagnostics, clock } = this.#with;
    const { filterSegment } = options;
    if (filterSegment === undefined) return undefined;
    const wait = this.#batcher.addLane(options.holdback.maxMs);
    const unhold = (span: WaitingSpan): void => budget.release(span.retainedBytes * (HELD_BYTES_PER_BYTE - 1));
    return new Holdback({
      filterSegment: (segment, spans) =>
        this.#finisher.inHook(() => diagnostics.guard<unknown>('filterSegment', () => filterSegment(segment, spans), true) !== false, true),
      toJSON: ({ parts }) => this.#finisher.toJSON(parts),
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
