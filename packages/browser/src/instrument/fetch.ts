import { type Integration, mergeBaggage } from '@spanstream/core';
import { type BodyWatch, createBodyWatch, type FetchCall } from './body-watch.ts';
import { guarded } from './guarded.ts';
import { createOutgoing, noteStatus, type OutgoingRequest, type RequestOptions } from './outgoing.ts';
import { replaceMethod } from './replace-method.ts';

type FetchArguments = [input: RequestInfo | URL, init?: RequestInit];
type SendRequest = (args: FetchArguments) => Promise<Response>;

/** URLs without query of which trace headers were seen to break the requests: they redirect to a server that refuses them. */
const refusing = new Set<string>();
const MAX_REFUSING = 100;

/** Each request of `fetch` as a span that ends with the response's body, and trace headers for `tracePropagationTargets`. */
export function fetchIntegration(options: RequestOptions = {}): Integration {
  return {
    name: 'Fetch',
    setup(client) {
      if (typeof fetch !== 'function') return undefined;
      const original = globalThis.fetch;
      // Made with the first request.
      let start: ReturnType<typeof createOutgoing> | undefined;
      let bodies: BodyWatch | undefined;
      const begin = guarded(client, 'Fetch', (args: FetchArguments) => {
        start ??= createOutgoing(client, 'fetch', options);
        bodies ??= createBodyWatch(client);
        return beginCall(start, args);
      });
      const noteResponse = guarded(client, 'Fetch', (call: FetchCall, response: Response) => {
        noteStatus(call.span, response.status);
        bodies!.follow(call, response);
      });
      const restore = replaceMethod(globalThis as { fetch: typeof fetch }, 'fetch', function (this: unknown, ...args: FetchArguments) {
        const send: SendRequest = (given) => Reflect.apply(original, this, given);
        const begun = begin(args);
        if (begun === undefined) return send(args);
        const { call } = begun;
        if (!call.span.isRecording()) return sendWith(send, args, begun);
        bodies!.start(call);
        const fail = (cause: unknown): never => {
          bodies!.end(call, { cause });
          throw cause;
        };
        try {
          // A handler on the original promise would make each rejection a handled one, so the page gets the one after it.
          return sendWith(send, args, begun).then((response) => {
            noteResponse(call, response);
            return response;
          }, fail);
        } catch (error) {
          return fail(error);
        }
      });
      return () => {
        restore();
        bodies?.stop();
      };
    },
  };
}

interface BegunCall {
  readonly call: FetchCall;
  /** Undefined where nothing is added. */
  readonly withHeaders: FetchArguments | undefined;
  readonly isSafe: boolean;
}

/**
 * Sends it with trace headers. A preflight that they made necessary, be it behind a redirect, fails like anything else, so
 * what fails goes out once more as the page meant it, if to ask twice is safe (R28).
 */
function sendWith(send: SendRequest, args: FetchArguments, { call, withHeaders, isSafe }: BegunCall): Promise<Response> {
  if (withHeaders === undefined) return send(args);
  const sent = send(withHeaders);
  if (!isSafe) return sent;
  return sent.catch(async (error: unknown) => {
    if (!(error instanceof TypeError) || navigator.onLine === false) throw error;
    const response = await send(args);
    if (refusing.size < MAX_REFUSING) refusing.add(resourceOf(call));
    return response;
  });
}

const resourceOf = ({ url }: { readonly url: URL }): string => url.origin + url.pathname;

function beginCall(start: ReturnType<typeof createOutgoing>, args: FetchArguments): BegunCall | undefined {
  const [input, init] = args;
  if (input === undefined) return undefined;
  const request = input instanceof Request ? input : undefined;
  const method = String(init?.method ?? request?.method ?? 'GET');
  const startTime = performance.now();
  const outgoing = start(method, request?.url ?? String(input as string | URL), init?.credentials ?? request?.credentials);
  if (outgoing === undefined) return undefined;
  // The browser's own navigation, in a service worker, takes no options.
  const isClosed = request?.mode === 'navigate' || refusing.has(resourceOf(outgoing));
  return {
    call: { span: outgoing.span, url: outgoing.url, startTime },
    withHeaders: isClosed ? undefined : addHeaders(args, request, outgoing),
    isSafe: /^(GET|HEAD)$/i.test(method),
  };
}

/** The arguments with trace headers; undefined for a request that is left alone (R25). Nothing of the page's is changed. */
function addHeaders([input, init]: FetchArguments, request: Request | undefined, { headers }: OutgoingRequest): FetchArguments | undefined {
  if (headers === undefined) return undefined;
  const merged = new Headers(init?.headers ?? request?.headers);
  if (merged.has('sentry-trace') || merged.has('traceparent')) return undefined;
  for (const name in headers) {
    const existing = name === 'baggage' ? merged.get(name) : null;
    merged.set(name, existing === null ? headers[name]! : mergeBaggage(existing, headers[name]!));
  }
  // Any member given beside a Request resets these two of it: https://fetch.spec.whatwg.org/#dom-request
  const options: Record<string, unknown> = request ? { referrer: request.referrer, referrerPolicy: request.referrerPolicy } : {};
  // Not a spread: `init` may be a Request too, whose members are its prototype's.
  for (const key in init) options[key] = init[key as keyof RequestInit];
  return [input, { ...options, headers: merged }];
}
