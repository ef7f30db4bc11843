/** A trace as far as this process knows it; pinned by `continueTrace`, `startNewTrace` or an isolation scope (R1). */
export interface TraceContext {
  readonly traceId: string;
  /** The remote span that this trace was continued from. */
  readonly parentSpanId?: string | undefined;
  /** The decision made upstream; absent: undecided. */
  readonly sampled?: boolean | undefined;
  /** Six digits in [0, 1) that travel in baggage, so that every service decides alike (R21). */
  readonly sampleRand: number;
  /** Upstream's sample rate, when its baggage had a usable one. */
  readonly sampleRate?: number | undefined;
  /** Upstream's dynamic sampling context as it came (R26). */
  readonly dsc?: Readonly<Record<string, string>> | undefined;
  readonly tracestate?: string | undefined;
  /** Baggage members of others, byte for byte. */
  readonly foreignBaggage?: string | undefined;
}
