import { startViewer, type Viewer, type ViewerOptions } from './start-viewer.ts';

/** Ids and header of the envelopes that tests send. */
export const TRACE_ID = 'c0ffee'.padEnd(32, '0');
export const TRACE_HEADER = { trace_id: TRACE_ID, public_key: '0'.repeat(32), sample_rate: '0.5', sampled: 'true' };
export const SPAN_ITEM = { type: 'span', item_count: 1, content_type: 'application/vnd.sentry.items.span.v2+json' };

/** A span id made of a number. */
export function spanId(number: number): string {
  return number.toString(16).padStart(16, '0');
}

/** A valid span of the wire with changes. */
export function wireSpan(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    trace_id: TRACE_ID,
    span_id: spanId(1),
    name: 'GET /orders',
    status: 'ok',
    is_segment: true,
    start_timestamp: 1_700_000_000.25,
    end_timestamp: 1_700_000_000.5,
    attributes: {},
    ...changes,
  };
}

/** Lines of JSON, as envelopes have them. */
export function lines(...values: unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n');
}

/** An envelope with one container of these spans. */
export function spanEnvelope(spans: readonly Record<string, unknown>[], trace: Record<string, unknown> = {}): string {
  const traceId = spans[0]?.['trace_id'] ?? TRACE_ID;
  const header = { trace: { ...TRACE_HEADER, trace_id: traceId, ...trace }, sdk: { name: 'spanstream.node', version: '0.1.0' } };
  return lines(header, { ...SPAN_ITEM, item_count: spans.length }, { version: 2, items: spans });
}

/** A viewer on a free port that ends with the test. */
export async function startTestViewer(onFinished: (end: () => Promise<void>) => void, options: ViewerOptions = {}): Promise<Viewer> {
  const viewer = await startViewer({ port: 0, ...options });
  onFinished(() => viewer.close());
  return viewer;
}

/** Posts an envelope and reads the answer. */
export async function postEnvelope(
  viewer: Viewer,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; answer: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(`${viewer.url}/api/1/envelope/`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-sentry-envelope', ...headers },
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown>, headers: response.headers };
}

/** Reads a path of the JSON API. */
export async function readJson<T>(viewer: Viewer, path: string): Promise<T> {
  const response = await fetch(viewer.url + path);
  return (await response.json()) as T;
}
