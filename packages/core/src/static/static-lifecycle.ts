import type { Batch } from '../wire/batch.ts';
import type { ByteBudget } from '../delivery/budget.ts';
import type { DropReason } from '../delivery/drop-reason.ts';
import type { Ledger } from '../delivery/ledger.ts';
import { SpanAccounts } from '../delivery/span-accounts.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import type { InertSpan } from '../span/inert-span.ts';
import type { Segment } from '../span/segment.ts';
import type { RecordingSpan } from '../span/span.ts';
import type { SpanJSON } from '../span/span-data.ts';
import type { RefusalReason, SpanSink } from '../trace/span-sink.ts';
import type { ConstantAttributes, SpanParts } from '../wire/constants.ts';
import type { FinalAttributesOptions } from '../wire/final-attributes.ts';
import { shortenParts } from '../wire/shorten.ts';
import { SpanFinisher } from '../wire/span-finisher.ts';
import { EventWriter, type Place } from './event-writer.ts';
import { tagsOf } from './tags.ts';
import { type TransactionFacts, TransactionFormat } from './transaction.ts';
import { TransactionBatch, type TransactionEnvelope } from './transaction-batch.ts';
import { MAX_TRANSACTION_BYTES, TransactionTree } from './transaction-tree.ts';

/** Says on a late child's transaction that the one it belongs to has gone. */
const PARENT_ALREADY_SENT = 'sentry.parent_span_already_sent';

/** What transactions say beside their spans, and how their text is kept. */
export interface EventFacts {
  readonly sdk: TransactionFacts['sdk'];
  /** Only with a tunnel. */
  readonly dsn: string | undefined;
  readonly integrations: readonly string[];
  newEventId(): string;
  /** What may lie idle for the next spans, at most. */
  readonly maxIdleBytes: number;
  /** Not with a transport of the application's own, which may keep what it was given. */
  readonly reusesOutputs: boolean;
}

/** What the lifecycle is made of. */
export interface StaticLifecycleOptions {
  readonly options: ResolvedOptions;
  readonly attributes: FinalAttributesOptions;
  readonly platform: Pick<Platform, 'name' | 'setTimer' | 'clearTimer' | 'wallClockMs'>;
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly diagnostics: Diagnostics;
  constants(): ConstantAttributes;
  readonly traceHeader: TransactionEnvelope['traceHeader'];
  readonly event: EventFacts;
  /** Why nothing can be sent now; undefined: it can. */
  obstacle(): DropReason | undefined;
  /** Takes transactions; undefined without a DSN. */
  readonly enqueue: ((batch: Batch) => void) | undefined;
  /** Takes each finished span for the extra destinations, if there is memory for it; undefined when there are none. */
  readonly toSinks: ((span: SpanParts) => boolean) | undefined;
}

/** Collects the tree of each top-level span and sends it as one transaction when that has ended (R11). */
export class StaticLifecycle extends SpanAccounts implements SpanSink {
  readonly #with: StaticLifecycleOptions;
  readonly #finisher: SpanFinisher;
  readonly #format: TransactionFormat;
  readonly #writer: EventWriter;
  readonly #envelope: TransactionEnvelope;
  /** Of each top-level span that has not left, what has ended below it. */
  readonly #trees = new Map<Segment, TransactionTree>();
  /** Those whose top-level span has ended: they leave in the next turn. */
  #ending: TransactionTree[] = [];
  #timer: unknown;
  /** Top-level spans that were refused and counted as a transaction each. */
  readonly #refused = new WeakSet<Segment>();

  constructor(parts: StaticLifecycleOptions) {
    super(parts);
    this.#with = parts;
    const { options, constants, traceHeader, event, platform } = parts;
    this.#finisher = new SpanFinisher({
      ...parts,
      limits: options.attributeLimits,
      beforeSendSpan: options.beforeSendSpan,
      valueTruncated: () => this.valueTruncated(),
    });
    const { release, environment, dist, serverName } = options;
    const { sdk, integrations, dsn, maxIdleBytes, reusesOutputs } = event;
    this.#format = new TransactionFormat({
      platform: platform.name,
      release,
      environment,
      dist,
      serverName,
      sdk,
      integrations,
      constants: constants(),
    });
    this.#writer = new EventWriter(maxIdleBytes, reusesOutputs);
    const constant = `,"sdk":${JSON.stringify(sdk)}${dsn === undefined ? '' : `,"dsn":${JSON.stringify(dsn)}`}`;
    this.#envelope = {
      wallClockMs: () => platform.wallClockMs(),
      traceHeader,
      constant,
      recycle: (output) => this.#writer.recycle(output),
    };
  }

  override spanRefused(reason: RefusalReason, span: InertSpan): void {
    super.spanRefused(reason, span);
    // A trace that is not recorded is lost as a transaction and with each of its spans; what vanishes from a recorded one is not.
    if (span.standIn !== undefined || reason === 'no_parent' || this.#refused.has(span.segment)) return;
    this.#refused.add(span.segment);
    this.#with.ledger.transactionLost(reason);
  }

  spanEnded(span: RecordingSpan): void {
    this.noLongerOpen(span);
    const { segment } = span;
    const obstacle = this.#with.obstacle();
    if (obstacle !== undefined) return this.#drop(span, obstacle);
    try {
      if (span.isSegment) this.#endTree(span, this.#treeOf(segment));
      else if (!segment.ended || this.#trees.has(segment)) this.#addChild(span, this.#treeOf(segment));
      else this.#sendLate(span);
    } catch (error) {
      this.#with.diagnostics.fault('Writing a span', error);
      this.#drop(span, 'rejected');
    }
  }

  /** Transactions whose top-level span has ended go on their way; the others wait for it. */
  flush(): void {
    this.#cancelTimer();
    const ending = this.#ending;
    this.#ending = [];
    for (const tree of ending) this.#send(tree);
  }

  /** Top-level spans that have not ended will leave no more; what has ended below them is given up with them. */
  stop(): void {
    for (const tree of this.#trees.values()) this.#discard(tree, 'shutdown');
  }

  /** Whether an ended span still waits here. */
  has(spanId: string): boolean {
    for (const { spanIds } of this.#trees.values()) if (spanIds.includes(spanId)) return true;
    return false;
  }

  /** Hears of a span that its transaction has no room for. */
  protected leftOut(_span: RecordingSpan): void {}

  /** Hears of a span that ends after its transaction has left. */
  protected isLate(_span: RecordingSpan): void {}

  /** Hears of each span that is kept, as it leaves. */
  protected finished(_parts: SpanParts): void {}

  /** The span as hooks and sinks see it. */
  protected toJSON(parts: SpanParts): SpanJSON {
    return this.#finisher.toJSON(parts);
  }

  #treeOf(segment: Segment): TransactionTree {
    let tree = this.#trees.get(segment);
    if (tree === undefined) this.#trees.set(segment, (tree = new TransactionTree(segment, this.#writer)));
    return tree;
  }

  #addChild(span: RecordingSpan, tree: TransactionTree): void {
    if (tree.isFull) return this.#leaveOut(span);
    const parts = this.#finisher.finish(span);
    if (this.#with.enqueue === undefined) return this.#toSinksOnly(parts);
    const place = this.#writer.writeChild(parts);
    const hasRoom = tree.hasRoomFor(place);
    if (!hasRoom || !this.#with.budget.tryReserve(TransactionTree.bytesOf(place), span.status === 'error')) {
      this.#writer.undo(place);
      return hasRoom ? this.#drop(span, 'memory_budget') : this.#leaveOut(span);
    }
    this.#with.ledger.spanBuffered();
    tree.addChild(span.spanId, place);
    this.#toSinks(parts);
  }

  #endTree(span: RecordingSpan, tree: TransactionTree): void {
    if (!this.#endTop(span, tree)) return;
    this.#ending.push(tree);
    this.#timer ??= this.#with.platform.setTimer(() => this.flush(), 0);
  }

  #sendLate(span: RecordingSpan): void {
    this.isLate(span);
    // The span has ended and takes no attributes any more, but this is said about it and not by it.
    span.attributes.push(PARENT_ALREADY_SENT, true);
    const tree = new TransactionTree(span.segment, this.#writer);
    if (this.#endTop(span, tree)) this.#send(tree);
  }

  /** Writes the span as the top of the tree; false when it is not to be sent with one. */
  #endTop(span: RecordingSpan, tree: TransactionTree): boolean {
    const parts = this.#finisher.finish(span);
    if (this.#with.enqueue === undefined) this.#toSinksOnly(parts);
    else {
      const place = this.#writeTop(parts, tagsOf(span));
      if (this.#with.budget.tryReserve(TransactionTree.bytesOf(place), true)) {
        this.#with.ledger.spanBuffered();
        tree.end(span.spanId, place);
        this.#toSinks(parts);
        return true;
      }
      this.#writer.undo(place);
      this.#drop(span, 'memory_budget');
    }
    return false;
  }

  /** One that is too large alone is shortened (R18): its attributes stand in the event up to three times. */
  #writeTop(parts: SpanParts, tags: ReadonlySet<string> | undefined): Place {
    const place = this.#format.write(this.#writer, parts, tags);
    const excessBytes = place.end - place.at - MAX_TRANSACTION_BYTES / 2;
    if (excessBytes <= 0) return place;
    this.#writer.undo(place);
    this.valueTruncated();
    return this.#format.write(this.#writer, shortenParts(parts, excessBytes), undefined);
  }

  #leaveOut(span: RecordingSpan): void {
    this.leftOut(span);
    this.#drop(span, 'transaction_limit');
  }

  #send(tree: TransactionTree): void {
    const { ledger, budget, event, enqueue } = this.#with;
    this.#trees.delete(tree.segment);
    const cut = tree.cutToLimit();
    if (cut.spanIds.length > 0) {
      budget.release(cut.bytes);
      ledger.bufferedDropped('transaction_limit', cut.spanIds.length, cut.spanIds);
    }
    enqueue?.(new TransactionBatch(tree, event.newEventId(), this.#envelope));
  }

  /** An open span is not kept; a top-level one takes its tree along. */
  #drop(span: RecordingSpan, reason: DropReason): void {
    const { ledger } = this.#with;
    ledger.openDropped(reason, span.spanId);
    const { segment, isSegment } = span;
    if (!isSegment && !segment.ended) return;
    const tree = this.#trees.get(segment);
    if (!isSegment && tree !== undefined) return;
    ledger.transactionLost(reason);
    if (tree !== undefined) this.#discard(tree, reason);
  }

  #discard(tree: TransactionTree, reason: DropReason): void {
    const { ledger, budget } = this.#with;
    this.#trees.delete(tree.segment);
    budget.release(tree.retainedBytes);
    ledger.bufferedDropped(reason, tree.spanIds.length, tree.spanIds);
    tree.dispose();
  }

  #toSinks(parts: SpanParts): boolean {
    this.finished(parts);
    return this.#with.toSinks?.(parts) ?? false;
  }

  /** Without a DSN nothing is collected: sinks take single spans. */
  #toSinksOnly(parts: SpanParts): void {
    if (parts.isSegment) this.#trees.delete(parts.segment);
    if (this.#toSinks(parts)) this.#with.ledger.spanBuffered();
    else this.#with.ledger.openDropped('memory_budget', parts.spanId);
  }

  #cancelTimer(): void {
    if (this.#timer === undefined) return;
    this.#with.platform.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
