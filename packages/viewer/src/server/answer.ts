import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, content: unknown): void {
  answerBytes(response, status, 'application/json', Buffer.from(JSON.stringify(content)));
}

/** Answers with bytes of that content type. */
export function answerBytes(response: ServerResponse, status: number, contentType: string, bytes: Uint8Array): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
}

/** Answers with text in pieces, waiting for a slow reader; long lists are never one string. */
export async function answerPieces(response: ServerResponse, contentType: string, pieces: Iterable<string>): Promise<void> {
  response.writeHead(200, { 'Content-Type': contentType });
  let waiting = '';
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < 65_536) continue;
    const ready = response.write(waiting);
    waiting = '';
    if (!ready) await drained(response);
    if (response.destroyed) return;
  }
  response.end(waiting);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** Lets pages of any origin post here and read the answer. */
export function allowAnyOrigin(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', 'X-Sentry-Rate-Limits, X-Sentry-Error, Retry-After');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}

/** Answers a preflight: any header that is asked for is fine, those that SDKs send are named. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const named = 'content-type, content-encoding, x-sentry-auth, sentry-trace, baggage, traceparent, tracestate, x-requested-with';
  const asked = request.headers['access-control-request-headers'];
  const safe = asked !== undefined && /^[\w\-, ]{1,2000}$/.test(asked) ? `, ${asked}` : '';
  response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', named + safe);
  // A page of a public origin may only reach loopback with this: https://wicg.github.io/private-network-access/
  if (request.headers['access-control-request-private-network'] === 'true')
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
  response.setHeader('Access-Control-Max-Age', '600');
  response.writeHead(204);
  response.end();
}
