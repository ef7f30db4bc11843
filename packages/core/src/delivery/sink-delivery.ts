import type { SpanJSON } from '../span/span-data.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { Ledger } from './ledger.ts';
import type { Sink } from './sink.ts';

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
  async flush(timeoutMs: number): Promise<boolean> {
    const { sinks } = this.#with;
    const flushed = Promise.all([
      ...sinks.map((sink) => this.#ask(sink, () => sink.flush?.(timeoutMs) ?? true)),
      ...this.#pending.values(),
    ]);
    return this.#within(
      timeoutMs,
      flushed.then((results) => !results.includes(false)),
    );
  }

  /** Flushes and closes the sinks; spans that none has answered for by then count as `shutdown`. */
  async close(timeoutMs: number): Promise<boolean> {
    const { sinks, ledger } = this.#with;
    const isFlushed = await this.flush(timeoutMs);
    const closed = Promise.all(sinks.map((sink) => this.#ask(sink, async () => (await sink.close?.(timeoutMs), true))));
    const isClosed =
      this.#isClosed ||
      (await this.#within(
        timeoutMs,
        closed.then((results) => !results.includes(false)),
      ));
    this.#isClosed = true;
    for (const spanId of this.#pending.keys()) ledger?.inFlightDropped('shutdown', spanId);
    this.#pending.clear();
    return isFlushed && isClosed;
  }

  async #ask(sink: Sink, question: () => boolean | Promise<boolean>): Promise<boolean> {
    try {
      return await this.#with.quietly(question);
    } catch (error) {
      this.#with.diagnostics.fault(`The sink ${sink.name}`, error);
      return false;
    }
  }

  async #within(timeoutMs: number, result: Promise<boolean>): Promise<boolean> {
    const { platform } = this.#with;
    const release = platform.holdProcess?.();
    let timer: unknown;
    const late = new Promise<false>((resolve) => {
      timer = platform.setTimer(() => resolve(false), Math.min(timeoutMs, MAX_TIMER_MS));
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      platform.clearTimer(timer);
      release?.();
    }
  }
}

/** Larger delays overflow the runtimes' timers and would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
