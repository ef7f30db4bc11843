import type { CreateTransport } from '@spanstream/core';

/** Posts envelopes with the page's `fetch`. */
export const createFetchTransport: CreateTransport = () => ({
  send: (url, { method, headers, body }) => fetch(url, { method, headers, body }),
});
