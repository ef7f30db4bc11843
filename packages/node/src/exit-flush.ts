import { handOverSync, type UnsentEnvelopes } from './exit-hand-over.ts';

const FLUSH_TIMEOUT_MS = 2000;
const HAND_OVER_TIMEOUT_MS = 1000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Until when the last hand-over may hold the process: one bound for all clients, as one that closes may not be done yet. */
let exitEndMs: number | undefined;

/** Those whose clients close and have not sent all. */
const closing = new Set<() => void>();
const onExitOfClosing = (): void => closing.forEach((onExit) => onExit());

/** The value of `spanstream.end_reason` on spans that the end of the process ended. */
export type ExitReason = 'process_exit' | 'uncaught_exception';

/** What the end of the process needs from the client. */
export interface ExitFlushOptions {
  /** The option of the same name: the last synchronous hand-over. */
  readonly exitFlush: boolean;
  /** Whether anything finished is still unsent. */
  hasPending(): boolean;
  /** How many spans have found their end, one way or the other. */
  settled(): number;
  /** Delivers what is unsent. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Ends all open spans and passes them on for delivery. */
  endOpenSpans(reason: ExitReason): void;
  /** Takes everything unsent as text; `settle` is told which ones were accepted. */
  takeUnsentEnvelopes(): UnsentEnvelopes & { settle(wasDelivered: readonly boolean[]): void };
  /** The same of each extra destination. */
  takeUnsentOfSinks?(): ReturnType<ExitFlushOptions['takeUnsentEnvelopes']>[];
  /** Hears what went wrong here. */
  onFault(error: unknown): void;
}

/** Sees to it that what is recorded leaves before the process does (R31). */
export function setupExitFlush(options: ExitFlushOptions): ExitFlush {
  const exitFlush = new ExitFlush(options);
  exitFlush.setup();
  return exitFlush;
}

/** What `setupExitFlush` has set up. */
export class ExitFlush {
  readonly #options: ExitFlushOptions;
  #hasGivenUp = false;
  #isFlushing = false;
  #isDying = false;
  #reason: ExitReason = 'process_exit';

  constructor(options: ExitFlushOptions) {
    this.#options = options;
  }

  setup(): void {
    process.on('beforeExit', this.#onBeforeExit);
    process.on('exit', this.#onExit);
    process.on('uncaughtExceptionMonitor', this.#onUncaughtException);
    // First in line: a `once` handler of the application's would be gone from the count by the time a later one looks.
    for (const signal of SIGNALS) process.prependListener(signal, this.#onSignal);
  }

  /**
   * The client closes. Its flush holds a natural exit, and signals are the application's or the next client's; but
   * `process.exit()` may come before all has left.
   */
  release(): void {
    process.off('beforeExit', this.#onBeforeExit);
    process.off('exit', this.#onExit);
    process.off('uncaughtExceptionMonitor', this.#onUncaughtException);
    this.#removeSignalHandlers();
    if (!this.#options.hasPending()) return;
    closing.add(this.#onExit);
    // Once, however many close: from the eleventh listener on Node warns of a leak.
    if (closing.size === 1) process.on('exit', onExitOfClosing);
  }

  /** Nothing is left to hand over. */
  teardown(): void {
    if (closing.delete(this.#onExit) && closing.size === 0) process.off('exit', onExitOfClosing);
  }

  /**
   * Nothing is left to do but what we do: the loop is held until all is delivered, or until the backend has taken nothing for
   * two seconds. A slow one that answers gets its time: Node emits `beforeExit` again after each round.
   */
  readonly #onBeforeExit = (): void => {
    if (this.#hasGivenUp || this.#isFlushing || !this.#options.hasPending()) return;
    this.#isFlushing = true;
    const settledBefore = this.#options.settled();
    void this.#flush().then((isDrained) => {
      this.#isFlushing = false;
      this.#hasGivenUp = !isDrained && this.#options.settled() === settledBefore;
    });
  };

  readonly #onUncaughtException = (): void => {
    const isHandled = process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
    if (!isHandled) this.#reason = 'uncaught_exception';
  };

  /** A signal that the application leaves to us: deliver, then die of it as if there had been no handler. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    if (this.#isDying) return this.#die(signal);
    this.#isDying = true;
    this.#endOpenSpans();
    if (!this.#options.hasPending()) return this.#die(signal);
    void this.#flush().then(() => this.#die(signal));
  };

  readonly #onExit = (): void => {
    if (!this.#options.exitFlush) return;
    try {
      this.#endOpenSpans();
      // A backend that hung for two seconds already gets no third one.
      if (this.#hasGivenUp || !this.#options.hasPending()) return;
      exitEndMs ??= performance.now() + HAND_OVER_TIMEOUT_MS;
      for (const unsent of [this.#options.takeUnsentEnvelopes(), ...(this.#options.takeUnsentOfSinks?.() ?? [])])
        if (unsent.bodies.length > 0) unsent.settle(handOverSync(unsent, Math.max(0, exitEndMs - performance.now())));
    } catch (error) {
      this.#options.onFault(error);
    }
  };

  #endOpenSpans(): void {
    try {
      this.#options.endOpenSpans(this.#reason);
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  async #flush(): Promise<boolean> {
    const hold = setTimeout(() => {}, FLUSH_TIMEOUT_MS + 100);
    try {
      return await this.#options.flush(FLUSH_TIMEOUT_MS);
    } catch (error) {
      this.#options.onFault(error);
      return false;
    } finally {
      clearTimeout(hold);
    }
  }

  #die(signal: NodeJS.Signals): void {
    this.#removeSignalHandlers();
    process.kill(process.pid, signal);
  }

  #removeSignalHandlers(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
