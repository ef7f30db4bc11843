import { batch } from '@preact/signals';
import type { Notice, ReportedLoss, TraceRow, ViewerSpan, ViewerStats } from '../span-record.ts';
import {
  collapsed,
  connection,
  foundIds,
  isLoading,
  losses,
  notices,
  openedAt,
  openSpans,
  openTraceId,
  query,
  selectedSpanId,
  spanQuery,
  stats,
  traceOrder,
  traceRows,
  zoom,
} from './viewer-model.ts';

let source: EventSource | undefined;
/** Spans that arrived since the waterfall was last drawn. */
let arrived: ViewerSpan[] = [];
let drawTimer: ReturnType<typeof setTimeout> | undefined;
let searchTimer: ReturnType<typeof setTimeout> | undefined;
let drawnMs = 0;

/** Opens a trace: its spans so far, then those that arrive. */
export async function openTrace(traceId: string | undefined, spanId?: string): Promise<void> {
  batch(() => {
    openTraceId.value = traceId;
    openSpans.value = [];
    selectedSpanId.value = spanId;
    collapsed.value = new Set();
    zoom.value = [0, 1];
    spanQuery.value = '';
    isLoading.value = traceId !== undefined;
  });
  const path = traceId === undefined ? '/' : `/trace/${traceId}`;
  if (location.pathname !== path) history.pushState(null, '', path);
  await connect();
}

/** Connects anew: lists and the open trace are read afresh, so that nothing is missed in between. */
async function connect(): Promise<void> {
  source?.close();
  arrived = [];
  const traceId = openTraceId.value;
  let cursor: string | undefined;
  if (traceId !== undefined) {
    cursor = await readTrace(traceId);
    if (openTraceId.value !== traceId) return;
  }
  const topics = traceId === undefined ? 'traces,notices,stats' : 'traces,notices,stats,spans';
  const parameters = new URLSearchParams({
    topics,
    ...(traceId === undefined ? {} : { trace: traceId }),
    ...(cursor === undefined ? {} : { since: cursor }),
  });
  source?.close();
  source = new EventSource(`/api/live?${parameters}`);
  listen(source);
}

/** Asks the server for the traces that hold what is typed, also inside their spans. */
export function search(text: string): void {
  query.value = text;
  clearTimeout(searchTimer);
  searchTimer = undefined;
  if (text.trim() === '') foundIds.value = undefined;
  else searchTimer = setTimeout(() => void runSearch(), 120);
}

/** Forgets everything that is kept. */
export async function clearAll(): Promise<void> {
  await fetch('/api/traces', { method: 'DELETE' });
  await openTrace(undefined);
}

async function readTrace(traceId: string): Promise<string | undefined> {
  const response = await fetch(`/api/traces/${traceId}`).catch(() => undefined);
  const answer = response?.ok === true ? ((await response.json()) as { spans: ViewerSpan[]; cursor: string }) : undefined;
  if (openTraceId.value !== traceId) return undefined;
  batch(() => {
    isLoading.value = false;
    openedAt.value = Date.now() / 1000;
    openSpans.value = answer?.spans ?? [];
  });
  return answer?.cursor;
}

function listen(stream: EventSource): void {
  stream.onopen = () => {
    // A stream that came back by itself may have missed list changes; a fresh one has not.
    if (connection.value === 'lost') void connect();
    connection.value = 'live';
  };
  stream.onerror = () => {
    connection.value = 'lost';
    if (stream.readyState === EventSource.CLOSED && stream === source) setTimeout(() => void connect(), 1000);
  };
  stream.onmessage = (event: MessageEvent<string>) => {
    arrived.push(JSON.parse(event.data) as ViewerSpan);
    drawTimer ??= setTimeout(drawArrived, Math.min(500, 50 + drawnMs * 4));
  };
  stream.addEventListener('traces', (event) => takeRows(JSON.parse(event.data) as { changed: TraceRow[]; order: string[] }));
  stream.addEventListener('notices', (event) => {
    const answer = JSON.parse(event.data) as { notices: Notice[]; client_reports: ReportedLoss[] };
    batch(() => {
      notices.value = answer.notices;
      losses.value = answer.client_reports;
    });
  });
  stream.addEventListener('stats', (event) => (stats.value = JSON.parse(event.data) as ViewerStats));
}

/** Draws in the rhythm that the trace's size allows, so that a flood of spans leaves time for the reader. */
function drawArrived(): void {
  const started = performance.now();
  drawTimer = undefined;
  const spans = arrived.filter((span) => span.trace_id === openTraceId.value);
  arrived = [];
  const known = new Set(openSpans.value.map((span) => span.span_id));
  const fresh = spans.filter((span) => !known.has(span.span_id));
  if (fresh.length > 0) openSpans.value = [...openSpans.value, ...fresh];
  // Signals draw in a later task; this one comes after it.
  setTimeout(() => (drawnMs = performance.now() - started));
}

function takeRows({ changed, order }: { changed: TraceRow[]; order: string[] }): void {
  const known = new Map(traceRows.value);
  for (const row of changed) known.set(row.trace_id, row);
  batch(() => {
    traceRows.value = new Map(order.flatMap((id) => (known.has(id) ? [[id, known.get(id) as TraceRow] as const] : [])));
    traceOrder.value = order;
  });
  if (query.value.trim() !== '') searchTimer ??= setTimeout(() => void runSearch(), 300);
}

async function runSearch(): Promise<void> {
  searchTimer = undefined;
  const text = query.value;
  const response = await fetch(`/api/traces?${new URLSearchParams({ q: text })}`).catch(() => undefined);
  if (response?.ok !== true || query.value !== text) return;
  const answer = (await response.json()) as { traces: TraceRow[] };
  foundIds.value = new Set(answer.traces.map((row) => row.trace_id));
}
