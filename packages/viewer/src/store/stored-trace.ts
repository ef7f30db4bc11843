import type { TraceRow, ViewerSpan } from '../span-record.ts';

/** A stored span: the text that is served, and what the rows and bounds need of it. */
export interface StoredSpan {
  readonly sequence: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly status: 'ok' | 'error';
  readonly isSegment: boolean;
  readonly start: number;
  readonly end: number;
  readonly service: string;
  readonly segmentName: string | undefined;
  /** The span as JSON. Kept as text: it is written out far more often than read, and its length is its cost. */
  readonly json: string;
  readonly bytes: number;
  evicted: boolean;
}

/** Bookkeeping per span beside its text, measured with 100,000 spans on Node 20. */
const OVERHEAD_BYTES = 400;

/** The spans of one trace. */
export class StoredTrace {
  readonly traceId: string;
  /** In the order of arrival. */
  readonly #spans = new Map<string, StoredSpan>();
  readonly #missingParents = new Set<string>();
  readonly #services = new Set<string>();
  #errors = 0;
  #start = Infinity;
  #end = -Infinity;
  #lastReceivedAt = 0;
  #title: StoredSpan | undefined;

  constructor(traceId: string) {
    this.traceId = traceId;
  }

  get size(): number {
    return this.#spans.size;
  }

  has(spanId: string): boolean {
    return this.#spans.has(spanId);
  }

  /** In the order of arrival. */
  spans(): Iterable<StoredSpan> {
    return this.#spans.values();
  }

  add(span: ViewerSpan, sequence: number): StoredSpan {
    const json = JSON.stringify(span);
    const segmentName = span.attributes['sentry.segment.name'];
    const stored: StoredSpan = {
      sequence,
      traceId: span.trace_id,
      spanId: span.span_id,
      parentId: span.parent_span_id,
      name: span.name,
      status: span.status,
      isSegment: span.is_segment,
      start: span.start_timestamp,
      end: span.end_timestamp,
      service: span.service,
      segmentName: typeof segmentName === 'string' ? segmentName : undefined,
      json,
      bytes: json.length + OVERHEAD_BYTES,
      evicted: false,
    };
    this.#spans.set(span.span_id, stored);
    this.#missingParents.delete(span.span_id);
    if (stored.parentId !== undefined && !this.#spans.has(stored.parentId)) this.#missingParents.add(stored.parentId);
    this.#services.add(stored.service);
    if (stored.status === 'error') this.#errors++;
    this.#start = Math.min(this.#start, stored.start);
    this.#end = Math.max(this.#end, stored.end);
    this.#lastReceivedAt = Math.max(this.#lastReceivedAt, span.received_at);
    if (this.#title === undefined || outranks(stored, this.#title)) this.#title = stored;
    return stored;
  }

  /** Forgets the span that came first. */
  removeOldest(): StoredSpan | undefined {
    const [oldest] = this.#spans.values();
    if (oldest === undefined) return undefined;
    this.#spans.delete(oldest.spanId);
    if (oldest.status === 'error') this.#errors--;
    return oldest;
  }

  row(): TraceRow {
    const title = this.#title;
    const isTop = title !== undefined && (title.parentId === undefined || title.isSegment);
    return {
      trace_id: this.traceId,
      name: (isTop ? title.name : (title?.segmentName ?? title?.name)) ?? '',
      services: [...this.#services],
      span_count: this.#spans.size,
      error_count: this.#errors,
      start_timestamp: this.#start,
      end_timestamp: this.#end,
      complete: this.#missingParents.size === 0,
      last_received_at: this.#lastReceivedAt,
    };
  }
}

/** Which of two spans names the trace: the root, else a service's topmost span, else the earliest. */
function outranks(candidate: StoredSpan, current: StoredSpan): boolean {
  const difference = rank(candidate) - rank(current);
  return difference > 0 || (difference === 0 && candidate.start < current.start);
}

function rank(stored: StoredSpan): number {
  if (stored.parentId === undefined) return stored.isSegment ? 3 : 2;
  return stored.isSegment ? 1 : 0;
}
