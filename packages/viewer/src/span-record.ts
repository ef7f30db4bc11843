/** What an attribute can hold; a measured value carries its unit. */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly boolean[]
  | { readonly value: string | number | boolean; readonly unit: string };

/** Attributes by name. */
export type Attributes = Record<string, AttributeValue>;

/** Relates a span to one of any trace. */
export interface SpanLink {
  readonly context: { readonly traceId: string; readonly spanId: string; readonly sampled?: boolean };
  readonly attributes?: Attributes;
}

/** A finished span with the fields the SDK's hooks see, before the viewer adds its own. */
export interface SpanFields {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  /** Whether it is the topmost span of its service in the trace. */
  readonly is_segment: boolean;
  /** Seconds since the epoch. */
  readonly start_timestamp: number;
  /** Seconds since the epoch. */
  readonly end_timestamp: number;
  readonly name: string;
  readonly status: 'ok' | 'error';
  readonly attributes: Attributes;
  readonly links?: readonly SpanLink[];
}

/** A span as the viewer's JSON has it. */
export interface ViewerSpan extends SpanFields {
  /** Who recorded it: `service.name`, else the release's name, else the project. */
  readonly service: string;
  /** Seconds since the epoch at which the viewer got it. */
  readonly received_at: number;
}

/** A span that was read from a request and is not stored yet. */
export type ReadSpan = SpanFields & { readonly service: string };

/** One line of the trace list. */
export interface TraceRow {
  readonly trace_id: string;
  readonly name: string;
  readonly services: readonly string[];
  readonly span_count: number;
  readonly error_count: number;
  readonly start_timestamp: number;
  readonly end_timestamp: number;
  /** Whether every parent that a span names has arrived. */
  readonly complete: boolean;
  readonly last_received_at: number;
}

/** How many spans of which category an SDK says it dropped, summed over its client reports. */
export interface ReportedLoss {
  readonly service: string;
  readonly reason: string;
  readonly category: string;
  readonly quantity: number;
  readonly last_at: number;
}

/** Something the developer should know about what was sent; equal ones are counted, not repeated. */
export interface Notice {
  readonly id: number;
  readonly kind: 'refused' | 'note';
  readonly source: 'envelope' | 'otlp' | 'file' | 'memory';
  readonly reason: string;
  /** The HTTP status answered, for refused requests. */
  readonly status?: number;
  /** Who sent it, as far as known: project and SDK. */
  readonly sender?: string;
  readonly count: number;
  readonly first_at: number;
  readonly last_at: number;
}

/** What is kept, and what was taken and refused since the start. */
export interface ViewerStats {
  readonly traces: number;
  readonly spans: number;
  /** What the kept spans cost in memory, roughly. */
  readonly bytes: number;
  readonly received_spans: number;
  readonly evicted_spans: number;
  readonly duplicate_spans: number;
  readonly envelopes: number;
  readonly otlp_requests: number;
  readonly refused: number;
  /** Items of accepted envelopes by type. */
  readonly items: Readonly<Record<string, number>>;
  /** What SDKs say they dropped, by reason. */
  readonly client_reports: Readonly<Record<string, number>>;
}
