import { SENTRY_CANCELLATION_REASON } from '@sentry/conventions/attributes';
import type { AnySpan, Integration } from '@spanstream/core';
import { AsyncResource, subscribe, unsubscribe } from '../builtins.ts';
import { failSpan } from './fail-span.ts';
import { noteStatus, OutgoingRequests } from './outgoing-requests.ts';
import { addTraceHeaders, type UndiciRequest } from './undici-headers.ts';

interface RequestMessage {
  readonly request: UndiciRequest;
}

interface ResponseMessage extends RequestMessage {
  readonly response: { readonly statusCode: number };
}

interface ErrorMessage extends RequestMessage {
  readonly error: unknown;
}

interface OpenRequest {
  readonly span: AnySpan;
  hasResponse: boolean;
}

/** How the application itself gives a request up. */
const ABORTED = new Set<unknown>(['AbortError', 'RequestAbortedError']);

/** Gives each request of `undici` and of the global `fetch` trace headers and, where there is a parent, a span. A redirect is a request of its own. */
export function undiciIntegration(): Integration {
  return {
    name: 'Undici',
    setup(client) {
      (client.recorded ??= new Set()).add('undici');
      const tracing = new UndiciTracing(new OutgoingRequests(client, 'auto.http.undici'));
      const { current } = client;
      const guarded =
        <M>(handle: (message: M) => void) =>
        (message: unknown): void => {
          try {
            handle(message as M);
          } catch (error) {
            current.fault('Undici', error);
          }
        };
      const listeners = {
        'undici:request:create': guarded((message: RequestMessage) => tracing.requestCreated(message)),
        'undici:request:headers': guarded((message: ResponseMessage) => tracing.responseStarted(message)),
        'undici:request:trailers': guarded((message: RequestMessage) => tracing.responseEnded(message)),
        'undici:request:error': guarded((message: ErrorMessage) => tracing.requestFailed(message)),
      };
      for (const [channel, listener] of Object.entries(listeners)) subscribe(channel, listener);
      return () => {
        for (const [channel, listener] of Object.entries(listeners)) unsubscribe(channel, listener);
      };
    },
  };
}

class UndiciTracing {
  readonly #requests: OutgoingRequests;
  readonly #open = new WeakMap<UndiciRequest, OpenRequest>();

  constructor(requests: OutgoingRequests) {
    this.#requests = requests;
  }

  requestCreated({ request }: RequestMessage): void {
    const start = () => this.#requests.start(request.method, urlOf(request));
    const caller = callerOf(request);
    const outgoing = caller === undefined ? start() : caller.runInAsyncScope(start);
    if (outgoing === undefined) return;
    if (outgoing.span.isRecording()) this.#open.set(request, { span: outgoing.span, hasResponse: false });
    if (outgoing.headers !== undefined) addTraceHeaders(request, outgoing.headers);
  }

  responseStarted({ request, response }: ResponseMessage): void {
    const open = this.#open.get(request);
    if (open === undefined || (response.statusCode < 200 && response.statusCode !== 101)) return;
    open.hasResponse = true;
    noteStatus(open.span, response.statusCode);
  }

  responseEnded({ request }: RequestMessage): void {
    this.#take(request)?.span.end();
  }

  requestFailed({ request, error }: ErrorMessage): void {
    const open = this.#take(request);
    if (open === undefined) return;
    // Somebody who stops reading has got what he wanted.
    if (open.hasResponse && isAbort(error)) open.span.setAttribute(SENTRY_CANCELLATION_REASON, 'aborted');
    else failSpan(open.span, error);
    open.span.end();
  }

  #take(request: UndiciRequest): OpenRequest | undefined {
    const open = this.#open.get(request);
    if (open !== undefined) this.#open.delete(request);
    return open;
  }
}

/**
 * What `undici.request` and its siblings remember of their caller. A pool makes a request that had to wait in the context
 * of whatever freed the connection; `fetch` through such a pool remembers nothing.
 */
function callerOf(request: UndiciRequest): InstanceType<typeof AsyncResource> | undefined {
  for (const key of Object.getOwnPropertySymbols(request)) {
    const value: unknown = Reflect.get(request, key);
    if (value instanceof AsyncResource) return value;
  }
  return undefined;
}

function urlOf({ origin, path }: UndiciRequest): string {
  if (!path.startsWith('/')) return path; // to a proxy
  return `${typeof origin === 'object' ? origin.origin : (origin ?? '')}${path}`;
}

function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && ABORTED.has(error.name);
}
