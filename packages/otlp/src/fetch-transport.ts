import type { SinkTransportOptions, Transport, TransportRequest, TransportResponse } from '@spanstream/core';

/** What may be under way when a page is left; browsers refuse keepalive bodies beyond 64 KiB. */
const MAX_KEPT_BYTES = 60_000;

/** Posts with the runtime's `fetch`, as it was when this was made: what wraps it later is not for us. */
export function createFetchTransport({ timeoutMs }: SinkTransportOptions): Transport {
  const { fetch, document } = globalThis as { fetch?: typeof globalThis.fetch; document?: { visibilityState?: string } };
  const closing = new AbortController();
  return {
    async send(url: string, { headers, body }: TransportRequest): Promise<TransportResponse> {
      if (fetch === undefined) throw new Error('this runtime has no fetch');
      const attempt = new AbortController();
      const abort = (): void => attempt.abort();
      const timer = setTimeout(abort, timeoutMs);
      closing.signal.addEventListener('abort', abort);
      try {
        const keepalive = document?.visibilityState === 'hidden' && body.length <= MAX_KEPT_BYTES;
        const { signal } = attempt;
        const response = await fetch(url, { method: 'POST', headers, body, signal, ...(keepalive && { keepalive }) });
        const content = await response.arrayBuffer();
        return { status: response.status, headers: response.headers, arrayBuffer: async () => content };
      } finally {
        clearTimeout(timer);
        closing.signal.removeEventListener('abort', abort);
      }
    },
    close: () => closing.abort(),
  };
}
