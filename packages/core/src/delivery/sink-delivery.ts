import type { SpanJSON } from '../span/span-data.ts';
import type { Diagnostics } from '../diagnostics.ts';
import type { Ledger } from './ledger.ts';
import type { Sink } from './sink.ts';

/** Hands finished spans to the extra destinations. Where there is no DSN their answer decides what became of a span. */
export class SinkDelivery {
  readonly #sinks: readonly Sink[];
  readonly #ledger: Ledger | undefined;
  readonly #diagnostics: Diagnostics;

  /** @param ledger only without a DSN: spans are counted here */
  constructor(sinks: readonly Sink[], ledger: Ledger | undefined, diagnostics: Diagnostics) {
    this.#sinks = sinks;
    this.#ledger = ledger;
    this.#diagnostics = diagnostics;
  }

  /** Passes one span on; a span that any sink took counts as delivered. */
  send(span: SpanJSON): void {
    const ledger = this.#ledger;
    const answers = this.#sinks.map((sink) => this.#offer(sink, span));
    if (ledger === undefined) return;
    ledger.buffered--;
    ledger.inFlight++;
    void Promise.all(answers).then((taken) => {
      if (taken.includes(true)) ledger.spanDelivered(span.span_id);
      else ledger.inFlightDropped('rejected', span.span_id);
    });
  }

  async flush(timeoutMs: number): Promise<boolean> {
    const results = await Promise.all(this.#sinks.map((sink) => this.#ask(sink, () => sink.flush?.(timeoutMs) ?? true)));
    return results.every(Boolean);
  }

  async close(timeoutMs: number): Promise<boolean> {
    const results = await Promise.all(this.#sinks.map((sink) => this.#ask(sink, async () => (await sink.close?.(timeoutMs), true))));
    return results.every(Boolean);
  }

  async #offer(sink: Sink, span: SpanJSON): Promise<boolean> {
    return this.#ask(sink, async () => (await sink.send([span]), true));
  }

  async #ask(sink: Sink, question: () => boolean | Promise<boolean>): Promise<boolean> {
    try {
      return await question();
    } catch (error) {
      this.#diagnostics.fault(`The sink ${sink.name}`, error);
      return false;
    }
  }
}
