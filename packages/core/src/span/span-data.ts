import type { AttributeValue, Attributes } from './attributes.ts';
import './disposable.ts';

/** Relates a span to one of any trace, e.g. a consumed message to its producer. */
export interface SpanLink {
  readonly context: { readonly traceId: string; readonly spanId: string; readonly sampled?: boolean };
  readonly attributes?: Attributes;
}

/** What other parties need to know of a span. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

export type SpanStatus = 'ok' | 'error';

/** One timed piece of work. Ended spans are frozen; inert ones answer to everything and record nothing (R8). */
export interface Span extends Disposable {
  readonly name: string;
  readonly status: SpanStatus;
  /** The ids that travel; valid on inert spans, too. */
  spanContext(): SpanContext;
  /** Whether what is set here can still reach a backend. */
  isRecording(): boolean;
  /** Renames the span; a top-level span's new name reaches its buffered children, too (R5). */
  setName(name: string): this;
  /** An explicit status is kept when a callback throws later. */
  setStatus(status: SpanStatus, message?: string): this;
  /** `undefined` removes the attribute. */
  setAttribute(key: string, value: AttributeValue | undefined): this;
  setAttributes(attributes: Attributes): this;
  getAttributes(): Readonly<Attributes>;
  addLink(link: SpanLink): this;
  addLinks(links: SpanLink[]): this;
  /** Ends the span; only the first call counts. @param endTime ms since the epoch; unusable values mean now (R4). */
  end(endTime?: number | Date): void;
}

/** Where an object that can be passed for a span has the span that it stands for. */
export const STANDS_FOR: unique symbol = Symbol.for('spanstream.standsFor');

/** A finished span as hooks see it, the same in both lifecycles. */
export interface SpanJSON {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  /** Whether it is the topmost span of this service in the trace. */
  readonly is_segment: boolean;
  /** Seconds since the epoch. */
  readonly start_timestamp: number;
  /** Seconds since the epoch. */
  readonly end_timestamp: number;
  name: string;
  status: SpanStatus;
  attributes: Record<string, AttributeValue>;
  links?: SpanLink[];
}
