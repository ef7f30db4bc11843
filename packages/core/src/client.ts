import { toOurs } from './context/context.ts';
import type { ByteBudget } from './delivery/budget.ts';
import type { ClientReports } from './delivery/client-reports.ts';
import type { DropReason } from './delivery/drop-reason.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { Ledger, Outcome, Stats } from './delivery/ledger.ts';
import type { SinkStats } from './delivery/sink.ts';
import type { SinkDelivery } from './delivery/sink-delivery.ts';
import { within } from './delivery/within.ts';
import { describeError, type Diagnostics } from './diagnostics.ts';
import { type Integration, type IntegrationClient, nameOf, type Teardown } from './integration.ts';
import type { CompareReport, Lifecycle } from './lifecycle.ts';
import type { ResolvedOptions } from './options.ts';
import type { Platform } from './platform.ts';
import { type InertReason, InertSpan } from './span/inert-span.ts';
import type { Span } from './span/span-data.ts';
import type { Current } from './trace/current.ts';

/** A span that has not ended. */
export interface OpenSpan {
  readonly name: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly ageMs: number;
}

/** Where a span is, or what became of it. */
export interface SpanExplanation {
  readonly state: 'open' | 'buffered' | 'in_flight' | 'delivered' | 'dropped' | 'inert' | 'unknown';
  /** Only when dropped. */
  readonly reason?: DropReason;
  /** Milliseconds since the epoch: since when. */
  readonly at: number;
  /** What it means and what to change. */
  readonly hint: string;
}

/** What a client begins with. */
export interface ClientBasis {
  readonly options: ResolvedOptions;
  readonly platform: Platform;
  readonly diagnostics: Diagnostics;
}

/** The parts of a client. */
export interface ClientParts extends ClientBasis {
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly lifecycle: Lifecycle;
  /** Absent without a DSN. */
  readonly delivery: Delivery | undefined;
  readonly sinks: SinkDelivery | undefined;
  readonly current: Current;
  readonly clientReports: ClientReports;
  /** Called when nothing more is accepted. */
  readonly onClosed: () => void;
}

type Start = Parameters<IntegrationClient['whenNeeded']>[0];

const DEFAULT_TIMEOUT_MS = 2000;

/** Of spans that were never started, so have no outcome. */
const INERT_HINTS: Readonly<Partial<Record<InertReason, string>>> = {
  off: 'Tracing is off: see tracesSampleRate, tracesSampler, enabled.',
  mode: "It was started with the other lifecycle's API.",
  closed: 'It was started after close().',
};

/** One configured SDK: what `init` returns. */
export class Client implements IntegrationClient {
  readonly options: ResolvedOptions;
  declare recorded?: Set<string>;
  /** Of those that were set up; for platform packages. */
  readonly integrationNames = new Set<string | undefined>();
  readonly #basis: ClientBasis;
  readonly #teardowns: Teardown[] = [];
  readonly #starts: Start[] = [];
  #create: (() => ClientParts) | undefined;
  #parts: ClientParts | undefined;
  #ownUrls: readonly string[] = [];
  #closing: Promise<boolean> | undefined;

  /** @param create makes the parts, when the first of them is needed */
  constructor(basis: ClientBasis, create: () => ClientParts) {
    this.#basis = basis;
    this.#create = create;
    this.options = basis.options;
  }

  /** For instrumentation and platform packages; not part of the stable API. */
  get parts(): ClientParts {
    return this.#parts ?? this.#start();
  }

  #start(): ClientParts {
    const create = this.#create!;
    this.#create = undefined;
    const parts = create();
    this.#parts = parts;
    const { delivery, sinks } = parts;
    const urls = [delivery, ...(sinks?.sinks ?? [])].map((destination) => destination?.url);
    this.#ownUrls = urls.filter((url) => typeof url === 'string').map((url) => url.split(/[?#]/, 1)[0]!);
    for (const start of this.#starts) this.#attach(start);
    return parts;
  }

  whenNeeded(start: Start): void {
    if (this.#create === undefined) this.#attach(start);
    else if (this.#starts.push(start) === 1) this.#basis.platform.setTimer(() => this.parts, 0);
  }

  #attach(start: Start): void {
    const teardown = this.#basis.diagnostics.guard('Starting', start, undefined);
    if (typeof teardown === 'function') this.#teardowns.push(teardown);
  }

  get current(): Current {
    return this.parts.current;
  }

  get settings(): IntegrationClient['settings'] {
    return this.options;
  }

  /** Whether `close()` has been called. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  isOwnUrl(url: string): boolean {
    if (this.#parts === undefined) this.#start();
    // Asked for each outgoing request.
    for (const own of this.#ownUrls) {
      if (url.startsWith(own) && (url.length === own.length || url[own.length] === '?' || url[own.length] === '#')) return true;
    }
    return false;
  }

  /** Attaches the integrations; one that fails is a warning and is left out. */
  setup(integrations: readonly Integration[]): void {
    const { diagnostics } = this.#basis;
    for (const integration of integrations) {
      try {
        const teardown = integration.setup(this);
        this.integrationNames.add(nameOf(integration));
        if (typeof teardown === 'function') this.#teardowns.push(teardown);
        else diagnostics.watch('An integration', teardown);
      } catch (error) {
        const name = nameOf(integration) ?? 'without a name';
        diagnostics.warn(`integration ${name}`, `The integration ${name} could not be set up and is left out: ${describeError(error)}`);
      }
    }
  }

  /** Adds something to undo on `close()`. */
  addTeardown(teardown: Teardown): void {
    this.#teardowns.push(teardown);
  }

  /** Where every span is: `started = open + buffered + inFlight + delivered + dropped`, of all reasons. */
  stats(): Stats {
    return this.parts.ledger.stats();
  }

  /** What became of the spans that each sink was given. Without a DSN the sum of it is in `stats()`, too. */
  sinkStats(): SinkStats[] {
    return this.parts.sinks?.stats() ?? [];
  }

  /** Calls back with each outcome; returns the unsubscribe function. */
  on(event: 'outcome', listener: (outcome: Outcome) => void): () => void {
    return this.parts.ledger.on(event, listener);
  }

  /** The spans that have started and not ended, oldest last. */
  openSpans(): OpenSpan[] {
    const nowMs = this.parts.current.tracer.clock.now();
    return Array.from(this.parts.lifecycle.openSpans, (span) => ({
      name: span.name,
      spanId: span.spanId,
      traceId: span.segment.trace.traceId,
      ageMs: Math.max(0, nowMs - span.startMs),
    }));
  }

  /** What became of a span, for those open or waiting and the last 4,096 others. */
  explain(spanOrId: Span | string): SpanExplanation {
    return this.parts.diagnostics.guard('explain', () => this.#explain(spanOrId), this.#unknown());
  }

  /** With traceLifecycle `compare`: what traceLifecycle `stream` would do differently, as far as has been seen; else nothing. */
  compareReport(): CompareReport {
    return this.parts.lifecycle.compareReport?.() ?? { spans: 0, differences: [] };
  }

  /** Delivers or accounts for everything accepted so far; false when the time, in ms, was not enough (R29). */
  flush(timeoutMs: number = DEFAULT_TIMEOUT_MS): Promise<boolean> {
    return this.#finish('flush', toTimeout(timeoutMs));
  }

  /** Flushes, then stops: integrations are undone, later spans are inert, what did not leave in time, in ms, counts as `shutdown`. */
  close(timeoutMs: number = DEFAULT_TIMEOUT_MS): Promise<boolean> {
    return (this.#closing ??= this.#close(toTimeout(timeoutMs)));
  }

  #close(timeoutMs: number): Promise<boolean> {
    const { diagnostics, current } = this.parts;
    current.tracer.closed = true;
    const teardowns = this.#teardowns.splice(0).reverse();
    const undoing = teardowns.map((teardown) => diagnostics.guard('teardown', teardown, undefined));
    return this.#finish('close', timeoutMs, undoing);
  }

  async #finish(verb: 'flush' | 'close', timeoutMs: number, undoing?: readonly unknown[]): Promise<boolean> {
    const { lifecycle, delivery, sinks, diagnostics, onClosed, platform } = this.parts;
    try {
      lifecycle.flush();
      if (verb === 'close') {
        lifecycle.stop?.();
        onClosed();
      }
      const results = await Promise.all([
        delivery?.[verb](timeoutMs),
        sinks?.[verb](timeoutMs),
        undoing && within(platform, timeoutMs, (late) => Promise.race([Promise.allSettled(undoing), late])),
      ]);
      return !results.includes(false);
    } catch (error) {
      diagnostics.fault(verb, error);
      return false;
    }
  }

  #explain(spanOrId: Span | string): SpanExplanation {
    const at = this.parts.platform.wallClockMs();
    const span = toOurs(spanOrId);
    const inert = span instanceof InertSpan ? INERT_HINTS[span.reason] : undefined;
    if (inert !== undefined) return { state: 'inert', at, hint: inert };
    const id = typeof spanOrId === 'string' ? spanOrId : spanOrId.spanContext().spanId;
    for (const open of this.parts.lifecycle.openSpans) {
      if (open.spanId === id) return { state: 'open', at: open.startMs, hint: 'It has not ended.' };
    }
    if (this.parts.lifecycle.has(id)) return { state: 'buffered', at, hint: 'It waits for its batch; flush() sends it now.' };
    const { delivery, sinks } = this.parts;
    const state = delivery === undefined ? sinks?.stateOf(id) : delivery.stateOf(id);
    if (state !== undefined)
      return { state, at, hint: state === 'buffered' ? 'Its batch waits for a connection.' : 'Its batch was sent and has no answer yet.' };
    return this.parts.ledger.explainEnded(id) ?? this.#unknown();
  }

  #unknown(): SpanExplanation {
    return {
      state: 'unknown',
      at: this.parts.platform.wallClockMs(),
      hint: 'It is not open, waiting or one of the last 4,096 others.',
    };
  }
}

function toTimeout(timeoutMs: unknown): number {
  return typeof timeoutMs === 'number' && timeoutMs >= 0 ? timeoutMs : DEFAULT_TIMEOUT_MS;
}
