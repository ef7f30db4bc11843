import type { Segment } from '../span/segment.ts';
import type { SpanJSON } from '../span/span-data.ts';
import type { Waiting } from './deadlines.ts';
import type { WaitingSpan } from './span-batch.ts';

/** Heap bytes of a span kept back as an object, for each byte of its text. */
export const HELD_BYTES_PER_BYTE = 5;

/** What becomes of kept-back spans. */
export interface HoldbackOptions {
  filterSegment(segment: SpanJSON, spans: SpanJSON[]): boolean;
  /** The span as hooks see it now: with its segment's final name once that has ended. */
  toJSON(span: WaitingSpan): SpanJSON;
  /** The window closed or the verdict is yes. */
  release(spans: readonly WaitingSpan[]): void;
  /** The verdict is no. */
  discard(spans: readonly WaitingSpan[]): void;
  /** A verdict of no on spans that are already on their way. */
  lateVerdict(): void;
  /** Adds to the lane of deadlines. */
  waitForWindow(waiting: Waiting): void;
}

type Verdict = 'keep' | 'drop' | 'late';

/** Spans of one local trace that wait for its verdict. */
interface Window extends Waiting {
  readonly segment: Segment;
  readonly spans: WaitingSpan[];
  isPending: boolean;
}

/** Keeps a local trace's finished spans until its top-level span ends, so that one verdict can apply to all (R20). */
export class Holdback {
  readonly #options: HoldbackOptions;
  readonly #windows = new Map<Segment, Window>();
  /** Verdicts outlive their windows as long as spans of the trace can still end. */
  readonly #verdicts = new WeakMap<Segment, Verdict>();

  constructor(options: HoldbackOptions) {
    this.#options = options;
  }

  /** Whether the span waits here. */
  has(spanId: string): boolean {
    for (const window of this.#windows.values()) if (window.spans.some(({ parts }) => parts.spanId === spanId)) return true;
    return false;
  }

  /** Takes a finished span: keeps it, or treats it as the verdict says. */
  add(span: WaitingSpan): void {
    const { segment } = span;
    const verdict = this.#verdicts.get(segment);
    if (verdict === 'drop') this.#options.discard([span]);
    else if (verdict === 'keep') this.#options.release([span]);
    else if (verdict === 'late') this.#addLate(span);
    else this.#hold(span);
  }

  /** Closes all windows: what is held leaves. */
  flush(): void {
    for (const window of this.#windows.values()) this.#expire(window);
  }

  #hold(span: WaitingSpan): void {
    const { segment } = span;
    let window = this.#windows.get(segment);
    if (window === undefined) {
      const opened: Window = { segment, spans: [], isPending: true, due: () => this.#expire(opened) };
      this.#windows.set(segment, (window = opened));
      this.#options.waitForWindow(opened);
    }
    window.spans.push(span);
    if (span.parts.isSegment) this.#decide(window);
  }

  #decide(window: Window): void {
    this.#close(window);
    const spans = window.spans.map((span) => this.#options.toJSON(span));
    const keep = this.#options.filterSegment(spans.at(-1)!, spans);
    this.#verdicts.set(window.segment, keep ? 'keep' : 'drop');
    if (keep) this.#options.release(window.spans);
    else this.#options.discard(window.spans);
  }

  #addLate(span: WaitingSpan): void {
    if (span.parts.isSegment) {
      const json = this.#options.toJSON(span);
      if (!this.#options.filterSegment(json, [json])) this.#options.lateVerdict();
    }
    this.#options.release([span]);
  }

  #expire(window: Window): void {
    this.#close(window);
    // A top-level span that ended before its window opened leaves late children: nobody will decide about them any more.
    this.#verdicts.set(window.segment, window.segment.ended ? 'keep' : 'late');
    this.#options.release(window.spans);
  }

  #close(window: Window): void {
    window.isPending = false;
    this.#windows.delete(window.segment);
  }
}
