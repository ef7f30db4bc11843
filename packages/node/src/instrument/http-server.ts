import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Context, type Current, httpSpanName, type Integration, type IntegrationClient, parseIncoming } from '@spanstream/core';
import { subscribe, unsubscribe } from '../builtins.ts';
import { emitInContext } from './emit-in-context.ts';
import { ServedRequest } from './served-request.ts';
import { schemeOf, serverAttributes } from './server-attributes.ts';

/** What `ignoreIncomingRequests` is given: the `IncomingMessage`. Named by its shape, so that these types need none of Node's. */
export interface IncomingRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Options of `httpServerIntegration`. */
export interface HttpServerOptions {
  /** Requests for which true is returned, and all that happens inside them, are not recorded. A throw counts as false. Default: none. */
  ignoreIncomingRequests?(request: IncomingRequest): boolean;
}

interface RequestStart {
  readonly request: IncomingMessage & Marked;
  readonly response: ServerResponse & Marked;
  readonly server: Server;
}

/** On a request and its response. */
interface Marked {
  [SERVED]?: ServedRequest;
}

const CHANNEL = 'http.server.request.start';
const SERVED = Symbol('spanstream.served');
/** The events with which a server passes on a request that the channel has told of. */
const REQUEST_EVENTS = new Set<unknown>(['request', 'checkContinue', 'checkExpectation', 'dropRequest']);

/**
 * Gives each request to a `node:http` or `node:https` server a span and an isolation scope, in the trace that its headers
 * name, else in one of its own.
 */
export function httpServerIntegration(options: HttpServerOptions = {}): Integration {
  return {
    name: 'HttpServer',
    setup(client) {
      const tracing = new ServerTracing(client, options);
      const onStart = (message: unknown): void => tracing.requestStarted(message as RequestStart);
      subscribe(CHANNEL, onStart);
      (client.recorded ??= new Set()).add('http.server');
      return () => {
        unsubscribe(CHANNEL, onStart);
        tracing.restore();
      };
    },
  };
}

class ServerTracing {
  readonly #client: IntegrationClient;
  readonly #current: Current;
  readonly #sendDefaultPii: boolean;
  readonly #options: HttpServerOptions;
  readonly #restoreOf = new WeakMap<Server, () => void>();
  /** A server that nobody else holds must not stay because it is to be restored. */
  readonly #servers = new Set<WeakRef<Server>>();
  readonly #messageRestores: (() => void)[] = [];

  constructor(client: IntegrationClient, options: HttpServerOptions) {
    this.#client = client;
    this.#current = client.current;
    this.#sendDefaultPii = client.settings.sendDefaultPii;
    this.#options = options;
  }

  requestStarted(message: RequestStart): void {
    try {
      const { request, response, server } = message;
      if (!this.#restoreOf.has(server)) this.#wrap(server);
      const served = this.#serve(request, response);
      request[SERVED] = served;
      response[SERVED] = served;
    } catch (error) {
      this.#current.fault('HttpServer', error);
    }
  }

  restore(): void {
    for (const reference of this.#servers) {
      const server = reference.deref();
      if (server !== undefined) this.#restoreOf.get(server)?.();
    }
    this.#servers.clear();
    for (const restore of this.#messageRestores.splice(0)) restore();
  }

  #serve(request: IncomingMessage, response: ServerResponse): ServedRequest {
    const { tracer } = this.#current;
    const outer = tracer.contextFromOutside(this.#traceOf(request));
    if (this.#isIgnored(request)) return new ServedRequest({ ...outer, suppressed: true }, this.#current);
    const { span, context } = tracer.begin(
      { name: httpSpanName(request.method ?? ''), attributes: serverAttributes(request, this.#sendDefaultPii) },
      outer,
    );
    context.scope.entrySpan = span;
    const served = new ServedRequest(context, this.#current);
    if (span.isRecording()) served.endWith(response, span);
    return served;
  }

  #traceOf({ headers }: IncomingMessage): NonNullable<Context['trace']> {
    const { tracer, incoming } = this.#current;
    const hasNone = headers['sentry-trace'] === undefined && headers['traceparent'] === undefined && headers['baggage'] === undefined;
    return hasNone ? tracer.newTrace() : parseIncoming(headers, incoming);
  }

  /** What is sent to this very process by itself, e.g. through a tunnel that it serves, would give the next envelope a span for ever (R28). */
  #isIgnored(request: IncomingMessage): boolean {
    try {
      if (request.method === 'POST' && this.#client.isOwnUrl(addressOf(request))) return true;
      return this.#options.ignoreIncomingRequests?.(request) === true;
    } catch (error) {
      this.#current.fault('ignoreIncomingRequests', error);
      return false;
    }
  }

  /**
   * The subscriber cannot make a context current for the handler alone: `bindStore` on the channel does not reach it, and
   * with `enterWith` the context stays on the connection and keeps the request's scope alive between requests (Node 20).
   * A body that arrives later is emitted in the connection's context, in every version.
   */
  #wrap(server: Server): void {
    const { tracer } = this.#current;
    const restore = emitInContext(server, tracer, (_server, type, request) => {
      const served = REQUEST_EVENTS.has(type) ? servedOf(request) : undefined;
      if (served !== undefined) this.#watchQueue(served);
      return served?.context;
    });
    this.#restoreOf.set(server, restore);
    for (const known of this.#servers) if (known.deref() === undefined) this.#servers.delete(known);
    this.#servers.add(new WeakRef(server));
    if (this.#messageRestores.length > 0) return;
    const { IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');
    for (const { prototype } of [IncomingMessage, ServerResponse])
      this.#messageRestores.push(emitInContext(prototype, tracer, (message) => servedOf(message)?.context));
  }

  #watchQueue(served: ServedRequest): void {
    try {
      served.watchQueue();
    } catch (error) {
      this.#current.fault('HttpServer', error);
    }
  }
}

function addressOf({ socket, headers, url }: IncomingMessage): string {
  return `${schemeOf(socket)}://${headers.host}${url}`;
}

function servedOf(message: unknown): ServedRequest | undefined {
  return (message as Marked | undefined)?.[SERVED];
}
