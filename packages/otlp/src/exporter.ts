import type { DropReason, HandOver, SinkContext, Transport, TransportRequest, TransportResponse } from '@spanstream/core';
import { backoffMs, MAX_AGE_MS, MAX_RETRIES, parseRetryAfter } from './backoff.ts';
import { type Chunk, countSpans, divideChunk, settleChunks } from './chunk.ts';
import type { Codec } from './codec.ts';
import { parseUrl } from './endpoint.ts';
import { gzip } from './gzip.ts';
import type { ResolvedOtlpOptions } from './otlp-options.ts';

/** Statuses to repeat a request after: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504]);
/** A page is not told which one it is, and sees 0. */
const REDIRECTS = new Set([0, 301, 302, 303, 307, 308]);
const TOO_LARGE = 413;
const THROTTLED = 429;

/** What an exporter is made of. */
export interface ExporterParts {
  readonly options: ResolvedOtlpOptions;
  readonly codec: Codec;
  readonly transport: Transport;
  readonly context: SinkContext;
}

interface Request {
  readonly chunks: readonly Chunk[];
  attempts: number;
  firstAttemptMs: number;
}

/** Brings chunks to the receiver, several in one request: attempts, retries, halving, partial success. */
export class Exporter {
  readonly #with: ExporterParts;
  readonly #headers: Record<'plain' | 'gzip', Readonly<Record<string, string>>>;
  /** Chunks that are not in a request yet. */
  #waiting: Chunk[] = [];
  #waitingBytes = 0;
  #waitingSpans = 0;
  /** Requests to be sent, in this order. */
  readonly #ready: Request[] = [];
  readonly #running = new Set<Request>();
  #maxBytes: number;
  /** The last attempt failed: one request at a time finds out when that changes. */
  #isFailing = false;
  #pausedUntilMs = 0;
  #pauseTimer: unknown;
  #isClosed = false;

  constructor(parts: ExporterParts) {
    this.#with = parts;
    const { options, codec } = parts;
    this.#maxBytes = options.maxBatchBytes;
    const given = Object.entries(options.headers).filter(([name]) => !/^content-(type|encoding|length)$/i.test(name));
    const plain = { ...Object.fromEntries(given), 'Content-Type': codec.contentType };
    this.#headers = { plain, gzip: { ...plain, 'Content-Encoding': 'gzip' } };
  }

  /** Takes a chunk; a full request leaves. */
  add(chunk: Chunk): void {
    if (this.#isClosed) return settleChunks([chunk], chunk.spanCount, 'closed');
    // The receiver has refused smaller ones.
    if (chunk.bytes.length > this.#maxBytes && chunk.spanCount > 1) for (const part of this.#divide(chunk)) this.#take(part);
    else this.#take(chunk);
  }

  #take(chunk: Chunk): void {
    const { maxBatchSpans } = this.#with.options;
    const isOver = this.#waitingBytes + chunk.bytes.length > this.#maxBytes || this.#waitingSpans + chunk.spanCount > maxBatchSpans;
    if (isOver) this.#seal();
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.bytes.length;
    this.#waitingSpans += chunk.spanCount;
    if (isOver) this.#pump();
  }

  /** What waits leaves, if the receiver does not want a pause. */
  send(): void {
    this.#seal();
    this.#pump();
  }

  /** Everything without an answer, as requests for a process that ends now. */
  takeUnsent(): HandOver {
    this.#seal();
    const requests = [...this.#running, ...this.#ready.splice(0)];
    this.#running.clear();
    const { options, codec } = this.#with;
    return {
      url: options.url,
      headers: this.#headers.plain,
      mayCompress: options.compression === 'gzip',
      bodies: requests.map(({ chunks }) => codec.join(chunks.map(({ bytes }) => bytes))),
      settle: (wasDelivered) =>
        requests.forEach(({ chunks }, i) => settleChunks(chunks, wasDelivered[i] === true ? 0 : countSpans(chunks), 'shutdown')),
    };
  }

  /** Gives up everything. */
  close(): void {
    this.#isClosed = true;
    this.#seal();
    this.#with.context.platform.clearTimer(this.#pauseTimer);
    for (const request of [...this.#running, ...this.#ready.splice(0)]) this.#lose(request, 'shutdown');
    this.#running.clear();
    this.#with.transport.close?.();
  }

  #seal(): void {
    if (this.#waiting.length === 0) return;
    this.#ready.push({ chunks: this.#waiting, attempts: 0, firstAttemptMs: 0 });
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#waitingSpans = 0;
  }

  #pump(): void {
    const { options, context } = this.#with;
    const nowMs = context.platform.monotonicMs();
    if (nowMs < this.#pausedUntilMs) return this.#wait(this.#pausedUntilMs - nowMs);
    const most = this.#isFailing ? 1 : options.maxConcurrency;
    while (this.#running.size < most) {
      const request = this.#ready.shift();
      if (request === undefined) return;
      this.#running.add(request);
      if (request.attempts++ === 0) request.firstAttemptMs = nowMs;
      void this.#attempt(request);
    }
  }

  #wait(ms: number): void {
    const { platform } = this.#with.context;
    if (this.#pauseTimer !== undefined) platform.clearTimer(this.#pauseTimer);
    this.#pauseTimer = platform.setTimer(() => {
      this.#pauseTimer = undefined;
      this.#pump();
    }, ms);
  }

  async #attempt(request: Request): Promise<void> {
    const { transport, options, context } = this.#with;
    let response: TransportResponse | undefined;
    try {
      const body = this.#with.codec.join(request.chunks.map(({ bytes }) => bytes));
      const sending = options.compression === 'gzip' ? this.#zipped(body) : this.#plain(body);
      response = await transport.send(options.url, sending instanceof Promise ? await sending : sending);
    } catch (error) {
      context.debug('otlp network', `No answer from ${options.url}: ${String(error)}`);
    }
    // Given up meanwhile.
    if (!this.#running.delete(request)) return;
    await this.#judge(request, response);
    this.#pump();
  }

  #plain(body: Uint8Array<ArrayBuffer>): TransportRequest {
    return { method: 'POST', headers: this.#headers.plain, body };
  }

  async #zipped(body: Uint8Array<ArrayBuffer>): Promise<TransportRequest> {
    return { method: 'POST', headers: this.#headers.gzip, body: await gzip(body) };
  }

  async #judge(request: Request, response: TransportResponse | undefined): Promise<void> {
    const status = response?.status ?? 0;
    if (response === undefined || RETRYABLE.has(status)) return this.#retry(request, response);
    this.#isFailing = false;
    if (status >= 200 && status < 300) return this.#delivered(request, response);
    if (status === TOO_LARGE && this.#halve(request)) return;
    if (REDIRECTS.has(status)) this.#warnOfRedirect(response);
    this.#with.context.debug('otlp rejected', `${this.#with.options.url} answered ${status} to ${countSpans(request.chunks)} spans`);
    this.#lose(request, 'rejected');
  }

  async #delivered({ chunks }: Request, response: TransportResponse): Promise<void> {
    const spanCount = countSpans(chunks);
    const rejected = Math.min(spanCount, await this.#readRejected(response));
    settleChunks(chunks, rejected, 'rejected');
  }

  /** How many spans of a request that was taken were not. What cannot be read says nothing. */
  async #readRejected(response: TransportResponse): Promise<number> {
    const { codec, context, options } = this.#with;
    try {
      const body = await response.arrayBuffer?.();
      if (body === undefined || body.byteLength === 0) return 0;
      const { rejectedSpans, message } = codec.readAnswer(new Uint8Array(body));
      if (rejectedSpans > 0 || message !== '') context.debug('otlp partial', `${options.url} rejected ${rejectedSpans} spans: ${message}`);
      return rejectedSpans;
    } catch (error) {
      context.debug('otlp answer', `The answer of ${options.url} cannot be read: ${String(error)}`);
      return 0;
    }
  }

  #retry(request: Request, response: TransportResponse | undefined): void {
    const { platform } = this.#with.context;
    const nowMs = platform.monotonicMs();
    this.#isFailing = true;
    const askedMs = parseRetryAfter(response?.headers.get('retry-after'), platform.wallClockMs());
    const delayMs = askedMs ?? backoffMs(request.attempts, this.#random());
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + delayMs);
    const isTooOld = askedMs === undefined && nowMs + delayMs - request.firstAttemptMs > MAX_AGE_MS;
    if (request.attempts <= MAX_RETRIES && !isTooOld) this.#ready.unshift(request);
    else this.#lose(request, response === undefined ? 'network' : response.status === THROTTLED ? 'throttled' : 'rejected');
  }

  /** Both halves go next, and no later request is larger. What is too large as a single span is lost alone. */
  #halve({ chunks }: Request): boolean {
    if (countSpans(chunks) < 2) return false;
    const parts = chunks.length > 1 ? chunks : this.#divide(chunks[0]!);
    const middle = parts.length >> 1;
    for (const half of [parts.slice(middle), parts.slice(0, middle)]) this.#ready.unshift({ chunks: half, attempts: 0, firstAttemptMs: 0 });
    this.#maxBytes = Math.min(this.#maxBytes, Math.ceil(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) / 2));
    return true;
  }

  #divide(chunk: Chunk): Chunk[] {
    return divideChunk(chunk, this.#with.codec.divide(chunk.bytes));
  }

  /**
   * None is followed: the headers may be credentials for this receiver alone. Queries may be secrets, so they are not named.
   */
  #warnOfRedirect({ headers }: TransportResponse): void {
    const { options, context } = this.#with;
    const location = parseUrl(headers.get('location') ?? '', options.url);
    const message = `${placeOf(options.url)} redirects to ${location === undefined ? 'another URL' : placeOf(location)}, `;
    context.warn('otlp redirect', `${message}which otlpSink does not follow: its spans are lost. Set its option url.`);
  }

  #lose({ chunks }: Request, reason: DropReason): void {
    settleChunks(chunks, countSpans(chunks), reason);
  }

  #random(): number {
    const bytes = new Uint8Array(1);
    this.#with.context.platform.fillRandom(bytes);
    return bytes[0]! / 256;
  }
}

function placeOf(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
