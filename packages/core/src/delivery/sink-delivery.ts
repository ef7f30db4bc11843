import type { SpanJSON } from '../span/span-data.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { Ledger } from './ledger.ts';
import type { Sink } from './sink.ts';
import { within } from './within.ts';

/** What a sink delivery is made of. */
export interface SinkDeliveryOptions {
  readonly sinks: readonly Sink[];
  /** Only without a DSN: then the sinks' answers decide what became of a span. */
  readonly ledger: Ledger | undefined;
  readonly diagnostics: Diagnostics;
  readonly platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'holdProcess'>;
  /** Runs what the SDK itself causes, whose requests are not to be traced (R28). */
  quietly<T>(callback: () => T): T;
}

/** Hands finished spans to the extra destinations. */
export class SinkDelivery {
  readonly #with: SinkDeliveryOptions;
  /** Spans that no sink has answered for yet, with what to do when it is too late. */
  readonly #pending = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: SinkDeliveryOptions) {
    this.#with = options;
  }

  /** Passes one span on; a span that any sink took counts as delivered. */
  send(span: SpanJSON): void {
    const { sinks, ledger } = this.#with;
    if (ledger !== undefined) {
      ledger.buffered--;
      ledger.inFlight++;
    }
    const answers = Promise.all(sinks.map((sink) => this.#ask(sink, async () => (await sink.send([span]), true))));
    this.#pending.set(
      span.span_id,
      answers.then((taken) => {
        if (!this.#pending.delete(span.span_id)) return; // given up meanwhile
        if (taken.includes(true)) ledger?.spanDelivered(span.span_id);
        else ledger?.inFlightDropped('rejected', span.span_id);
      }),
    );
  }

  /** True when each sink has taken or refused all that it was given, and has sent it, within the time. */
  flush(timeoutMs: number): Promise<boolean> {
    return this.#withinTime(timeoutMs, (sink) => sink.flush?.(timeoutMs) ?? true, [...this.#pending.values()]);
  }

  /** Flushes and closes the sinks; spans that none has answered for by then count as `shutdown`. */
  async close(timeoutMs: number): Promise<boolean> {
    const isFlushed = await this.flush(timeoutMs);
    const isClosed = this.#isClosed || (await this.#withinTime(timeoutMs, async (sink) => (await sink.close?.(timeoutMs), true)));
    this.#isClosed = true;
    for (const spanId of this.#pending.keys()) this.#with.ledger?.inFlightDropped('shutdown', spanId);
    this.#pending.clear();
    return isFlushed && isClosed;
  }

  #withinTime(timeoutMs: number, question: (sink: Sink) => boolean | Promise<boolean>, more: Promise<void>[] = []): Promise<boolean> {
    return within(this.#with.platform, timeoutMs, async (late) => {
      const answers = Promise.all([...this.#with.sinks.map((sink) => this.#ask(sink, () => question(sink))), ...more]);
      return !((await Promise.race([answers, late])) || [false]).includes(false);
    });
  }

  async #ask(sink: Sink, question: () => boolean | Promise<boolean>): Promise<boolean> {
    try {
      return await this.#with.quietly(question);
    } catch (error) {
      this.#with.diagnostics.fault(`The sink ${sink.name}`, error);
      return false;
    }
  }
}
