import type { IncomingMessage, ServerResponse } from 'node:http';
import { whyNotReadable } from './access.ts';
import { allowAnyOrigin, answerJson, answerPreflight } from './answer.ts';
import { answerApi } from './api-routes.ts';
import { takeEnvelopeRequest } from './envelope-route.ts';
import { answerLive } from './live-route.ts';
import { takeOtlpRequest } from './otlp-route.ts';
import { answerPage } from './page-files.ts';
import type { ViewerState } from './viewer-state.ts';

/** Path segments before `api` are those of a DSN with a path. */
const ENVELOPE_PATH = /^(?:\/[^/]+)*\/api\/([^/]+)\/envelope\/?$/;
const OTLP_PATH = /^(?:\/v1\/traces|\/api\/[^/]+\/(?:integration\/)?otlp\/v1\/traces)\/?$/;
const OTLP_OTHER_PATH = /\/v1\/(?:logs|metrics)\/?$/;

/** Routes one request; a fault of the viewer itself is a 500 and a line on standard error. */
export async function handleRequest(state: ViewerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  try {
    await route(state, request, response);
  } catch (error) {
    if (request.destroyed && !request.complete) {
      state.journal.add({ kind: 'note', source: 'envelope', reason: 'a sender hung up before its request was complete' });
      response.destroy();
      return;
    }
    process.stderr.write(`spanstream-viewer: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    if (response.headersSent) response.destroy();
    else answerJson(response, 500, { detail: 'the viewer failed; see its terminal' });
  }
}

async function route(state: ViewerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = parseUrl(request.url);
  if (url === undefined) return answerJson(response, 400, { detail: 'the request names no readable path' });
  const projectId = ENVELOPE_PATH.exec(url.pathname)?.[1];
  if (projectId !== undefined || OTLP_PATH.test(url.pathname)) return routeIntake(state, projectId, request, response);
  if (OTLP_OTHER_PATH.test(url.pathname)) {
    allowAnyOrigin(response);
    state.journal.add({ kind: 'note', source: 'otlp', reason: `${url.pathname} is not taken; the viewer shows traces` });
    return answerJson(response, 404, { detail: 'the viewer takes traces only' });
  }
  const refusal = whyNotReadable(request);
  if (refusal !== undefined) return answerJson(response, 403, { detail: refusal });
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  if (request.method === 'DELETE' && url.pathname === '/api/traces') return clear(state, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') return answerNotAllowed(response, 'GET, HEAD');
  if (url.pathname === '/api/live') return answerLive(state, url, request, response);
  if (url.pathname.startsWith('/api/')) response.setHeader('Cache-Control', 'no-store');
  if (await answerApi(state, url, response)) return;
  if (await answerPage(url.pathname, response)) return;
  answerJson(response, 404, { detail: `nothing is at ${url.pathname}` });
}

async function routeIntake(
  state: ViewerState,
  projectId: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  allowAnyOrigin(response);
  if (request.method === 'OPTIONS') return answerPreflight(request, response);
  if (request.method !== 'POST') return answerNotAllowed(response, 'POST, OPTIONS');
  if (projectId === undefined) await takeOtlpRequest(state, request, response);
  else await takeEnvelopeRequest(state, projectId.slice(0, 64), request, response);
}

function clear(state: ViewerState, response: ServerResponse): void {
  state.store.clear();
  state.journal.clear();
  response.writeHead(204);
  response.end();
}

function answerNotAllowed(response: ServerResponse, allowed: string): void {
  response.setHeader('Allow', allowed);
  answerJson(response, 405, { detail: `only ${allowed} here` });
}

function parseUrl(target: string | undefined): URL | undefined {
  try {
    return new URL(target ?? '/', 'http://viewer.invalid');
  } catch {
    // Answered as a 400 by the caller.
    return undefined;
  }
}
