import type { RecordingSpan } from './span.ts';

/** All spans that have started and not ended, linked through the spans themselves: a Set would cost ten times as much. */
export class OpenSpans {
  #newest: RecordingSpan | undefined = undefined;

  add(span: RecordingSpan): void {
    const newest = this.#newest;
    span.previousOpen = newest;
    if (newest !== undefined) newest.nextOpen = span;
    this.#newest = span;
  }

  delete(span: RecordingSpan): void {
    const { previousOpen, nextOpen } = span;
    if (previousOpen !== undefined) previousOpen.nextOpen = nextOpen;
    if (nextOpen !== undefined) nextOpen.previousOpen = previousOpen;
    else this.#newest = previousOpen;
    // An ended span must not keep others from being collected (R9).
    span.previousOpen = undefined;
    span.nextOpen = undefined;
  }

  /** Newest first, so that ending them in this order ends children before parents. */
  *[Symbol.iterator](): Generator<RecordingSpan> {
    let span = this.#newest;
    while (span !== undefined) {
      const { previousOpen } = span;
      yield span;
      span = previousOpen;
    }
  }
}
