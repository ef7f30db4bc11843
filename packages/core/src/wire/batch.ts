/**
 * A sealed group of spans of one trace, on its way out. It stays compact until a connection is free:
 * `encode` makes the envelope text at the last moment (R19: what is rate limited is never serialised).
 */
export interface Batch {
  /** The rate-limit category: `span` for streams, `transaction` for the static lifecycle. */
  readonly category: 'span' | 'transaction';
  readonly traceId: string;
  readonly spanCount: number;
  /** Bytes that the batch holds in memory, charged to the budget until it is delivered or dropped. */
  readonly retainedBytes: number;
  /** The whole envelope, in UTF-8. @param isShort for storage: text may be shorter, `expandShort` makes the envelope of it */
  encode(isShort?: boolean): Uint8Array<ArrayBuffer> | string;
  /** Whether what it would send now is over the limit of an envelope, because a name has grown since it was sealed. */
  isTooLong?(): boolean;
  /** Two halves, when it is too long or after a 413; undefined when it holds a single span. */
  halve(): [Batch, Batch] | undefined;
  /** Calls back with each span's id as two unsigned halves, for `explain`. */
  forEachSpanId(callback: (high: number, low: number) => void): void;
  /** Text of the id, if this batch holds the span. */
  hasSpan(spanId: string): boolean;
  /** Lets go of its memory, at its end. @param wasAccepted the backend took it, so nobody reads the encoded bytes any more */
  dispose?(wasAccepted: boolean): void;
  /** A form that takes less memory behind many others; it replaces this one. Undefined: there is none. @param epoch which flushes wait for it */
  pack?(epoch: number): Packed | undefined;
}

/** A batch that waits behind many others. */
export interface Packed {
  readonly category: Batch['category'];
  readonly epoch: number;
  /** As of the batch: what is charged while it is packed. */
  readonly retainedBytes: number;
  /** The batch again; it replaces this one. */
  unpack(): Batch;
}
