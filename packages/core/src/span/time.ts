/** The two clocks of a platform, in milliseconds. */
export interface ClockSource {
  wallClockMs(): number;
  monotonicMs(): number;
}

/** Beyond this the wall clock was stepped or the machine slept, and the anchor moves with it. */
const MAX_DRIFT_MS = 50;

/**
 * Wall time at the monotonic clock's resolution. Each read checks the anchor, since a monotonic clock that stood still while
 * the machine slept would put every later span into the past (R4).
 */
export class Clock {
  readonly #source: ClockSource;
  /** Wall time minus monotonic time. Compared between two reads it tells by how much the clocks disagree. */
  offsetMs: number;
  /** The monotonic time of the last read. */
  monotonicMs: number;

  constructor(source: ClockSource) {
    this.#source = source;
    this.monotonicMs = source.monotonicMs();
    this.offsetMs = source.wallClockMs() - this.monotonicMs;
  }

  /** Reads both clocks; the answer is milliseconds since the epoch with a fraction. */
  now(): number {
    const monotonicMs = this.#source.monotonicMs();
    const behindMs = this.#source.wallClockMs() - (monotonicMs + this.offsetMs);
    // The wall clock counts whole milliseconds, so being behind it at all means that the anchor can be sharpened.
    if (behindMs > 0 || behindMs < -MAX_DRIFT_MS) this.offsetMs += behindMs;
    this.monotonicMs = monotonicMs;
    return monotonicMs + this.offsetMs;
  }
}

/** A time that a user gave, in ms since the epoch; `undefined` when it is none (R4: that means now). */
export function toEpochMs(time: number | Date | undefined): number | undefined {
  if (time === undefined || time === null) return undefined;
  try {
    const ms = typeof time === 'number' ? time : time.getTime();
    return typeof ms === 'number' && ms >= 0 && ms < MAX_EPOCH_MS ? ms : undefined;
  } catch {
    return undefined; // not a date at all: means now
  }
}

/** The last instant of the year 9999, up to which `Date` and ISO 8601 with four-digit years agree. */
const MAX_EPOCH_MS = 253_402_300_800_000;
