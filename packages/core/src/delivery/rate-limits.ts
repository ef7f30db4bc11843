import { readHeader, type TransportResponse } from './transport.ts';

const DEFAULT_LIMIT_MS = 60_000;
const ALL_CATEGORIES = '';

/** Which categories the backend asked to pause, and until when. Instants are those of a monotonic clock: a wall clock that is set would lift or prolong a limit. */
export class RateLimits {
  readonly #untilMs = new Map<string, number>();

  /** Whether nothing was ever limited. */
  get isEmpty(): boolean {
    return this.#untilMs.size === 0;
  }

  /** Whether the category, or everything, is paused. */
  isLimited(category: string, nowMs: number): boolean {
    return this.limitedUntilMs(category) > nowMs;
  }

  /** The instant the category's limit ends; 0 when there never was one. */
  limitedUntilMs(category: string): number {
    return Math.max(this.#untilMs.get(category) ?? 0, this.#untilMs.get(ALL_CATEGORIES) ?? 0);
  }

  /**
   * Reads an answer's limits: `X-Sentry-Rate-Limits` on any status, else `Retry-After` on a refusal, else 60 s on 429.
   * With 408 and 5xx `Retry-After` is about the retry, which is delivery's.
   */
  update(response: TransportResponse, nowMs: number, wallClockMs: number): void {
    const limits = readHeader(response, 'x-sentry-rate-limits');
    if (limits) {
      for (const { categories, durationMs } of parseRateLimits(limits)) {
        for (const category of categories) this.limit(category, nowMs + durationMs);
      }
      return;
    }
    const { status } = response;
    if (status < 400 || status === 408 || status >= 500) return;
    const durationMs = parseRetryAfter(readHeader(response, 'retry-after'), wallClockMs) ?? (status === 429 ? DEFAULT_LIMIT_MS : 0);
    this.limit(ALL_CATEGORIES, nowMs + durationMs);
  }

  /** Pauses a category (`''`: all) until the instant; the longest limit wins. */
  limit(category: string, untilMs: number): void {
    if (untilMs > (this.#untilMs.get(category) ?? 0)) this.#untilMs.set(category, untilMs);
  }
}

/** One member of `X-Sentry-Rate-Limits`; the category `''` stands for all. */
export interface RateLimit {
  readonly categories: readonly string[];
  readonly durationMs: number;
}

/** Parses `seconds:category;category:scope:reason:namespace, …`; unreadable seconds are 60. */
export function parseRateLimits(header: string): RateLimit[] {
  const limits: RateLimit[] = [];
  for (const member of header.split(',')) {
    const trimmed = member.trim();
    if (trimmed === '') continue;
    const [seconds = '', categories = ''] = trimmed.split(':');
    const names = categories.split(';').map((name) => name.trim().toLowerCase());
    limits.push({
      categories: names.length > 1 ? names.filter((name) => name !== '') : names,
      durationMs: parseSeconds(seconds) ?? DEFAULT_LIMIT_MS,
    });
  }
  return limits;
}

/** Parses `Retry-After`, seconds or an HTTP date, into milliseconds from now; undefined when unreadable. */
export function parseRetryAfter(header: string | null | undefined, wallClockMs: number): number | undefined {
  if (header === null || header === undefined) return undefined;
  const durationMs = parseSeconds(header);
  if (durationMs !== undefined) return durationMs;
  // Only what looks like a date: Date.parse takes '-5' for a year.
  const dateMs = /^[a-z]{3}/i.test(header.trim()) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - wallClockMs);
}

function parseSeconds(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^\d+(\.\d*)?$/.test(trimmed)) return undefined;
  const durationMs = Number(trimmed) * 1000;
  return Number.isFinite(durationMs) ? durationMs : undefined;
}
