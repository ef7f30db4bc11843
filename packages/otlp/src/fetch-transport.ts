import type { SinkTransportOptions, Transport, TransportRequest, TransportResponse } from '@spanstream/core';

/** What survives the end of a page; browsers refuse keepalive bodies beyond 64 KiB a page, envelopes and the page's own included. */
const MAX_KEPT_BYTES = 30_000;

/** Posts with the runtime's `fetch`, as it was when this was made: what wraps it later is not for us. */
export function createFetchTransport({ timeoutMs }: SinkTransportOptions): Transport {
  const { fetch, document } = globalThis as { fetch?: typeof globalThis.fetch; document?: unknown };
  const closing = new AbortController();
  let keptBytes = 0;
  return {
    async send(url: string, { headers, body }: TransportRequest): Promise<TransportResponse> {
      if (fetch === undefined) throw new Error('this runtime has no fetch');
      const attempt = new AbortController();
      const abort = (): void => attempt.abort();
      const timer = setTimeout(abort, timeoutMs);
      closing.signal.addEventListener('abort', abort);
      const keepalive = document !== undefined && keptBytes + body.length <= MAX_KEPT_BYTES;
      if (keepalive) keptBytes += body.length;
      try {
        const { signal } = attempt;
        // Behind a redirect a POST may become a GET, whose answer says nothing of the spans.
        const fixed = { method: 'POST', redirect: 'manual', signal, ...(keepalive && { keepalive }) } as const;
        const response = await fetch(url, { ...fixed, headers, body });
        const content = await response.arrayBuffer();
        return { status: response.status, headers: response.headers, arrayBuffer: async () => content };
      } finally {
        clearTimeout(timer);
        if (keepalive) keptBytes -= body.length;
        closing.signal.removeEventListener('abort', abort);
      }
    },
    close: () => closing.abort(),
  };
}
