/** Share of the budget kept for envelope texts in flight, so that a full buffer can still drain. */
const IN_FLIGHT_SHARE = 1 / 8;
/** Shares of what remains: whole new traces are refused first, then spans of known traces; errors may use all (R16). */
const NEW_TRACE_SHARE = 0.8;
const SPAN_SHARE = 0.9;

/**
 * The one byte budget over everything the SDK keeps (R16): open spans, buffers, queue, retries, texts in flight.
 * `retained + inFlight` stays within `maxBytes`, but that one envelope may always be in flight.
 */
export class ByteBudget {
  readonly maxBytes: number;
  /** Bytes of envelope text that may be in flight at a time. */
  readonly maxInFlightBytes: number;
  /** Bytes charged by whoever holds spans. */
  retained = 0;
  /** Bytes of encoded envelopes in the transport. */
  inFlight = 0;
  readonly #newTraceLimit: number;
  readonly #spanLimit: number;
  readonly #errorLimit: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.maxInFlightBytes = Math.floor(maxBytes * IN_FLIGHT_SHARE);
    this.#errorLimit = maxBytes - this.maxInFlightBytes;
    this.#spanLimit = Math.floor(this.#errorLimit * SPAN_SHARE);
    this.#newTraceLimit = Math.floor(this.#errorLimit * NEW_TRACE_SHARE);
  }

  /** All bytes in use now. */
  get used(): number {
    return this.retained + this.inFlight;
  }

  /** Whether a trace of which nothing was sent or buffered yet may begin. */
  admitsNewTrace(): boolean {
    return this.retained < this.#newTraceLimit;
  }

  /** Whether a span of this size still fits; errors have the last tenth to themselves. */
  admits(bytes: number, isError: boolean): boolean {
    return this.retained + bytes <= (isError ? this.#errorLimit : this.#spanLimit);
  }

  /** Charges the bytes if they fit. */
  tryReserve(bytes: number, isError = false): boolean {
    if (!this.admits(bytes, isError)) return false;
    this.retained += bytes;
    return true;
  }

  /** Charges bytes that are there already, e.g. the halves of a batch that was admitted whole. */
  reserve(bytes: number): void {
    this.retained += bytes;
  }

  /** Gives back what was charged. */
  release(bytes: number): void {
    this.retained -= bytes;
  }
}
