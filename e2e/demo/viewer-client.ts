import type { TraceRow, ViewerSpan } from '@spanstream/viewer';

const POLL_MS = 100;

/** Asks until the answer is there; fails with the last one when it does not come in time. */
export async function eventually<T>(ask: () => Promise<T | undefined>, what: string, timeoutMs = 20_000): Promise<T> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`);
}

/** The rows of `GET /api/traces`. */
export async function traceRows(viewerUrl: string): Promise<TraceRow[]> {
  return ((await getJson(`${viewerUrl}/api/traces`)) as { traces: TraceRow[] }).traces;
}

/** The spans of `GET /api/traces/<id>`, by start; none when the viewer has no such trace. */
export async function traceSpans(viewerUrl: string, traceId: string): Promise<ViewerSpan[]> {
  const { spans = [] } = (await getJson(`${viewerUrl}/api/traces/${traceId}`)) as { spans?: ViewerSpan[] };
  return spans.sort((one, other) => one.start_timestamp - other.start_timestamp);
}

/** One line a span, `name [service]`, indented below its parent; siblings by start. */
export function formatTree(spans: readonly ViewerSpan[]): string[] {
  const ids = new Set(spans.map(({ span_id: id }) => id));
  const below = (parentId: string | undefined, depth: number): string[] =>
    spans
      .filter(({ parent_span_id: id }) => (parentId === undefined ? id === undefined || !ids.has(id) : id === parentId))
      .flatMap((span) => [
        `${'  '.repeat(depth)}${span.name} [${span.service}]${span.status === 'error' ? ' error' : ''}`,
        ...below(span.span_id, depth + 1),
      ]);
  return below(undefined, 0);
}

async function getJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
