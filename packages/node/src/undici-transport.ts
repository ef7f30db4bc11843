import { AsyncResource } from 'node:async_hooks';
import type { Socket } from 'node:net';
import type { Transport, TransportOptions, TransportRequest, TransportResponse } from '@spanstream/core';
import type { buildConnector as BuildConnector, Dispatcher, EnvHttpProxyAgent as ProxyAgent, Pool as UndiciPool } from 'undici';

/**
 * As many as delivery sends at a time: an envelope each, opened only when the others are busy. Pipelining over fewer
 * saves nothing (21-24 us of CPU an envelope of 4.5 KB with 64, 16 or 4 connections, Node 20) and lets one slow answer
 * delay others.
 */
const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 5000;
const ANSWER_TIMEOUT_MS = 10_000;
/** The pause in an answer's body after which its head has to do. */
const BODY_TIMEOUT_MS = 2000;
/** Longer than `flushIntervalMs`, so that a quiet process keeps its connection; a server's `Keep-Alive` hint goes first. */
const KEEP_ALIVE_MS = 30_000;
/** Nobody reads the answer's body; a longer one costs the connection. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Less fits two packets anyway. */
const MIN_GZIP_CHARACTERS = 2048;
/** Up to here gzip in place (4.5 KB: 30 us, 64 KB: 130 us) beats the thread pool's fixed 150 us; beyond it would block. */
const MAX_SYNC_GZIP_CHARACTERS = 64 * 1024;
/** Level 1: 7 times smaller at 4.5 KB, 17 times at 1 MB; level 6 gains a tenth of that for twice the CPU. */
const GZIP_OPTIONS = { level: 1 };
const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

type Gzip = (text: Uint8Array | string) => Buffer | Promise<Buffer>;

/** Options of the Node transport; the times are for tests. */
export interface UndiciTransportOptions extends TransportOptions {
  /** How long an attempt may go without an answer; default 10 s. */
  readonly answerTimeoutMs?: number;
}

/** Sends envelopes with undici, which is loaded with the first one. Its sockets never keep the process alive. */
export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  return new UndiciTransport(options);
}

class UndiciTransport implements Transport {
  readonly maxConcurrency = CONNECTIONS;
  readonly #origin: string;
  readonly #path: string;
  readonly #isLoopback: boolean;
  readonly #answerTimeoutMs: number;
  /** Sockets and timers made here must not keep the application's context, so its requests, from being collected (R9). */
  readonly #root = new AsyncResource('SpanStreamTransport', { requireManualDestroy: false });
  #dispatcher: Dispatcher | undefined;
  #loading: Promise<void> | undefined;
  #gzip: Gzip | undefined;
  #isClosed = false;
  #headers: Readonly<Record<string, string>> | undefined;
  #plainHeaders: string[] = [];
  #gzipHeaders: string[] = [];

  constructor(options: UndiciTransportOptions) {
    const url = new URL(options.url);
    this.#origin = url.origin;
    this.#path = url.pathname + url.search;
    this.#isLoopback = isLoopback(url.hostname);
    this.#answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  }

  async send(_url: string, request: TransportRequest): Promise<TransportResponse> {
    if (this.#dispatcher === undefined) await (this.#loading ??= this.#root.runInAsyncScope(() => this.#load()));
    if (request.headers !== this.#headers) this.#prepareHeaders(request.headers);
    if (this.#gzip === undefined || request.body.length < MIN_GZIP_CHARACTERS) return this.#dispatch(request.body, this.#plainHeaders);
    return this.#dispatch(await this.#gzip(request.body), this.#gzipHeaders);
  }

  close(): void {
    this.#isClosed = true;
    void this.#dispatcher?.destroy();
  }

  #dispatch(body: string | Uint8Array, headers: string[]): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const dispatcher = this.#dispatcher;
      if (dispatcher === undefined || this.#isClosed) throw new Error('the transport is closed');
      const request = { origin: this.#origin, path: this.#path, method: 'POST', headers, body } as const;
      this.#root.runInAsyncScope(() => dispatcher.dispatch(request, new AnswerHandler(resolve, reject)));
    });
  }

  /** Header records are few and constant, so their flat form is made once. */
  #prepareHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = headers;
    this.#plainHeaders = Object.entries(headers).flat();
    this.#gzipHeaders = [...this.#plainHeaders, 'Content-Encoding', 'gzip'];
  }

  async #load(): Promise<void> {
    // For a receiver on the same machine compressing costs more CPU (30 us) than it saves when sending (20 us).
    if (!this.#isLoopback) this.#gzip = await loadGzip();
    const dispatcher = await (PROXY_VARIABLES.some((name) => process.env[name]) ? this.#createProxyAgent() : this.#createPool());
    if (this.#isClosed) void dispatcher.destroy();
    else this.#dispatcher = dispatcher;
  }

  async #createPool(): Promise<Dispatcher> {
    const { Pool, buildConnector } = await loadPool();
    return new Pool(this.#origin, this.#poolOptions(buildConnector({ timeout: CONNECT_TIMEOUT_MS })));
  }

  /** Every connection, to the proxy or through it, is made by pools of ours, whose sockets are unref'd. */
  async #createProxyAgent(): Promise<Dispatcher> {
    const [EnvHttpProxyAgent, { Pool, buildConnector }] = await Promise.all([loadProxyAgent(), loadPool()]);
    const connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
    const createPool = (origin: string | URL, { connect }: { connect?: unknown }): Dispatcher =>
      new Pool(origin, this.#poolOptions(typeof connect === 'function' ? (connect as BuildConnector.connector) : connector));
    // Plain HTTP goes through the proxy as such: many allow CONNECT to port 443 only.
    return new EnvHttpProxyAgent({ factory: createPool, clientFactory: createPool, proxyTunnel: false });
  }

  #poolOptions(connect: BuildConnector.connector): UndiciPool.Options {
    return {
      connections: CONNECTIONS,
      connect: withoutRef(connect),
      headersTimeout: this.#answerTimeoutMs,
      bodyTimeout: Math.min(BODY_TIMEOUT_MS, this.#answerTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
  }
}

/** The answer counts from its head on: whatever goes wrong with the body changes nothing. */
class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #resolve: (response: TransportResponse) => void;
  readonly #reject: (error: Error) => void;
  #answer: TransportResponse | undefined;
  #bytes = 0;

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
    if (this.#bytes > MAX_ANSWER_BYTES) controller.abort(new Error('the answer is too long'));
  }

  /** Only now, so that the connection is free for the next envelope. */
  onResponseEnd(): void {
    if (this.#answer !== undefined) this.#resolve(this.#answer);
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

/** Loaded with the first envelope as well: 3 ms. */
async function loadGzip(): Promise<Gzip> {
  const { gzip, gzipSync } = await import('node:zlib');
  return (text) => {
    if (text.length <= MAX_SYNC_GZIP_CHARACTERS) return gzipSync(text, GZIP_OPTIONS);
    return new Promise((resolve, reject) => {
      gzip(text, GZIP_OPTIONS, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
