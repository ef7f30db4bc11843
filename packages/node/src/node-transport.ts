import {
  type SinkTransportOptions,
  tracing,
  type Transport,
  type TransportOptions,
  type TransportRequest,
  type TransportResponse,
} from '@spanstream/core';
import type { Lane, LaneOptions } from './lane.ts';
import { createProxyLane } from './proxy-lane.ts';
import { createSocketLane } from './socket-lane.ts';

/** Until it is known where it goes. */
const FIRST_CONCURRENCY = 64;
const ANSWER_TIMEOUT_MS = 10_000;
/** Less fits two packets anyway. */
const MIN_GZIP_CHARACTERS = 2048;
/** Up to here gzip in place (4.5 KB: 30 us, 64 KB: 130 us) beats the thread pool's fixed 150 us; beyond it would block. */
const MAX_SYNC_GZIP_CHARACTERS = 64 * 1024;
/** Level 1: 7 times smaller at 4.5 KB, 17 times at 1 MB; level 6 gains a tenth of that for twice the CPU. */
const GZIP_OPTIONS = { level: 1 };
const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

type Gzip = (text: Uint8Array | string) => Buffer<ArrayBuffer> | Promise<Buffer<ArrayBuffer>>;

/** Options of the Node transport; the times are for tests. */
export interface NodeTransportOptions extends TransportOptions {
  /** How long an attempt may go without an answer; default 10 s. */
  readonly answerTimeoutMs?: number;
}

/** Sends envelopes, compressed where that is worth it, over a lane that is loaded with the first one. */
export function createNodeTransport(options: NodeTransportOptions): Transport {
  return new NodeTransport(options);
}

/** Sends what a sink made as it is, and reads the answers' bodies. */
export function createNodeSinkTransport({ url, timeoutMs }: SinkTransportOptions): Transport {
  return new NodeTransport({ url, answerTimeoutMs: timeoutMs }, true);
}

class NodeTransport implements Transport {
  readonly #options: LaneOptions;
  readonly #isForSink: boolean;
  #lane: Lane | undefined;
  #loading: Promise<void> | undefined;
  #gzip: Gzip | undefined;
  #isClosed = false;

  constructor({ url, answerTimeoutMs = ANSWER_TIMEOUT_MS }: NodeTransportOptions, isForSink = false) {
    this.#options = { url: new URL(url), answerTimeoutMs, readsBodies: isForSink };
    this.#isForSink = isForSink;
  }

  get maxConcurrency(): number {
    return this.#lane?.maxConcurrency ?? FIRST_CONCURRENCY;
  }

  send(url: string, request: TransportRequest): Promise<TransportResponse> {
    if (this.#lane === undefined) return (this.#loading ??= this.#load()).then(() => this.send(url, request));
    if (this.#isClosed) return Promise.reject(new Error('the transport is closed'));
    if (this.#gzip === undefined || request.body.length < MIN_GZIP_CHARACTERS) return this.#lane.post(request, false);
    return this.#sendCompressed(this.#lane, request, this.#gzip);
  }

  close(): void {
    this.#isClosed = true;
    this.#lane?.close();
  }

  async #sendCompressed(lane: Lane, request: TransportRequest, gzip: Gzip): Promise<TransportResponse> {
    const body = await gzip(request.body);
    if (this.#isClosed) throw new Error('the transport is closed');
    return lane.post({ ...request, body }, true);
  }

  async #load(): Promise<void> {
    // For a receiver on the same machine compressing costs more CPU (30 us) than it saves when sending (20 us).
    if (!this.#isForSink && !isLoopback(this.#options.url.hostname)) this.#gzip = await loadGzip();
    const createLane = PROXY_VARIABLES.some((name) => process.env[name]) ? createProxyLane : createSocketLane;
    // Whatever instruments sockets and look-ups, those of a lane are the SDK's own (R28); it opens them all in the context that it is made in.
    const lane = await tracing.runDetached(() => tracing.suppressTracing(() => createLane(this.#options)));
    if (this.#isClosed) lane.close();
    this.#lane = lane;
  }
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
