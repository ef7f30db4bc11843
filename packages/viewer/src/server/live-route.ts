import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StoredSpan } from '../store/stored-trace.ts';
import { answerJson } from './answer.ts';
import { statsOf, type ViewerState } from './viewer-state.ts';

/** A reader that lets this much wait is cut off; it comes back with `Last-Event-ID`. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Summaries are sent at most this often. */
const SUMMARY_INTERVAL_MS = 200;
/** Some proxies and browsers drop streams that are silent for long. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Streams what happens as server-sent events. Each span is one message whose id is a cursor; `?topics=` adds named events
 * `traces`, `notices` and `stats`, `?trace=` keeps the spans of one trace, `?since=` replays from a cursor.
 */
export function answerLive(state: ViewerState, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const topics = new Set((url.searchParams.get('topics') ?? 'spans').split(','));
  const since = request.headers['last-event-id'] ?? url.searchParams.get('since');
  const replay = typeof since === 'string' && since !== '' ? state.store.spansSince(since) : undefined;
  if (typeof since === 'string' && since !== '' && replay === undefined)
    return answerJson(response, 400, { detail: 'since is not a cursor of an earlier answer' });
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  response.write('retry: 1000\n: spanstream\n\n');
  const reader = new LiveReader(state, response, { topics, traceId: url.searchParams.get('trace')?.toLowerCase() ?? undefined });
  if (replay?.gap === true) reader.event('gap', '{}');
  for (const stored of replay?.spans ?? []) reader.span(stored);
  reader.start();
}

/** One connection of `/api/live`. */
class LiveReader {
  readonly #state: ViewerState;
  readonly #response: ServerResponse;
  readonly #topics: ReadonlySet<string>;
  readonly #traceId: string | undefined;
  /** Ids of traces that changed since the last summary. */
  #changed = new Set<string>();
  #summaryDue = true;

  constructor(state: ViewerState, response: ServerResponse, options: { topics: ReadonlySet<string>; traceId: string | undefined }) {
    this.#state = state;
    this.#response = response;
    this.#topics = options.topics;
    this.#traceId = options.traceId;
  }

  start(): void {
    const stopSpans = this.#state.store.onSpan((stored) => {
      this.span(stored);
      this.#changed.add(stored.traceId);
      this.#summaryDue = true;
    });
    const stopJournal = this.#state.journal.onChange(() => (this.#summaryDue = true));
    const summaries = setInterval(() => this.#sendSummaries(false), SUMMARY_INTERVAL_MS);
    const keepAlive = setInterval(() => this.#write(':\n\n'), KEEP_ALIVE_MS);
    this.#response.on('close', () => {
      stopSpans();
      stopJournal();
      clearInterval(summaries);
      clearInterval(keepAlive);
    });
    this.#sendSummaries(true);
  }

  span(stored: StoredSpan): void {
    if (!this.#topics.has('spans') || (this.#traceId !== undefined && stored.traceId !== this.#traceId)) return;
    this.#write(`id: ${this.#state.store.cursorAt(stored)}\ndata: ${stored.json}\n\n`);
  }

  event(name: string, json: string): void {
    this.#write(`event: ${name}\ndata: ${json}\n\n`);
  }

  /** The first summary holds all rows, later ones the changed and all ids, so that evicted rows can be told. */
  #sendSummaries(all: boolean): void {
    if (!this.#summaryDue) return;
    this.#summaryDue = false;
    const { store, journal } = this.#state;
    if (this.#topics.has('traces')) {
      const rows = store.rows();
      const changed = all ? rows : rows.filter((row) => this.#changed.has(row.trace_id));
      this.event('traces', JSON.stringify({ changed, order: rows.map((row) => row.trace_id) }));
    }
    this.#changed = new Set();
    if (this.#topics.has('notices'))
      this.event('notices', JSON.stringify({ notices: journal.notices(), client_reports: journal.losses() }));
    if (this.#topics.has('stats')) this.event('stats', JSON.stringify(statsOf(this.#state)));
  }

  #write(text: string): void {
    if (this.#response.destroyed) return;
    if (this.#response.writableLength > MAX_WAITING_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }
}
