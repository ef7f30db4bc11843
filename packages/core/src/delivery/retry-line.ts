import type { Platform } from '../platform.ts';

/** Upper ends of the jittered waits before the three retries of one envelope. */
const RETRY_CAPS_MS = [1000, 2000, 4000] as const;
/** So many failures in a row, without any answer in between, mean that the backend is down and not one connection. */
const FAILURES_UNTIL_DOWN = 3;
const FIRST_PROBE_CAP_MS = 1000;
const LAST_PROBE_CAP_MS = 5000;

/** How often an envelope is tried again. */
export const MAX_RETRIES = RETRY_CAPS_MS.length;

interface Waiter {
  dueMs: number;
  /** The backend named the instant (`Retry-After`), so that news of its recovery does not advance it. */
  readonly isFixed: boolean;
  readonly resume: (again: boolean) => void;
}

type Clock = Pick<Platform, 'monotonicMs' | 'setTimer' | 'clearTimer'>;

/**
 * Where failed envelopes wait for their next attempt, and the breaker: while the backend is down one envelope at a time
 * probes it, whatever waits, so an outage costs neither CPU nor memory. Any answer ends that and lets all go at once.
 */
export class RetryLine {
  readonly #clock: Clock;
  readonly #onRelease: () => void;
  #waiters: Waiter[] = [];
  #failures = 0;
  #probes = 0;
  #nextProbeMs = 0;
  #isProbing = false;
  #timer: unknown;

  /** `onRelease` is called when new envelopes may start again. */
  constructor(clock: Clock, onRelease: () => void) {
    this.#clock = clock;
    this.#onRelease = onRelease;
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Whether the backend is taken for down. */
  get isDown(): boolean {
    return this.#failures >= FAILURES_UNTIL_DOWN;
  }

  /** Asks to start an envelope that was never tried; while the backend is down a yes makes it the probe. */
  tryStart(): boolean {
    if (!this.isDown) return true;
    if (this.#isProbing || this.#waiters.length > 0 || this.#clock.monotonicMs() < this.#nextProbeMs) {
      this.#arm();
      return false;
    }
    this.#isProbing = true;
    return true;
  }

  /** An attempt got an answer that is worth nothing to repeat: the backend is up. */
  noteAnswer(): void {
    this.#isProbing = false;
    if (this.#failures === 0) return;
    const wasDown = this.isDown;
    this.#failures = 0;
    this.#probes = 0;
    this.#nextProbeMs = 0;
    if (!wasDown) return;
    const nowMs = this.#clock.monotonicMs();
    for (const waiter of this.#waiters) if (!waiter.isFixed) waiter.dueMs = nowMs;
    this.#release();
    this.#onRelease();
  }

  /** An attempt failed in a way that is worth repeating. */
  noteFailure(): void {
    this.#failures++;
    this.#isProbing = false;
    if (!this.isDown) return;
    const nowMs = this.#clock.monotonicMs();
    // What else fails before the next probe began before this failure was known: one step for all of them.
    if (nowMs < this.#nextProbeMs) return;
    const capMs = Math.min(LAST_PROBE_CAP_MS, FIRST_PROBE_CAP_MS * 2 ** Math.min(this.#probes++, 8));
    this.#nextProbeMs = nowMs + Math.random() * capMs;
    this.#arm();
  }

  /** The probe was given up before it was sent. */
  cancelProbe(): void {
    this.#isProbing = false;
    this.#arm();
  }

  /** Resolves with true when the envelope shall be tried again, with false when it was dismissed. */
  wait(owner: { dismiss: ((again: boolean) => void) | undefined }, attempt: number, retryAfterMs: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const delayMs = retryAfterMs ?? Math.random() * (RETRY_CAPS_MS[attempt] ?? LAST_PROBE_CAP_MS);
      const waiter: Waiter = {
        dueMs: this.#clock.monotonicMs() + delayMs,
        isFixed: retryAfterMs !== undefined,
        resume: (again) => {
          owner.dismiss = undefined;
          resolve(again);
        },
      };
      owner.dismiss = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        waiter.resume(false);
        this.#arm();
      };
      this.#waiters.push(waiter);
      this.#arm();
    });
  }

  /** Cancels the timer; whoever waits stays. */
  stop(): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** One timer for all that wait. */
  #arm(): void {
    if (this.#timer !== undefined) this.stop();
    if (this.isDown && this.#isProbing) return;
    let dueMs = this.isDown && this.#waiters.length === 0 ? this.#nextProbeMs : Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) dueMs = Math.min(dueMs, waiter.dueMs);
    if (dueMs === Number.POSITIVE_INFINITY) return;
    if (this.isDown) dueMs = Math.max(dueMs, this.#nextProbeMs);
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        this.#release();
        if (this.isDown && this.#waiters.length === 0) this.#onRelease();
      },
      Math.max(0, Math.ceil(dueMs - this.#clock.monotonicMs())),
    );
  }

  #release(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.isDown) {
      const index = nowMs < this.#nextProbeMs ? -1 : this.#waiters.findIndex((waiter) => waiter.dueMs <= nowMs);
      const [probe] = index < 0 ? [] : this.#waiters.splice(index, 1);
      if (probe !== undefined) {
        this.#isProbing = true;
        probe.resume(true);
      }
    } else {
      const due = this.#waiters.filter((waiter) => waiter.dueMs <= nowMs);
      this.#waiters = this.#waiters.filter((waiter) => waiter.dueMs > nowMs);
      for (const waiter of due) waiter.resume(true);
    }
    if (this.#waiters.length > 0) this.#arm();
  }
}
