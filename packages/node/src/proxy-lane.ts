import type { Socket } from 'node:net';
import type { TransportResponse } from '@spanstream/core';
import type { buildConnector as BuildConnector, Dispatcher, EnvHttpProxyAgent as ProxyAgent, Pool as UndiciPool } from 'undici';
import { AsyncResource } from './builtins.ts';
import type { Lane, LaneOptions } from './lane.ts';

const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 5000;
/** The pause in an answer's body after which its head has to do. */
const BODY_TIMEOUT_MS = 2000;
/** Longer than `flushIntervalMs`, so that a quiet process keeps its connection; a server's `Keep-Alive` hint goes first. */
const KEEP_ALIVE_MS = 30_000;
/** An answer with a longer body costs the connection. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Posts with undici through the proxies that the environment names, or past them where `no_proxy` says so. */
export async function createProxyLane({ url, answerTimeoutMs }: LaneOptions): Promise<Lane> {
  // Sockets and timers made here must not keep the application's context, so its requests, from being collected (R9).
  const root = new AsyncResource('SpanStreamTransport', { requireManualDestroy: false });
  const agent = await root.runInAsyncScope(() => createProxyAgent(answerTimeoutMs));
  return {
    maxConcurrency: CONNECTIONS,
    post: ({ headers, body }, isGzip) =>
      new Promise((resolve, reject) => {
        const allHeaders = isGzip ? { ...headers, 'Content-Encoding': 'gzip' } : headers;
        const request = { origin: url.origin, path: url.pathname + url.search, method: 'POST', headers: allHeaders, body } as const;
        root.runInAsyncScope(() => agent.dispatch(request, new AnswerHandler(resolve, reject)));
      }),
    close: () => void agent.destroy(),
  };
}

/** Every connection, to the proxy or through it, is made by pools of ours, whose sockets are unref'd. */
async function createProxyAgent(answerTimeoutMs: number): Promise<Dispatcher> {
  const [EnvHttpProxyAgent, { Pool, buildConnector }] = await Promise.all([loadProxyAgent(), loadPool()]);
  const connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  const createPool = (origin: string | URL, { connect }: { connect?: unknown }): Dispatcher =>
    new Pool(origin, {
      connections: CONNECTIONS,
      connect: withoutRef(typeof connect === 'function' ? (connect as BuildConnector.connector) : connector),
      headersTimeout: answerTimeoutMs,
      bodyTimeout: Math.min(BODY_TIMEOUT_MS, answerTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  // Plain HTTP goes through the proxy as such: many allow CONNECT to port 443 only.
  return new EnvHttpProxyAgent({ factory: createPool, clientFactory: createPool, proxyTunnel: false });
}

/** The answer counts from its head on: whatever goes wrong with the body changes nothing. */
class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #resolve: (response: TransportResponse) => void;
  readonly #reject: (error: Error) => void;
  #answer: TransportResponse | undefined;
  #bytes = 0;
  readonly #body: Buffer[] = [];

  constructor(resolve: (response: TransportResponse) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status >= 200) this.#answer = { status, headers: { get: (name: string) => headers[name.toLowerCase()]?.toString() } };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#body.push(chunk);
    if (this.#bytes > MAX_ANSWER_BYTES) controller.abort(new Error('the answer is too long'));
  }

  /** Only now, so that the connection is free for the next envelope. */
  onResponseEnd(): void {
    if (this.#answer === undefined) return;
    const body = async (): Promise<ArrayBuffer> => new Uint8Array(Buffer.concat(this.#body)).buffer;
    this.#resolve({ ...this.#answer, arrayBuffer: body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#answer === undefined) this.#reject(error);
    else this.#resolve(this.#answer);
  }
}

/** A connector whose sockets never keep the process alive; undici calls `ref` on them while a request runs. */
function withoutRef(connect: BuildConnector.connector): BuildConnector.connector {
  const release = (socket: Socket): void => {
    socket.unref();
    socket.ref = () => socket;
  };
  return (options, callback) => {
    // The connector returns the socket while it is still connecting, which its type does not say.
    const connecting: unknown = connect(options, (...result) => {
      // undefined, and not null as its type says, after an error
      if (result[1]) release(result[1]);
      callback(...result);
    });
    if (typeof connecting === 'object' && connecting !== null && 'unref' in connecting) release(connecting as Socket);
    return connecting;
  };
}

/**
 * undici's pool alone: 35 ms and 9 MB to load where the whole package takes 130 ms and 18 MB (Node 20). The files are not
 * documented, so the version is pinned to the digit.
 */
async function loadPool(): Promise<{ Pool: typeof UndiciPool; buildConnector: typeof BuildConnector }> {
  const [pool, connect] = await Promise.all([
    // @ts-expect-error The file has no types of its own.
    import('undici/lib/dispatcher/pool.js') as Promise<{ default: typeof UndiciPool }>,
    // @ts-expect-error The file has no types of its own.
    import('undici/lib/core/connect.js') as Promise<{ default: typeof BuildConnector }>,
  ]);
  return { Pool: pool.default, buildConnector: connect.default };
}

async function loadProxyAgent(): Promise<typeof ProxyAgent> {
  const [agent, dispatcher, connect] = await Promise.all([
    // @ts-expect-error The file has no types of its own.
    import('undici/lib/dispatcher/env-http-proxy-agent.js') as Promise<{ default: typeof ProxyAgent }>,
    // @ts-expect-error The file has no types of its own.
    import('undici/lib/dispatcher/dispatcher.js') as Promise<{ default: { prototype: Partial<Dispatcher> } }>,
    // @ts-expect-error The file has no types of its own.
    import('undici/lib/api/api-connect.js') as Promise<{ default: Dispatcher['connect'] }>,
  ]);
  // The tunnel calls `connect`, which undici's index adds to its dispatchers in the same way.
  dispatcher.default.prototype.connect ??= connect.default;
  return agent.default;
}
