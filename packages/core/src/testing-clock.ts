/** After so many turns of promises whoever is going to act without a timer has done so. */
const PROMISE_TURNS = 50;
/** The runtime's own, taken early so that a test's fake timers do not stop it: fetch-retry takes a turn of it between attempts. */
const { setTimeout: setRuntimeTimer } = globalThis as { setTimeout?: (callback: () => void, delayMs: number) => unknown };
const START_MS = Date.UTC(2026, 0, 1);

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A wall clock, a monotonic clock and timers that move when they are told to; they begin on 1 January 2026, UTC. */
export class ManualClock {
  #wallMs = START_MS;
  #monotonicMs = 0;
  readonly #timers = new Set<Timer>();

  /** The wall clock, in milliseconds since the epoch. */
  get nowMs(): number {
    return this.#wallMs;
  }

  /** Milliseconds since the clock was made, without those it was suspended for. */
  get monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Lets time pass, in milliseconds, and runs the timers that come due, each at its time. */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + Math.max(0, ms);
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) this.#fire(timer);
    this.#move(untilMs);
  }

  /** Sets the wall clock forward or, with a negative number, back, as a user or a time server does. */
  stepWallClock(ms: number): void {
    this.#wallMs += ms;
  }

  /** A sleeping machine: the wall clock goes on, the monotonic one and the timers stand. */
  suspend(ms: number): void {
    this.#wallMs += Math.max(0, ms);
  }

  /** What the platform's timers are to the client. */
  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { dueMs: this.#monotonicMs + delayMs, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Waits for the promise, and moves on to the next timer whenever nothing else happens. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    while (!isSettled) {
      await turnOfEventLoop();
      const timer = isSettled ? undefined : this.#next(Infinity);
      if (timer === undefined) break;
      this.#fire(timer);
    }
    return promise;
  }

  /** The timer that is due first and in time; of several the one that was set first. */
  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#move(timer.dueMs);
    timer.callback();
  }

  #move(untilMs: number): void {
    const ms = Math.max(0, untilMs - this.#monotonicMs);
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }
}

async function turnOfEventLoop(): Promise<void> {
  for (let turn = 0; turn < PROMISE_TURNS; turn++) await Promise.resolve();
  if (setRuntimeTimer !== undefined) await new Promise<void>((resolve) => setRuntimeTimer(resolve, 0));
}
