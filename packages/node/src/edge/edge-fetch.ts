import type { AnySpan, Integration } from '@spanstream/core';
import { followStream, mergeBaggage } from '@spanstream/core';
import { failSpan } from '../instrument/fail-span.ts';
import { noteStatus, OutgoingRequests } from '../instrument/outgoing-requests.ts';

type Fetch = typeof fetch;

/** Gives each request of the global `fetch` trace headers and, where there is a parent, a span that ends with the response's body. */
export function fetchIntegration(): Integration {
  return {
    name: 'Fetch',
    setup(client) {
      const original = globalThis.fetch;
      const requests = new OutgoingRequests(client, 'auto.http.fetch');
      const traced: Fetch = (input, init) => tracedFetch(requests, original, [input, init]);
      globalThis.fetch = Object.assign(traced, original);
      return () => {
        if (globalThis.fetch === traced) globalThis.fetch = original;
      };
    },
  };
}

async function tracedFetch(requests: OutgoingRequests, original: Fetch, [input, init]: Parameters<Fetch>): Promise<Response> {
  const { current } = requests;
  const call = (more = init): Promise<Response> => original.call(globalThis, input, more);
  let span: AnySpan;
  let sent = init;
  try {
    const given = input instanceof Request ? input : undefined;
    const outgoing = requests.start(
      (init?.method ?? given?.method ?? 'GET').toUpperCase(),
      given?.url ?? (input as string | URL).toString(),
    );
    if (outgoing === undefined) return call();
    span = outgoing.span;
    if (outgoing.headers !== undefined) sent = { ...init, headers: withTraceHeaders(init?.headers ?? given?.headers, outgoing.headers) };
  } catch (error) {
    current.fault('Fetch', error);
    return call();
  }
  const { tracer } = current;
  try {
    const response = await call(sent);
    noteStatus(span, response.status);
    if (response.body !== null) return followStream(response, { span, context: tracer.context, tracer });
    span.end();
    return response;
  } catch (error) {
    failSpan(span, error);
    span.end();
    throw error;
  }
}

/** A request that has trace headers of its own is left alone (R25). */
function withTraceHeaders(given: Headers | RequestInit['headers'] | undefined, trace: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(given);
  if (headers.has('sentry-trace') || headers.has('traceparent')) return headers;
  for (const [name, value] of Object.entries(trace)) {
    const existing = name === 'baggage' ? headers.get(name) : null;
    headers.set(name, existing === null ? value : mergeBaggage(existing, value));
  }
  return headers;
}
