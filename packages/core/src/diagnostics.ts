import type { Platform } from './platform.ts';

const REPEAT_AFTER_MS = 60_000;
/** Beyond this the memory of what was said begins anew. */
const MAX_REMEMBERED = 500;

/** Says what the SDK decides: each reason once a minute, so that no fault floods a log. What parts are given alone is bound. */
export class Diagnostics {
  readonly #platform: Pick<Platform, 'log' | 'monotonicMs'>;
  readonly #isVerbose: boolean;
  readonly #saidMs = new Map<string, number>();

  constructor(platform: Pick<Platform, 'log' | 'monotonicMs'>, isVerbose: boolean) {
    this.#platform = platform;
    this.#isVerbose = isVerbose;
  }

  /** A decision worth knowing while looking for a fault; only with the option `debug`. */
  readonly debug = (reason: string, message: string): void => {
    if (this.#isVerbose && this.#isDue(`debug ${reason}`, REPEAT_AFTER_MS)) this.#log('debug', message);
  };

  /** Something that the application does wrong; always said, once. */
  readonly warn = (reason: string, message: string): void => {
    if (this.#isDue(`warn ${reason}`, Infinity)) this.#log('warn', message);
  };

  /** Runs what must not fail the application; a fault becomes a debug line and the fallback. */
  guard<T>(reason: string, work: () => T, fallback: T): T {
    try {
      const result = work();
      this.watch(reason, result);
      return result;
    } catch (error) {
      this.fault(reason, error);
      return fallback;
    }
  }

  /** Hears of the failure of a promise that nobody awaits: an `async` hook must not end the process with a rejection. */
  watch(reason: string, result: unknown): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.fault(reason, error));
  }

  /** A fault of the SDK's own, or of a hook, that was caught. */
  readonly fault = (reason: string, error: unknown): void => this.debug(`fault ${reason}`, `${reason} failed: ${describeError(error)}`);

  #isDue(key: string, repeatAfterMs: number): boolean {
    const nowMs = this.#platform.monotonicMs();
    const saidMs = this.#saidMs.get(key);
    if (saidMs !== undefined && nowMs - saidMs < repeatAfterMs) return false;
    if (this.#saidMs.size >= MAX_REMEMBERED) this.#saidMs.clear();
    this.#saidMs.set(key, nowMs);
    return true;
  }

  #log(level: 'debug' | 'warn', message: string): void {
    try {
      this.#platform.log(level, `[spanstream] ${message}`);
    } catch {
      // A console that throws: there is nobody left to tell.
    }
  }
}

/** The message of whatever was thrown. */
export function describeError(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    const { name, message, cause } = error;
    return `${name}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
  } catch {
    return 'an error that cannot be described'; // hostile getters
  }
}
