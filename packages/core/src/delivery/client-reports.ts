import type { Platform } from '../platform.ts';
import { type DropReason, type LossCategory, WIRE_REASONS } from './drop-reason.ts';

/** How client reports are made. */
export interface ClientReportsOptions {
  /** `sendClientReports`, and there is a DSN; `false`: losses are not even collected. */
  readonly enabled: boolean;
  /** Constant members of the envelope header: `dsn` with a tunnel, `sdk`. */
  readonly envelopeHeader: Readonly<Record<string, unknown>>;
  readonly platform: Pick<Platform, 'wallClockMs'>;
}

/** A report on its way; goes back with `restore` when it could not be sent. */
export interface ClientReport {
  /** The whole envelope as text. */
  readonly text: string;
  readonly quantities: ReadonlyMap<string, number>;
}

/** Sums up losses until they are reported. There are few reasons and categories, so it never grows (R30). */
export class ClientReports {
  /** Called when the first loss after a report is noted; set by delivery, which does the timing. */
  onPending: (() => void) | undefined;
  readonly #options: ClientReportsOptions;
  #quantities = new Map<string, number>();

  constructor(options: ClientReportsOptions) {
    this.#options = options;
  }

  /** Whether there is something to report. */
  get isPending(): boolean {
    return this.#quantities.size > 0;
  }

  /** Notes a loss, if it has a wire reason. */
  record(reason: DropReason, category: LossCategory, quantity: number): void {
    const wireReason = WIRE_REASONS[reason];
    if (wireReason === undefined || !this.#options.enabled || quantity === 0) return;
    this.#add(`${wireReason}:${category}`, quantity);
  }

  /** The report of everything noted so far, which then counts as reported. */
  take(): ClientReport | undefined {
    if (!this.isPending) return undefined;
    const quantities = this.#quantities;
    this.#quantities = new Map();
    return { text: this.#format(quantities), quantities };
  }

  /** Takes back a report that could not be sent: its losses are in the next one. */
  restore(report: ClientReport): void {
    for (const [key, quantity] of report.quantities) this.#add(key, quantity);
  }

  #add(key: string, quantity: number): void {
    const wasPending = this.isPending;
    this.#quantities.set(key, (this.#quantities.get(key) ?? 0) + quantity);
    if (!wasPending) this.onPending?.();
  }

  #format(quantities: ReadonlyMap<string, number>): string {
    const nowMs = this.#options.platform.wallClockMs();
    const header = { sent_at: new Date(nowMs).toISOString(), ...this.#options.envelopeHeader };
    const discardedEvents = [...quantities].map(([key, quantity]) => {
      const [reason, category] = key.split(':');
      return { reason, category, quantity };
    });
    const payload = { timestamp: nowMs / 1000, discarded_events: discardedEvents };
    return `${JSON.stringify(header)}\n{"type":"client_report"}\n${JSON.stringify(payload)}\n`;
  }
}
