import type { InertReason, InertSpan } from '../span/inert-span.ts';
import { OpenSpans } from '../span/open-spans.ts';
import type { RecordingSpan } from '../span/span.ts';
import type { RefusalReason } from '../trace/span-sink.ts';
import type { ByteBudget } from './budget.ts';
import type { Ledger } from './ledger.ts';

/** Heap bytes of an open span with a few attributes. */
const OPEN_SPAN_BYTES = 700;

/** Who counts the spans that start, in either lifecycle, and what they take while they are open. */
export class SpanAccounts {
  readonly openSpans = new OpenSpans();
  readonly #ledger: Ledger;
  readonly #budget: ByteBudget;

  constructor({ ledger, budget }: { readonly ledger: Ledger; readonly budget: ByteBudget }) {
    this.#ledger = ledger;
    this.#budget = budget;
  }

  admitsNewTrace(): boolean {
    return this.#budget.admitsNewTrace();
  }

  admitsSpan(): boolean {
    return this.#budget.admits(OPEN_SPAN_BYTES, false);
  }

  spanStarted(span: RecordingSpan): void {
    this.openSpans.add(span);
    this.#budget.reserve(OPEN_SPAN_BYTES);
    this.#ledger.spanStarted();
  }

  spanRefused(reason: RefusalReason, _span: InertSpan): void {
    this.#ledger.spanRefused(reason);
  }

  inertIdKnown(spanId: string, reason: InertReason): void {
    if (reason !== 'off' && reason !== 'mode' && reason !== 'closed') this.#ledger.noteRefused(spanId, reason);
  }

  valueTruncated(): void {
    this.#ledger.truncated++;
  }

  /** It is open no longer. */
  protected noLongerOpen(span: RecordingSpan): void {
    this.openSpans.delete(span);
    this.#budget.release(OPEN_SPAN_BYTES);
  }
}
