import type { CreateTransport, Transport, TransportRequest, TransportResponse } from '@spanstream/core';

/**
 * All that waits starts at once, in the invocation that flushes and waits for it: what another one starts when there is room again ends
 * with that one. workerd opens six connections at a time for each: https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
 */
const MAX_REQUESTS = 1000;
/** Below, compressing costs more than the network saves. */
const MIN_GZIP_BYTES = 4096;

/** Posts envelopes with the runtime's `fetch` as it was when the SDK started. */
export const createEdgeTransport: CreateTransport = () => new EdgeTransport();

class EdgeTransport implements Transport {
  readonly maxConcurrency = MAX_REQUESTS;
  readonly #fetch = globalThis.fetch;

  async send(url: string, { headers, body }: TransportRequest): Promise<TransportResponse> {
    let bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    let sent = headers;
    if (bytes.length >= MIN_GZIP_BYTES && typeof CompressionStream === 'function') {
      bytes = await gzip(bytes);
      sent = { ...headers, 'Content-Encoding': 'gzip' };
    }
    // Behind a redirect a POST may become a GET, whose answer says nothing of the spans.
    const response = await this.#fetch.call(globalThis, url, { method: 'POST', headers: sent, body: bytes, redirect: 'manual' });
    // Until the body is read or cancelled the connection stays taken.
    await response.body?.cancel();
    return response;
  }
}

async function gzip(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
}
