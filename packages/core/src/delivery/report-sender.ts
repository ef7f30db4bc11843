import type { Platform } from '../platform.ts';
import type { ClientReport, ClientReports } from './client-reports.ts';
import type { TransportResponse } from './transport.ts';

const INTERVAL_MS = 60_000;

/** What sending reports needs. */
export interface ReportSenderOptions {
  readonly platform: Pick<Platform, 'name' | 'setTimer' | 'clearTimer'>;
  readonly clientReports: ClientReports;
  /** Sends one envelope, once; its answer's limits are read. */
  post(text: string): Promise<TransportResponse>;
  /**
   * Whether one may be sent now: the backend did not ask to pause and, but for the report of a flush, is not down. A yes must
   * be followed by `post`.
   */
  tryStart(isOfFlush: boolean): boolean;
  /** Hears why a report could not be sent. */
  onFailure(error: unknown): void;
}

/** Sends client reports: with each flush and, on Node, a minute after a loss. Pages send theirs when they are hidden. */
export class ReportSender {
  readonly #options: ReportSenderOptions;
  #timer: unknown;
  #sending: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: ReportSenderOptions) {
    this.#options = options;
    options.clientReports.onPending = () => this.#arm();
    if (options.clientReports.isPending) this.#arm();
  }

  /**
   * Sends what is unreported, after any report that is still under way. A report that fails is kept for the next time.
   * @param isOfFlush what a backend that was down has lost is told it now: after a `close()` there is no next time
   */
  async send(isOfFlush = false): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
    const { clientReports, tryStart } = this.#options;
    if (this.#isStopped || !clientReports.isPending || !tryStart(isOfFlush)) return;
    const report = clientReports.take();
    if (report === undefined) return;
    this.#disarm();
    this.#sending = this.#post(report);
    await this.#sending;
  }

  /** Cancels the timer; nothing is sent or collected for sending any more. */
  stop(): void {
    this.#isStopped = true;
    this.#options.clientReports.onPending = undefined;
    this.#disarm();
  }

  async #post(report: ClientReport): Promise<void> {
    const { clientReports, post, onFailure } = this.#options;
    try {
      const { status } = await post(report.text);
      if (status === 429 || status === 408 || status >= 500) clientReports.restore(report);
    } catch (error) {
      clientReports.restore(report);
      onFailure(error);
    } finally {
      this.#sending = undefined;
    }
  }

  #arm(): void {
    const { platform, clientReports } = this.#options;
    if (platform.name !== 'node' || this.#isStopped) return;
    this.#timer ??= platform.setTimer(() => {
      this.#timer = undefined;
      void this.send().then(() => {
        if (clientReports.isPending) this.#arm();
      });
    }, INTERVAL_MS);
  }

  #disarm(): void {
    this.#options.platform.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
