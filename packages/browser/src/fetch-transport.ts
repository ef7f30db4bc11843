import type { CreateTransport, Transport, TransportRequest, TransportResponse } from '@spanstream/core';
import { createRoute, type EnvelopeRoute } from './envelope-route.ts';
import { monotonicMs } from './page-clock.ts';

type Body = TransportRequest['body'];
type Headers = TransportRequest['headers'];

/** Bytes of spans under way at a time. Browsers refuse keepalive requests beyond 64 KiB a page, the page's own included. */
export const ALLOWANCE_BYTES = 60_000;
/** A client report, the last to leave a page, may use a little more. */
const MAX_KEPT_BYTES = 63_000;
const MAX_REQUESTS = 10;
/** Below, gzip costs the page more time (0.6 ms of its thread, Chromium 156) than it saves the network: three packets. */
const MIN_GZIP_BYTES = 4096;
/** So many requests in a row without any answer look like an ad blocker, and each is a red line in the page's console. */
const FAILURES_UNTIL_PAUSE = 8;
const FIRST_PAUSE_MS = 5000;
const LAST_PAUSE_MS = 60_000;

const MAX_BODY_MS = 5000;
/**
 * Browsers give the allowance back when the answer has ended, Firefox (153) a while later, and it refuses what is sent before. No feature
 * tells the two apart. Elsewhere the wait would cost pages that send much the more: 20,000 spans within a second lost 12,400 with it, 5,500 without.
 */
const RETURN_MS = /Firefox/.test(globalThis.navigator?.userAgent) ? 100 : 0;

const NO_ANSWER = 'no answer; if a content blocker or a CSP eats the requests, see the option tunnel';

interface Job {
  readonly controller: AbortController;
  isUnderWay: boolean;
}

let pageFetch: typeof fetch;

/**
 * Takes the page's `fetch` as it is at `init`, before the transport is made: what we, the page or another SDK wrap around it later is
 * not for envelopes. zone.js keeps the original beside its own, and going past it saves Angular a change detection for each.
 */
export function takeFetch(): void {
  const { fetch, __zone_symbol__fetch: original = fetch } = globalThis as typeof globalThis & { __zone_symbol__fetch?: typeof fetch };
  pageFetch = original;
}

/** Posts envelopes with the page's `fetch`, never with more under way than survives the page's end (R29, R32). */
export const createFetchTransport: CreateTransport = ({ url }) => new PageTransport(url);

/** A page's way out. */
export class PageTransport implements Transport {
  readonly maxConcurrency = MAX_REQUESTS;
  /** While true, what is sent leaves at once, in the same turn. */
  isLeaving = false;
  /** The page was left, and may never run again. */
  isGone = false;
  /** Hears of each envelope that finds the allowance used up. */
  onWait: (() => void) | undefined;
  readonly #url: string;
  readonly #route: EnvelopeRoute;
  readonly #fetch: typeof fetch;
  readonly #hasKeepalive = typeof Request === 'function' && 'keepalive' in Request.prototype;
  readonly #jobs = new Map<Body, Job>();
  #waiting: (() => void)[] = [];
  #bytes = 0;
  #requests = 0;
  #failures = 0;
  #pausedUntilMs = 0;

  constructor(url: string) {
    this.#url = url;
    this.#route = createRoute(url);
    this.#fetch = pageFetch;
  }

  /** What may start now. */
  get room(): { bytes: number; requests: number } {
    return { bytes: ALLOWANCE_BYTES - this.#bytes, requests: MAX_REQUESTS - this.#requests };
  }

  isUnderWay(body: Body): boolean {
    return this.#jobs.get(body)?.isUnderWay === true;
  }

  cancel(body: Body): void {
    this.#jobs.get(body)?.controller.abort();
  }

  async send(_url: string, { headers, body }: TransportRequest): Promise<TransportResponse> {
    if (monotonicMs() < this.#pausedUntilMs) throw new Error(NO_ANSWER);
    const job: Job = { controller: new AbortController(), isUnderWay: false };
    this.#jobs.set(body, job);
    try {
      let bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
      let more: Headers = headers;
      if (this.#route.isGzip && !this.isLeaving && bytes.length >= MIN_GZIP_BYTES) {
        bytes = await gzip(bytes);
        more = { ...headers, 'Content-Encoding': 'gzip' };
      }
      while (!this.#admits(bytes.length)) {
        this.onWait?.();
        await new Promise<void>((wake) => this.#waiting.push(wake));
      }
      job.controller.signal.throwIfAborted();
      return await this.#post(bytes, more, job);
    } finally {
      this.#jobs.delete(body);
    }
  }

  /** One that is larger than the whole allowance goes alone. */
  #admits(length: number): boolean {
    if (this.isLeaving || this.#requests === 0) return true;
    return this.#requests < MAX_REQUESTS && this.#bytes + length <= ALLOWANCE_BYTES;
  }

  async #post(body: Uint8Array<ArrayBuffer>, headers: Headers, job: Job): Promise<TransportResponse> {
    const keepalive = this.#hasKeepalive && this.#bytes + body.length <= MAX_KEPT_BYTES;
    if (!keepalive && this.isLeaving) return this.#route.beacon(body, headers);
    job.isUnderWay = keepalive;
    this.#requests++;
    this.#bytes += body.length;
    const { signal } = job.controller;
    try {
      const init = { method: 'POST', body, keepalive, signal, referrerPolicy: 'strict-origin' } as const;
      const response = await this.#route.post(
        headers,
        (used) => this.#fetch.call(globalThis, this.#url, { ...init, headers: used }),
        () => !this.isGone,
      );
      this.#failures = 0;
      // An answer without an end is cut off.
      const timer = setTimeout(() => job.controller.abort(), MAX_BODY_MS);
      const free = (): void => {
        clearTimeout(timer);
        if (RETURN_MS > 0) setTimeout(() => this.#free(body.length), RETURN_MS);
        else this.#free(body.length);
      };
      response.text().then(free, free);
      return response;
    } catch (cause) {
      this.#free(body.length);
      // A page that is torn down hears that its requests failed, and the browser brings them all the same.
      if (this.isGone && keepalive && !signal.aborted) return new Promise(() => undefined);
      if (!signal.aborted) this.#noteFailure();
      throw new Error(NO_ANSWER, { cause });
    }
  }

  #free(length: number): void {
    this.#requests--;
    this.#bytes -= length;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  #noteFailure(): void {
    const steps = ++this.#failures - FAILURES_UNTIL_PAUSE;
    if (steps >= 0) this.#pausedUntilMs = monotonicMs() + Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** steps);
  }
}

async function gzip(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
}
