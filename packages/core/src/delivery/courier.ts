import fetchRetry from 'fetch-retry';
import { describeError } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import type { ByteBudget } from './budget.ts';
import type { DeliveryDiagnostics } from './delivery-diagnostics.ts';
import { parseRetryAfter, RateLimits } from './rate-limits.ts';
import { MAX_RETRIES, RetryLine } from './retry-line.ts';
import type { Shipment } from './shipment.ts';
import { readHeader, type Transport, type TransportRequest, type TransportResponse } from './transport.ts';

/** A batch that has no final answer so long after its first attempt is given up. */
const MAX_AGE_SECONDS = 30;

/** What a courier is made of. */
export interface CourierOptions {
  readonly platform: Platform;
  readonly transport: Transport;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly budget: ByteBudget;
  readonly diagnostics: DeliveryDiagnostics;
  /** The final answer of a shipment; 0 when there was none. Called once for each that was started and not abandoned. */
  onResult(shipment: Shipment, status: number): void;
  /** There may be room for more. */
  onRoom(): void;
}

/** Brings shipments to the backend: attempts, retries, age, rate limits (R19, R29). */
export class Courier {
  /** Everything started and without a final answer. */
  readonly shipments = new Set<Shipment>();
  readonly #options: CourierOptions;
  readonly #limits = new RateLimits();
  readonly #line: RetryLine;
  readonly #sendWithRetry: (url: string, shipment: Shipment) => Promise<TransportResponse>;
  #watchdog: unknown;
  /** The client report that has no answer yet; there is one at a time. */
  #report: { ageSeconds: number; readonly giveUp: () => void } | undefined;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#line = new RetryLine(options.platform, () => options.onRoom());
    // fetch-retry's own delays hold a Node process and cannot be cut short: the waiting is done in `retryOn`.
    this.#sendWithRetry = fetchRetry((_url: string, shipment: Shipment) => shipment.takeFirstOutcome() ?? this.#attempt(shipment), {
      retryDelay: 0,
    });
  }

  /** Whether the backend asked to pause the category. */
  isLimited(category: string): boolean {
    // Asked for each span that ends, and there is hardly ever a limit.
    return !this.#limits.isEmpty && this.#limits.isLimited(category, this.#options.platform.monotonicMs());
  }

  /** Asks to send something new; while the backend is down one probe at a time is let through. */
  tryStart(): boolean {
    return this.#line.tryStart();
  }

  /** Sends after a successful `tryStart`. */
  start(shipment: Shipment): void {
    this.shipments.add(shipment);
    this.#keepWatch();
    // To stop it means not to look at its answer any more.
    shipment.abort = ignore;
    const fail = (error: unknown): void => this.#endFirstAttempt(shipment, error, null);
    try {
      this.#send(shipment).then((response) => this.#endFirstAttempt(shipment, null, response), fail);
    } catch (error) {
      Promise.reject(error).catch(fail);
    }
  }

  /**
   * fetch-retry takes over from the first failure on: it costs 2 us an envelope (Node 20), and nearly everything arrives at once.
   */
  #endFirstAttempt(shipment: Shipment, error: unknown, response: TransportResponse | null): void {
    try {
      const decision = this.decideRetry(shipment, 0, error, response);
      if (decision === false) return this.#finish(shipment);
      shipment.setFirstOutcome(response === null ? Promise.reject(error) : Promise.resolve(response), decision);
      const finish = (): void => this.#finish(shipment);
      this.#sendWithRetry(this.#options.url, shipment)
        .then(finish, finish)
        .catch((fault: unknown) => this.#fault(fault));
    } catch (fault) {
      this.#fault(fault);
    }
  }

  /** Whether the last attempt failed and nothing came through since. */
  get isFailing(): boolean {
    return this.#line.isFailing;
  }

  /** Whether the shipment arrives even if this runtime ends now: likely, unless it failed before or everything does. */
  isSafe({ body, hasFailed }: Shipment): boolean {
    return body !== undefined && !hasFailed && !this.#line.isDown && this.#options.transport.isUnderWay?.(body) === true;
  }

  /** Stops caring for a shipment: whatever still arrives for it is ignored. */
  abandon(shipment: Shipment): void {
    shipment.isSettled = true;
    this.shipments.delete(shipment);
    const { abort, body, dismiss } = shipment;
    this.#endAttempt(shipment);
    if (body !== undefined) this.#options.transport.cancel?.(body);
    abort?.(new Error('abandoned'));
    dismiss?.(false);
  }

  /** Sends a client report after a successful `tryStart`: one attempt, which is given up as late as that of a batch. */
  async post(body: string): Promise<TransportResponse> {
    const { transport, url } = this.#options;
    try {
      const response = await new Promise<TransportResponse>((resolve, reject) => {
        const giveUp = (): void => {
          reject(new Error('no answer'));
          transport.cancel?.(body);
        };
        this.#report = { ageSeconds: 0, giveUp };
        this.#keepWatch();
        transport.send(url, this.#request(body)).then(resolve, reject);
      });
      this.#readAnswer(response);
      if (isWorthRepeating(response.status)) this.#line.noteFailure();
      else this.#line.noteAnswer();
      return response;
    } catch (error) {
      this.#line.noteFailure();
      throw error;
    } finally {
      this.#report = undefined;
      if (this.shipments.size === 0) this.#stopWatch();
    }
  }

  /** Cancels all timers. */
  stop(): void {
    this.#line.stop();
    this.#stopWatch();
  }

  #request(body: Uint8Array<ArrayBuffer> | string): TransportRequest {
    return { method: 'POST', headers: this.#options.headers, body };
  }

  /** Another attempt, which `abort` can end. */
  #attempt(shipment: Shipment): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      if (shipment.isSettled) throw new Error('abandoned');
      const answer = this.#send(shipment);
      shipment.abort = reject;
      answer.then(resolve, reject);
    });
  }

  /** The text is made anew each time, so that it is not kept while the batch waits for its retry. */
  #send(shipment: Shipment): Promise<TransportResponse> {
    let body: Uint8Array<ArrayBuffer> | string;
    try {
      body = shipment.batch.encode();
    } catch (error) {
      shipment.verdict = 'rejected';
      throw error;
    }
    shipment.body = body;
    this.#options.budget.inFlight += body.length;
    return this.#options.transport.send(this.#options.url, this.#request(body));
  }

  #endAttempt(shipment: Shipment): void {
    shipment.abort = undefined;
    this.#options.budget.inFlight -= shipment.body?.length ?? 0;
    shipment.body = undefined;
  }

  /** After each attempt, asked by fetch-retry from the second on: whether there is to be another one. */
  decideRetry(shipment: Shipment, attempt: number, error: unknown, response: TransportResponse | null): boolean | Promise<boolean> {
    this.#endAttempt(shipment);
    if (shipment.isSettled) return false;
    if (shipment.verdict !== undefined) {
      this.#line.cancelProbe();
      return false;
    }
    try {
      shipment.lastStatus = response?.status ?? 0;
      if (response !== null) this.#readAnswer(response);
      else this.#debug('network', `No answer from the backend: ${describeError(error)}`);
    } catch (fault) {
      this.#debug('transport', `No usable answer from the transport: ${describeError(fault)}`);
      shipment.lastStatus = 0;
    }
    if (shipment.lastStatus !== 0 && !isWorthRepeating(shipment.lastStatus)) {
      // First, since the news may make a page that goes away take out what has no answer (R32).
      this.#finish(shipment);
      this.#line.noteAnswer();
      return false;
    }
    this.#line.noteFailure();
    shipment.hasFailed = true;
    return attempt < MAX_RETRIES && this.#waitForRetry(shipment, attempt, response);
  }

  #waitForRetry(shipment: Shipment, attempt: number, response: TransportResponse | null): boolean | Promise<boolean> {
    const { platform, onRoom } = this.#options;
    const retryAfter = shipment.lastStatus === 0 || response === null ? undefined : readHeader(response, 'retry-after');
    const retryAfterMs = parseRetryAfter(retryAfter, platform.wallClockMs());
    if (retryAfterMs !== undefined && retryAfterMs > (MAX_AGE_SECONDS - shipment.ageSeconds) * 1000) {
      // Longer than this batch may wait, so it is a pause for all.
      this.#limits.limit('', platform.monotonicMs() + retryAfterMs);
      return false;
    }
    const again = this.#line.wait(shipment, attempt, retryAfterMs);
    onRoom();
    return again.then((isGranted) => {
      if (!isGranted || !this.isLimited(shipment.batch.category)) return isGranted;
      shipment.verdict = 'rate_limited';
      this.#line.cancelProbe();
      return false;
    });
  }

  #readAnswer(response: TransportResponse): void {
    const { platform } = this.#options;
    this.#limits.update(response, platform.monotonicMs(), platform.wallClockMs());
  }

  #finish(shipment: Shipment): void {
    if (shipment.isSettled) return;
    shipment.isSettled = true;
    this.shipments.delete(shipment);
    this.#options.onResult(shipment, shipment.lastStatus);
  }

  #fault(error: unknown): void {
    this.#debug('fault', `An answer could not be processed: ${describeError(error)}`);
  }

  /**
   * Counts the age of what is in flight in turns of its own timer and not by a clock: a process that was frozen for an
   * hour is to see the answers that came meanwhile, not timeouts (R33).
   */
  #watch(): void {
    this.#watchdog = undefined;
    // As a probe it would keep everything else back for ever.
    if (this.#report !== undefined && ++this.#report.ageSeconds >= MAX_AGE_SECONDS) this.#report.giveUp();
    for (const shipment of [...this.shipments]) {
      if (++shipment.ageSeconds < MAX_AGE_SECONDS) continue;
      const isRunning = shipment.abort !== undefined;
      if (isRunning) this.#line.noteFailure();
      this.abandon(shipment);
      this.#options.onResult(shipment, isRunning ? 0 : shipment.lastStatus);
    }
    if (this.shipments.size > 0 || this.#report !== undefined) this.#keepWatch();
  }

  #keepWatch(): void {
    this.#watchdog ??= this.#options.platform.setTimer(() => this.#watch(), 1000);
  }

  #stopWatch(): void {
    this.#options.platform.clearTimer(this.#watchdog);
    this.#watchdog = undefined;
  }

  #debug(reason: string, message: string): void {
    this.#options.diagnostics.debug(reason, message);
  }
}

const ignore = (): void => undefined;

function isWorthRepeating(status: number): boolean {
  return status === 408 || status >= 500;
}
