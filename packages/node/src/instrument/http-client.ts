import type { ClientRequest, IncomingMessage } from 'node:http';
import { HTTP_RESPONSE_BODY_SIZE, NETWORK_PROTOCOL_VERSION, SENTRY_CANCELLATION_REASON } from '@sentry/conventions/attributes';
import type { AnySpan, Integration } from '@spanstream/core';
import { errorMonitor, subscribe, unsubscribe } from '../builtins.ts';
import { addTraceHeaders, readHeader } from './client-headers.ts';
import { failSpan } from './fail-span.ts';
import { noteStatus, OutgoingRequests } from './outgoing-requests.ts';
import { parseSize } from './server-attributes.ts';
import { wrapHttpModules } from './wrap-http-modules.ts';

const CHANNEL = 'http.client.request.created';

/** Gives each request made with `node:http` or `node:https` trace headers and, where there is a parent, a span. */
export function httpClientIntegration(): Integration {
  return {
    name: 'HttpClient',
    setup(client) {
      (client.recorded ??= new Set()).add('http.client');
      const tracing = new ClientTracing(new OutgoingRequests(client, 'auto.http.node'));
      if (!hasCreatedChannel()) {
        return wrapHttpModules(
          (request) => tracing.requestCreated(request),
          (error) => client.current.fault('HttpClient', error),
        );
      }
      const onCreated = (message: unknown): void => tracing.requestCreated((message as { request: ClientRequest } | undefined)?.request);
      subscribe(CHANNEL, onCreated);
      return () => void unsubscribe(CHANNEL, onCreated);
    },
  };
}

class ClientTracing {
  readonly #requests: OutgoingRequests;

  constructor(requests: OutgoingRequests) {
    this.#requests = requests;
  }

  requestCreated(request: ClientRequest | undefined): void {
    try {
      if (request === undefined) return;
      const outgoing = this.#requests.start(request.method, urlOf(request));
      if (outgoing === undefined) return;
      if (outgoing.span.isRecording()) this.#endWith(request, outgoing.span);
      if (outgoing.headers !== undefined) addTraceHeaders(request, outgoing.headers);
    } catch (error) {
      this.#requests.current.fault('HttpClient', error);
    }
  }

  /** `close` comes once, whatever happens: after the last byte of the response was read, or the connection was lost or taken over. */
  #endWith(request: ClientRequest, span: AnySpan): void {
    let failure: unknown;
    // A listener for `response` would keep Node from discarding bodies that nobody reads, one for `error` from throwing.
    request.on(errorMonitor, (error: unknown) => (failure = error));
    request.on('close', () => {
      try {
        describeEnd(span, responseOf(request), failure);
      } catch (error) {
        this.#requests.current.fault('HttpClient', error);
      }
      span.end();
    });
  }
}

function describeEnd(span: AnySpan, response: IncomingMessage | undefined, failure: unknown): void {
  if (response !== undefined) {
    if (response.statusCode !== undefined) noteStatus(span, response.statusCode);
    span.setAttributes({
      [NETWORK_PROTOCOL_VERSION]: response.httpVersion,
      [HTTP_RESPONSE_BODY_SIZE]: parseSize(response.headers['content-length']),
    });
  }
  const cause = failure ?? response?.errored;
  if (cause) failSpan(span, cause);
  else if (response !== undefined && !response.complete && response.statusCode !== 101)
    span.setAttribute(SENTRY_CANCELLATION_REASON, 'aborted');
}

/** Where the request goes, as far as it says. The connection's host counts: a `Host` that an application passes on may be anybody's. */
function urlOf(request: ClientRequest): string {
  const { path, protocol } = request;
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(path)) return path; // to a proxy
  const host = request.host.includes(':') && !request.host.startsWith('[') ? `[${request.host}]` : request.host;
  // Only the header tells the port.
  const header = readHeader(request, 'host') ?? '';
  const port =
    header.slice(0, host.length).toLowerCase() === host.toLowerCase() ? /^:\d+$/.exec(header.slice(host.length))?.[0] : undefined;
  return `${protocol}//${host}${port ?? ''}${path.startsWith('/') ? path : `/${path}`}`;
}

function responseOf(request: ClientRequest): IncomingMessage | undefined {
  return (request as { res?: IncomingMessage | null }).res ?? undefined;
}

/** Since 22.12 and 23.2. Earlier versions tell of a request only after its headers have left. */
function hasCreatedChannel(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}
