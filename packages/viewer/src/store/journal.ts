import type { DiscardedEvents } from '../intake/client-report.ts';
import type { Notice, ReportedLoss } from '../span-record.ts';

/** What a notice says, before it is counted and dated. */
export type NoticeContent = Pick<Notice, 'kind' | 'source' | 'reason' | 'status' | 'sender'>;

/** What happened beside spans: refusals, notes, client reports, and how many of each. */
export class Journal {
  static readonly #maxNotices = 500;
  static readonly #maxLosses = 500;
  readonly #now: () => number;
  /** By content, in the order of the last occurrence, oldest first. */
  readonly #notices = new Map<string, Notice>();
  readonly #losses = new Map<string, ReportedLoss>();
  readonly #itemTypes = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #nextId = 1;
  #envelopes = 0;
  #otlpRequests = 0;
  #refused = 0;

  constructor(now: () => number = () => Date.now() / 1000) {
    this.#now = now;
  }

  /** Counts an accepted envelope and its items. */
  countEnvelope(itemTypes: readonly string[]): void {
    this.#envelopes++;
    for (const type of itemTypes) {
      // Types come from the sender; beyond a sane number they are one line.
      const key = this.#itemTypes.has(type) || this.#itemTypes.size < 50 ? type : 'other';
      this.#itemTypes.set(key, (this.#itemTypes.get(key) ?? 0) + 1);
    }
    this.#changed();
  }

  /** Counts an accepted OTLP request. */
  countOtlpRequest(): void {
    this.#otlpRequests++;
    this.#changed();
  }

  /** Records a refusal or a note. One that says the same as an earlier one raises that one's count. */
  add(content: NoticeContent): void {
    if (content.kind === 'refused') this.#refused++;
    const key = JSON.stringify([content.kind, content.source, content.reason, content.status, content.sender]);
    const known = this.#notices.get(key);
    const now = this.#now();
    this.#notices.delete(key);
    this.#notices.set(key, {
      ...content,
      id: known?.id ?? this.#nextId++,
      count: (known?.count ?? 0) + 1,
      first_at: known?.first_at ?? now,
      last_at: now,
    });
    const [oldest] = this.#notices.keys();
    if (this.#notices.size > Journal.#maxNotices && oldest !== undefined) this.#notices.delete(oldest);
    this.#changed();
  }

  /** Adds up what an SDK says it dropped. */
  addLosses(service: string, discarded: readonly DiscardedEvents[]): void {
    for (const { reason, category, quantity } of discarded) {
      const key = JSON.stringify([service, reason, category]);
      const known = this.#losses.get(key);
      if (known === undefined && this.#losses.size >= Journal.#maxLosses) continue;
      this.#losses.set(key, { service, reason, category, quantity: (known?.quantity ?? 0) + quantity, last_at: this.#now() });
    }
    this.#changed();
  }

  /** Newest first. */
  notices(): Notice[] {
    return [...this.#notices.values()].reverse();
  }

  losses(): ReportedLoss[] {
    return [...this.#losses.values()];
  }

  counts(): {
    envelopes: number;
    otlp_requests: number;
    refused: number;
    items: Record<string, number>;
    client_reports: Record<string, number>;
  } {
    const byReason = new Map<string, number>();
    for (const { reason, quantity } of this.#losses.values()) byReason.set(reason, (byReason.get(reason) ?? 0) + quantity);
    return {
      envelopes: this.#envelopes,
      otlp_requests: this.#otlpRequests,
      refused: this.#refused,
      items: Object.fromEntries(this.#itemTypes),
      client_reports: Object.fromEntries(byReason),
    };
  }

  /** Forgets notices and losses; the counts stay. */
  clear(): void {
    this.#notices.clear();
    this.#losses.clear();
    this.#changed();
  }

  /** Calls back after each change. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
