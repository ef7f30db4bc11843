import type { ServerResponse } from 'node:http';
import type { StoredSpan } from '../store/stored-trace.ts';
import { answerJson, answerPieces } from './answer.ts';
import { statsOf, type ViewerState } from './viewer-state.ts';

const JSON_TYPE = 'application/json';

/** Answers a read of the JSON API; false when the path is none of it. */
export async function answerApi(state: ViewerState, url: URL, response: ServerResponse): Promise<boolean> {
  const { pathname, searchParams } = url;
  if (pathname === '/api/traces') answerJson(response, 200, { traces: findTraces(state, searchParams.get('q') ?? '') });
  else if (pathname === '/api/stats') answerJson(response, 200, statsOf(state));
  else if (pathname === '/api/notices')
    answerJson(response, 200, { notices: state.journal.notices(), client_reports: state.journal.losses() });
  else if (pathname === '/api/spans') await answerSpans(state, searchParams, response);
  else if (pathname.startsWith('/api/traces/')) await answerTrace(state, pathname.slice('/api/traces/'.length), response);
  else return false;
  return true;
}

async function answerTrace(state: ViewerState, traceId: string, response: ServerResponse): Promise<void> {
  const trace = state.store.trace(traceId.toLowerCase());
  if (trace === undefined) return answerJson(response, 404, { detail: 'no such trace is kept' });
  const head = `{"trace_id":${JSON.stringify(trace.traceId)},"cursor":${JSON.stringify(state.store.cursor())},"spans":`;
  await answerPieces(response, JSON_TYPE, wrap(head, [...trace.spans()], '}'));
}

async function answerSpans(state: ViewerState, parameters: URLSearchParams, response: ServerResponse): Promise<void> {
  const limitText = parameters.get('limit');
  const limit = limitText === null ? Infinity : Number(limitText);
  if (limitText !== null && (!Number.isSafeInteger(limit) || limit < 1))
    return answerJson(response, 400, { detail: 'limit is not a positive count' });
  const since = parameters.get('since') ?? undefined;
  const found = state.store.spansSince(since === '' ? undefined : since, limit);
  if (found === undefined) return answerJson(response, 400, { detail: 'since is not a cursor of an earlier answer' });
  const tail = `,"cursor":${JSON.stringify(found.cursor)}${found.gap ? ',"gap":true' : ''}}`;
  await answerPieces(response, JSON_TYPE, wrap('{"spans":', found.spans, tail));
}

function* wrap(head: string, spans: readonly StoredSpan[], tail: string): Generator<string> {
  yield `${head}[`;
  for (const [index, span] of spans.entries()) yield index === 0 ? span.json : `,${span.json}`;
  yield `]${tail}`;
}

/** The rows whose trace holds every word of the query somewhere in one of its spans; `is:error` and `is:running` narrow further. */
function findTraces(state: ViewerState, query: string): unknown[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const texts = words.filter((word) => !word.startsWith('is:'));
  return state.store.rows().filter((row) => {
    if (words.includes('is:error') && row.error_count === 0) return false;
    if (words.includes('is:running') && row.complete) return false;
    const trace = state.store.trace(row.trace_id);
    return texts.length === 0 || (trace !== undefined && hasAllWords(trace.spans(), texts));
  });
}

function hasAllWords(spans: Iterable<StoredSpan>, words: readonly string[]): boolean {
  const missing = new Set(words);
  for (const span of spans) {
    const text = span.json.toLowerCase();
    for (const word of missing) if (text.includes(word)) missing.delete(word);
    if (missing.size === 0) return true;
  }
  return false;
}
