import type { TransportRequest, TransportResponse } from '@spanstream/core';
import { ownOrigin } from './own-origin.ts';

type Headers = TransportRequest['headers'];

/** What the server and tunnels know from other SDKs' pages, and what no other origin has to be asked for. */
const PLAIN = { 'Content-Type': 'text/plain;charset=UTF-8' };

/** How envelopes get to their destination from this page. */
export interface EnvelopeRoute {
  readonly isGzip: boolean;
  /** Calls `send` with the headers that may go with an envelope; a second time if those were too many and it still may. */
  post(headers: Headers, send: (headers: Headers) => Promise<Response>, mayRepeat: () => boolean): Promise<Response>;
  /** The last resort where `fetch` has no `keepalive`: the browser takes the body, and nobody hears of its answer. */
  beacon(body: Uint8Array<ArrayBuffer>, headers: Headers): TransportResponse;
}

/**
 * Another origin would have to be asked first for the envelope's `Content-Type` or for `Content-Encoding`
 * (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). That costs a round trip and fails at proxies that do not
 * know them; the real server does without. Receivers on the same machine are strict about the type, so they are asked, and
 * if they refuse do without.
 */
export function createRoute(url: string): EnvelopeRoute {
  const { origin, hostname } = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
  const isOwn = origin === ownOrigin();
  const isLocal = /^(localhost|127\.|\[::1])/.test(hostname);
  let isPlain = !isOwn && !isLocal;
  let isKnown = isOwn || isPlain;
  return {
    isGzip: isOwn && !isLocal && typeof CompressionStream === 'function',
    async post(headers, send, mayRepeat) {
      let response: Response;
      try {
        response = await send(isPlain ? PLAIN : headers);
      } catch (error) {
        if (isKnown || !mayRepeat()) throw error;
        response = await send(PLAIN);
        isPlain = true;
      }
      isKnown = true;
      return response;
    },
    beacon(body, headers) {
      // Beacons carry cookies, for which the answer to a preflight would have to name this very origin: text cross-origin.
      const isTaken = navigator.sendBeacon(
        url,
        isOwn ? new Blob([body], { type: headers['Content-Type'] ?? '' }) : new TextDecoder().decode(body),
      );
      if (!isTaken) throw new Error('the browser took no beacon');
      return { status: 200, headers: { get: () => null } };
    },
  };
}
