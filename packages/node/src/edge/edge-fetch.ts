import type { Integration } from '@spanstream/core';
import { followStream, mergeBaggage } from '@spanstream/core';
import { failSpan } from '../instrument/fail-span.ts';
import { noteStatus, type OutgoingRequest, OutgoingRequests } from '../instrument/outgoing-requests.ts';

type Fetch = typeof fetch;
type FetchArguments = Parameters<Fetch>;

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

async function tracedFetch(requests: OutgoingRequests, original: Fetch, args: FetchArguments): Promise<Response> {
  const { current } = requests;
  const { tracer } = current;
  const outgoing = start(requests, args);
  if (outgoing === undefined) return original.apply(globalThis, args);
  const { span, headers } = outgoing;
  try {
    const response = await original.apply(globalThis, headers === undefined ? args : withHeaders(args, headers));
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

function start(requests: OutgoingRequests, [input, init]: FetchArguments): OutgoingRequest | undefined {
  try {
    const given = input instanceof Request ? input : undefined;
    return requests.start((init?.method ?? given?.method ?? 'GET').toUpperCase(), given?.url ?? (input as string | URL).toString());
  } catch (error) {
    requests.current.fault('Fetch', error);
    return undefined;
  }
}

function withHeaders(args: FetchArguments, trace: Readonly<Record<string, string>>): FetchArguments {
  const [input, init] = args;
  try {
    const headers = withTraceHeaders(init?.headers ?? (input instanceof Request ? input.headers : undefined), trace);
    return isCopied(init) ? [input, { ...init, headers }] : [new Request(input, init), { headers }];
  } catch {
    return args; // `fetch` itself says what is wrong with them
  }
}

/** Whether a spread takes all its members: those of a `Request`, which proxies pass as it is, stand in its prototype. */
function isCopied(init: RequestInit | undefined): boolean {
  const prototype: unknown = Object.getPrototypeOf(init ?? {});
  return prototype === Object.prototype || prototype === null;
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
