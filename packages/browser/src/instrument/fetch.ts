import { type Integration, mergeBaggage } from '@spanstream/core';
import { monotonicMs } from '../page-clock.ts';
import { type BodyWatch, createBodyWatch, type FetchCall } from './body-watch.ts';
import { guarded, safely } from './guarded.ts';
import { createOutgoing, noteRefusal, noteStatus, type OutgoingRequest, type RequestOptions } from './outgoing.ts';
import { replaceMethod } from './replace-method.ts';

type FetchArguments = [input: RequestInfo | URL, init?: RequestInit];
/** Somebody else's `fetch` may return anything. */
type Sent = Promise<Response> | undefined;
type SendRequest = (args: FetchArguments) => Sent;

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
      const add = guarded(client, 'Fetch', addHeaders);
      const begin = guarded(client, 'Fetch', (args: FetchArguments) => {
        start ??= createOutgoing(client, 'fetch', options);
        bodies ??= createBodyWatch(client);
        return beginCall(start, add, args);
      });
      const noteResponse = guarded(client, 'Fetch', (call: FetchCall, response: Response): boolean => {
        noteStatus(call.span, response.status);
        return bodies!.follow(call, response);
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
          const sent = sendWith(send, args, begun);
          if (!sent?.catch) {
            bodies!.end(call);
            return sent;
          }
          return sent.then((response) => {
            if (!noteResponse(call, response)) bodies!.end(call);
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
  readonly mayRepeat: boolean;
}

/**
 * Sends it with trace headers. A preflight that they made necessary, be it behind a redirect, fails like anything else, so
 * what fails goes out once more as the page meant it, if to ask twice is safe (R28).
 */
function sendWith(send: SendRequest, args: FetchArguments, { call, withHeaders, mayRepeat }: BegunCall): Sent {
  if (withHeaders === undefined) return send(args);
  const sent = send(withHeaders);
  if (!mayRepeat || !sent?.catch) return sent;
  return sent.catch(async (error: unknown) => {
    // A page may give up a request with any reason, a hostile proxy included.
    if (safely('Fetch', () => error instanceof TypeError) !== true || navigator.onLine === false) throw error;
    const response = (await send(args))!;
    noteRefusal(call.url);
    return response;
  });
}

function beginCall(
  start: ReturnType<typeof createOutgoing>,
  add: (...args: Parameters<typeof addHeaders>) => FetchArguments | undefined,
  args: FetchArguments,
): BegunCall | undefined {
  const [input, init] = args;
  if (input === undefined) return undefined;
  // One of another frame is one, too, and neither is an instance of what somebody has put into the place of `Request`.
  const request = (input as Request | null)?.headers ? (input as Request) : undefined;
  const method = String(init?.method ?? request?.method ?? 'GET');
  const startTime = monotonicMs();
  const outgoing = start(method, request?.url ?? String(input as string | URL), init?.credentials ?? request?.credentials);
  if (outgoing === undefined) return undefined;
  // In a service worker: the browser's own navigation takes no options, and what a tag without CORS asks for would not only
  // leave without our headers but also lose its own, such as `Range` (https://fetch.spec.whatwg.org/#concept-headers-append).
  const isClosed = /^n(avigate|o-cors)$/.test(request?.mode ?? '');
  return {
    call: { span: outgoing.span, url: outgoing.url, startTime },
    withHeaders: isClosed ? undefined : add(args, request, outgoing),
    mayRepeat: outgoing.mayRepeat,
  };
}

/** The arguments with trace headers; undefined for a request that is left alone (R25). Nothing of the page's is changed. */
function addHeaders([input, init]: FetchArguments, request: Request | undefined, { headers }: OutgoingRequest): FetchArguments | undefined {
  if (headers === undefined) return undefined;
  const given = init?.headers ?? request?.headers;
  // An iterator can be read once, and that is for the browser to do.
  if (typeof (given as Partial<Iterator<unknown>> | undefined)?.next === 'function') return undefined;
  const merged = new Headers(given);
  if (merged.has('sentry-trace') || merged.has('traceparent')) return undefined;
  for (const name of Object.keys(headers)) {
    const existing = name === 'baggage' ? merged.get(name) : null;
    merged.set(name, existing === null ? headers[name]! : mergeBaggage(existing, headers[name]!));
  }
  // Any member given beside a Request resets these two of it: https://fetch.spec.whatwg.org/#dom-request
  const options: Record<string, unknown> = request ? { referrer: request.referrer, referrerPolicy: request.referrerPolicy } : {};
  // Not a spread: `init` may be a Request too, whose members are its prototype's.
  for (const key in init) options[key] = init[key as keyof RequestInit];
  return [input, { ...options, headers: merged }];
}
