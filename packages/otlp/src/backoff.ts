/** Attempts after the first one. */
export const MAX_RETRIES = 3;
/** A request that has no answer so long after its first attempt is given up. */
export const MAX_AGE_MS = 30_000;
const FIRST_DELAY_MS = 1000;
/** The longest time that a receiver may ask for. */
const MAX_RETRY_AFTER_MS = 300_000;

/** How long to wait after so many failed attempts: full jitter over 1, 2, 4 s. */
export function backoffMs(attempts: number, random: number): number {
  return random * FIRST_DELAY_MS * 2 ** (attempts - 1);
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3); undefined for anything else. */
export function parseRetryAfter(text: string | null | undefined, wallClockMs: number): number | undefined {
  const trimmed = text?.trim() ?? '';
  const ms = /^\d+$/.test(trimmed) ? Number(trimmed) * 1000 : /[a-z]/i.test(trimmed) ? Date.parse(trimmed) - wallClockMs : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}
