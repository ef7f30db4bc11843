import type { Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { SpanJSON } from '../span/span-data.ts';
import type { SpanParts } from '../wire/constants.ts';
import type { ByteBudget } from './budget.ts';
import { type DropReason, noDrops } from './drop-reason.ts';
import type { Ledger } from './ledger.ts';
import type { Sink, SinkAnswer, SinkLoss, SinkStats } from './sink.ts';
import { allLost, countLost, readReceipt, SinkBatch } from './sink-batch.ts';
import { within } from './within.ts';

/** What sinks that collect spans themselves get at once: fewer batches cost less. The others get theirs in the next turn. */
const COLLECT_MS = 100;
/** Handed over in one turn, which a sink may need a millisecond or two for. */
const MAX_BATCH_SPANS = 512;
/** So many wait at most where the program never yields; then they are handed over inside `span.end()`. */
const MAX_WAITING_SPANS = 4096;
/** Of memory, beside envelopes: a sink that hangs is not to cost the DSN its spans. */
const SHARE_BESIDE_DSN = 1 / 4;
/** Heap bytes of a waiting span less its texts: 500 to 700 while it is an object, 150 to 700 once it is encoded. */
const SPAN_BYTES = 700;
/** Heap bytes of an attribute less its texts: two places in a list and a number; as JSON, which custom sinks get, a property beside. */
const ATTRIBUTE_BYTES = 24;
const JSON_ATTRIBUTE_BYTES = 104;

/** What a sink delivery is made of. */
export interface SinkDeliveryOptions {
  readonly sinks: readonly Sink[];
  /** Only without a DSN: then the sinks' answers decide what became of a span. */
  readonly ledger: Ledger | undefined;
  readonly budget: ByteBudget;
  readonly diagnostics: Diagnostics;
  readonly platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'holdProcess' | 'monotonicMs'>;
  /** The span as custom sinks see it. */
  toJSON(span: SpanParts): SpanJSON;
  /** Runs what the SDK itself causes, whose requests are not to be traced (R28). */
  quietly<T>(callback: () => T): T;
}

interface Account {
  delivered: number;
  readonly dropped: Record<DropReason, number>;
}

/** Hands finished spans to the extra destinations, in batches, and hears what became of them. */
export class SinkDelivery {
  readonly sinks: readonly Sink[];
  readonly #with: SinkDeliveryOptions;
  readonly #accounts: Map<Sink, Account>;
  readonly #maxBytes: number;
  readonly #delayMs: number;
  readonly #perAttribute: number;
  #waiting: SpanParts[] = [];
  /** Of what waits, and of all that has no answer. */
  #waitingBytes = 0;
  #bytes = 0;
  readonly #pending = new Set<SinkBatch>();
  #timer: unknown;
  #isClosed = false;

  constructor(options: SinkDeliveryOptions) {
    this.#with = options;
    const { sinks, ledger, budget } = options;
    this.sinks = sinks;
    this.#accounts = new Map(sinks.map((sink) => [sink, { delivered: 0, dropped: noDrops() }]));
    this.#maxBytes = ledger === undefined ? budget.maxBytes * SHARE_BESIDE_DSN : Infinity;
    const hasOnlyParts = sinks.every((sink) => sink.sendParts !== undefined);
    this.#delayMs = hasOnlyParts ? COLLECT_MS : 0;
    this.#perAttribute = hasOnlyParts ? ATTRIBUTE_BYTES : JSON_ATTRIBUTE_BYTES;
  }

  /** Takes a finished span, which the ledger has as `buffered` without a DSN; false when there is no memory for it. */
  send(span: SpanParts): boolean {
    const { budget } = this.#with;
    const bytes = weigh(span, this.#perAttribute);
    if (this.#bytes + bytes > this.#maxBytes || !budget.tryReserve(bytes, span.status === 'error')) {
      for (const { dropped } of this.#accounts.values()) dropped.memory_budget++;
      return false;
    }
    if (this.#waiting.length >= MAX_WAITING_SPANS) this.handOverAll();
    this.#bytes += bytes;
    this.#waitingBytes += bytes;
    const count = this.#waiting.push(span);
    if (count === MAX_BATCH_SPANS) this.#schedule(0);
    else if (this.#timer === undefined) this.#schedule(this.#delayMs);
    return true;
  }

  /** Where a span is that waits here. */
  stateOf(spanId: string): 'buffered' | 'in_flight' | undefined {
    if (this.#waiting.some((span) => span.spanId === spanId)) return 'buffered';
    for (const { spanIds } of this.#pending) if (spanIds.includes(spanId)) return 'in_flight';
    return undefined;
  }

  /** What became of the spans, for each sink. */
  stats(): SinkStats[] {
    return Array.from(this.#accounts, ([sink, { delivered, dropped }]) => {
      let waiting = this.#waiting.length;
      for (const batch of this.#pending) if (batch.waiting.has(sink)) waiting += batch.spanIds.length;
      return { name: sink.name, waiting, delivered, dropped: { ...dropped } };
    });
  }

  /** True when each sink has taken or refused all that it was given, and has sent it, within the time. */
  flush(timeoutMs: number): Promise<boolean> {
    return within(this.#with.platform, timeoutMs, async (late) => {
      this.handOverAll();
      const flushed = this.#askAll((sink) => sink.flush?.(timeoutMs) ?? true);
      const answered = Promise.all(Array.from(this.#pending, (batch) => batch.answered)).then(() => true);
      return !((await Promise.race([Promise.all([...flushed, answered]), late])) || [false]).includes(false);
    });
  }

  /** Flushes and closes the sinks; spans that none has answered for by then count as `shutdown`. */
  async close(timeoutMs: number): Promise<boolean> {
    const { platform } = this.#with;
    const endMs = platform.monotonicMs() + timeoutMs;
    const isFlushed = await this.flush(timeoutMs);
    const leftMs = Math.max(0, endMs - platform.monotonicMs());
    const isClosed = this.#isClosed || (await this.#closeSinks(leftMs));
    this.#isClosed = true;
    for (const batch of this.#pending)
      for (const sink of [...batch.waiting]) this.#answered(batch, sink, allLost('shutdown', batch.spanIds.length));
    this.#cancelTimer();
    return isFlushed && isClosed;
  }

  #closeSinks(timeoutMs: number): Promise<boolean> {
    return within(this.#with.platform, timeoutMs, async (late) => {
      const closed = Promise.all(this.#askAll(async (sink) => (await sink.close?.(timeoutMs), true)));
      return !((await Promise.race([closed, late])) || [false]).includes(false);
    });
  }

  #askAll(question: (sink: Sink) => boolean | Promise<boolean>): Promise<boolean>[] {
    return this.#with.sinks.map(async (sink) => {
      try {
        return await this.#with.quietly(() => question(sink));
      } catch (error) {
        this.#with.diagnostics.fault(`The sink ${sink.name}`, error);
        return false;
      }
    });
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer();
    this.#timer = this.#with.platform.setTimer(() => this.#handOver(), delayMs);
  }

  #cancelTimer(): void {
    if (this.#timer !== undefined) this.#with.platform.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** The sinks get all that waits, now. */
  handOverAll(): void {
    while (this.#waiting.length > 0) this.#handOver();
  }

  /** One batch; what remains has a turn of its own. */
  #handOver(): void {
    this.#cancelTimer();
    const spans = this.#waiting;
    this.#waiting = spans.length > MAX_BATCH_SPANS ? spans.splice(MAX_BATCH_SPANS) : [];
    if (spans.length === 0) return;
    if (this.#waiting.length > 0) this.#schedule(0);
    const bytes = this.#waiting.length === 0 ? this.#waitingBytes : spans.reduce((sum, span) => sum + weigh(span, this.#perAttribute), 0);
    this.#waitingBytes -= bytes;
    const { sinks, ledger } = this.#with;
    const batch = new SinkBatch(
      spans.map(({ spanId }) => spanId),
      bytes,
      sinks,
    );
    this.#pending.add(batch);
    ledger?.spansSending(spans.length);
    let json: readonly SpanJSON[] | undefined;
    const toJSON = (): readonly SpanJSON[] => (json ??= spans.map((span) => this.#with.toJSON(span)));
    for (const sink of sinks)
      void this.#give(batch, sink, () => (sink.sendParts === undefined ? sink.send(toJSON()) : sink.sendParts(spans)));
  }

  async #give(batch: SinkBatch, sink: Sink, send: () => SinkAnswer): Promise<void> {
    const { length } = batch.spanIds;
    try {
      const answer: unknown = await this.#with.quietly(send);
      this.#answered(batch, sink, readReceipt(answer, batch.spanIds));
    } catch (error) {
      this.#with.diagnostics.fault(`The sink ${sink.name}`, error);
      this.#answered(batch, sink, allLost('rejected', length));
    }
  }

  #answered(batch: SinkBatch, sink: Sink, losses: readonly SinkLoss[]): void {
    if (!batch.waiting.has(sink)) return; // given up meanwhile
    const account = this.#accounts.get(sink)!;
    account.delivered += batch.spanIds.length - countLost(losses);
    for (const { reason, quantity } of losses) account.dropped[reason] += quantity;
    if (!batch.answer(sink, losses)) return;
    this.#pending.delete(batch);
    this.#bytes -= batch.bytes;
    this.#with.budget.release(batch.bytes);
    this.#with.ledger?.spansAnswered(batch.spanIds, batch.losses);
  }
}

/** What the span takes while it waits, roughly and rather too much. */
function weigh({ name, attributes, links = [] }: SpanParts, perAttribute: number): number {
  let bytes = SPAN_BYTES * (1 + links.length) + name.length + weighList(attributes, perAttribute);
  for (const link of links) if (link.attributes !== undefined) bytes += weighList(Object.entries(link.attributes).flat(), perAttribute);
  return bytes;
}

function weighList(list: readonly unknown[], perAttribute: number): number {
  let bytes = (list.length / 2) * perAttribute;
  for (const item of list) bytes += typeof item === 'string' ? item.length : Array.isArray(item) ? item.join().length : 8;
  return bytes;
}
