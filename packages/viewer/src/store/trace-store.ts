import type { ReadSpan, TraceRow, ViewerSpan } from '../span-record.ts';
import { StoredTrace, type StoredSpan } from './stored-trace.ts';

/** How much the store keeps. */
export interface StoreLimits {
  readonly maxTraces: number;
  readonly maxBytes: number;
}

/** Hears of each span once it is stored. */
export type SpanListener = (stored: StoredSpan) => void;

/** What a reader gets that comes back with a cursor. */
export interface SpansSince {
  readonly spans: readonly StoredSpan[];
  readonly cursor: string;
  /** Whether spans that came after the cursor are no longer kept. */
  readonly gap: boolean;
}

/** Keeps the traces that received something last, within bounds of count and bytes. */
export class TraceStore {
  readonly #limits: StoreLimits;
  readonly #now: () => number;
  /** In the order of the last arrival, oldest first. */
  readonly #traces = new Map<string, StoredTrace>();
  readonly #listeners = new Set<SpanListener>();
  /** Tells cursors of another run apart. */
  readonly #run = Math.random().toString(36).slice(2, 8);
  /** In the order of arrival; spans of evicted traces are swept out from time to time. */
  #arrivals: StoredSpan[] = [];
  #sequence = 0;
  #lastEvicted = 0;
  #bytes = 0;
  #spans = 0;
  #evictedSpans = 0;
  #duplicates = 0;

  constructor(limits: StoreLimits, now: () => number = () => Date.now() / 1000) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Stores a span unless its id is known in its trace; the copy that came first stays, as on the real server. */
  add(span: ReadSpan | ViewerSpan): StoredSpan | undefined {
    const trace = this.#traces.get(span.trace_id) ?? new StoredTrace(span.trace_id);
    if (trace.has(span.span_id)) {
      this.#duplicates++;
      return undefined;
    }
    const receivedAt = 'received_at' in span ? span.received_at : this.#now();
    const stored = trace.add({ ...span, received_at: receivedAt }, ++this.#sequence);
    this.#traces.delete(span.trace_id);
    this.#traces.set(span.trace_id, trace);
    this.#arrivals.push(stored);
    this.#bytes += stored.bytes;
    this.#spans++;
    this.#evict();
    for (const listener of this.#listeners) listener(stored);
    return stored;
  }

  /** Calls back for each span stored from now on. */
  onSpan(listener: SpanListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The kept traces, the one that received something last first. */
  rows(): TraceRow[] {
    return [...this.#traces.values()].reverse().map((trace) => trace.row());
  }

  trace(traceId: string): StoredTrace | undefined {
    return this.#traces.get(traceId);
  }

  /** Names the point after the newest span. */
  cursor(): string {
    return `${this.#run}.${this.#sequence}`;
  }

  /** Names the point after a stored span. */
  cursorAt(stored: StoredSpan): string {
    return `${this.#run}.${stored.sequence}`;
  }

  /** The spans that came after a cursor, or all; undefined when the text is no cursor. */
  spansSince(cursor: string | undefined, limit = Infinity): SpansSince | undefined {
    const parts = cursor === undefined ? undefined : /^([a-z0-9]{1,8})\.(\d{1,15})$/.exec(cursor);
    if (parts === null) return undefined;
    const foreign = parts !== undefined && parts[1] !== this.#run;
    const after = parts === undefined || foreign ? 0 : Number(parts[2]);
    const gap = parts !== undefined && (foreign || after < this.#lastEvicted);
    const spans: StoredSpan[] = [];
    for (let index = this.#indexAfter(after); index < this.#arrivals.length && spans.length < limit; index++) {
      const stored = this.#arrivals[index];
      if (stored !== undefined && !stored.evicted) spans.push(stored);
    }
    const last = spans.length < limit ? this.#sequence : (spans.at(-1)?.sequence ?? after);
    return { spans, cursor: `${this.#run}.${last}`, gap };
  }

  /** Forgets all traces. */
  clear(): void {
    for (const trace of [...this.#traces.values()]) this.#drop(trace);
    this.#sweep();
  }

  counts(): { traces: number; spans: number; bytes: number; received_spans: number; evicted_spans: number; duplicate_spans: number } {
    return {
      traces: this.#traces.size,
      spans: this.#spans,
      bytes: this.#bytes,
      received_spans: this.#sequence,
      evicted_spans: this.#evictedSpans,
      duplicate_spans: this.#duplicates,
    };
  }

  #evict(): void {
    while (this.#traces.size > this.#limits.maxTraces || (this.#bytes > this.#limits.maxBytes && this.#traces.size > 1)) {
      const [oldest] = this.#traces.values();
      if (oldest === undefined) break;
      this.#drop(oldest);
    }
    // One trace alone over the bound loses its oldest spans, so that what happens now stays visible.
    const [only] = this.#traces.values();
    while (this.#bytes > this.#limits.maxBytes && only !== undefined && only.size > 1) this.#forget(only.removeOldest());
    if (this.#arrivals.length > 1024 && this.#arrivals.length > 2 * this.#spans) this.#sweep();
  }

  #drop(trace: StoredTrace): void {
    this.#traces.delete(trace.traceId);
    for (const stored of trace.spans()) this.#forget(stored);
  }

  #forget(stored: StoredSpan | undefined): void {
    if (stored === undefined) return;
    stored.evicted = true;
    this.#bytes -= stored.bytes;
    this.#spans--;
    this.#evictedSpans++;
    this.#lastEvicted = Math.max(this.#lastEvicted, stored.sequence);
  }

  #sweep(): void {
    this.#arrivals = this.#arrivals.filter((stored) => !stored.evicted);
  }

  #indexAfter(sequence: number): number {
    let low = 0;
    let high = this.#arrivals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#arrivals[middle]?.sequence ?? Infinity) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
