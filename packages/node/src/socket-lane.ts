import { AsyncResource } from 'node:async_hooks';
import type { OnReadOpts, Socket } from 'node:net';
import type { TransportRequest, TransportResponse } from '@spanstream/core';
import { Connection, type ConnectionLimits } from './connection.ts';
import type { Lane, LaneOptions } from './lane.ts';

const CONNECT_TIMEOUT_MS = 5000;
const TICK_MS = 1000;
/** An answer's head is 200 to 1,500 bytes. */
const READ_BYTES = 4096;
/** What is up to here leaves in one piece with its head, copied into an array that is used again (40 KB: 3 us). */
const SCRATCH_BYTES = 128 * 1024;
const NO_LINE_BREAK = /^[\t\x20-\x7e\x80-\xff]*$/;

type Open = (onread: OnReadOpts, onConnect: () => void) => Socket;

/**
 * Posts over keep-alive sockets of its own, as many as there are envelopes at a time; delivery bounds that. A 4.5 KB
 * envelope costs 10 us of CPU where undici's pool takes 21-24 (Node 20), and it compiles a third of the code. Nothing
 * here needs more of HTTP than a POST and the head of its answer.
 */
export async function createSocketLane({ url, answerTimeoutMs }: LaneOptions): Promise<Lane> {
  const open = url.protocol === 'https:' ? await openTls(url) : await openTcp(url);
  return new SocketLane(url, open, answerTimeoutMs);
}

class SocketLane implements Lane {
  readonly #start: string;
  readonly #open: Open;
  readonly #tickMs: number;
  readonly #limits: ConnectionLimits;
  readonly #connections = new Set<Connection>();
  readonly #free: Connection[] = [];
  /** Sockets and timers made here must not keep the application's context, so its requests, from being collected (R9). */
  readonly #root = new AsyncResource('SpanStreamTransport', { requireManualDestroy: false });
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #headers: Readonly<Record<string, string>> | undefined;
  #head = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(url: URL, open: Open, answerTimeoutMs: number) {
    this.#start = `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`;
    this.#open = open;
    this.#tickMs = Math.min(TICK_MS, answerTimeoutMs / 10);
    const ticksIn = (ms: number): number => Math.ceil(ms / this.#tickMs);
    this.#limits = { connectTicks: ticksIn(Math.min(CONNECT_TIMEOUT_MS, answerTimeoutMs)), answerTicks: ticksIn(answerTimeoutMs) };
  }

  post({ headers, body }: TransportRequest, isGzip: boolean): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      if (headers !== this.#headers) this.#prepareHeaders(headers);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const head = `${this.#head}${isGzip ? 'Content-Encoding: gzip\r\n' : ''}Content-Length: ${bytes.length}\r\n\r\n`;
      const length = head.length + bytes.length;
      const isSmall = length <= SCRATCH_BYTES;
      const request = isSmall ? this.#scratch : Buffer.allocUnsafeSlow(length);
      request.set(bytes, request.write(head, 'latin1'));
      const connection = this.#free.pop() ?? this.#connect();
      const hasLeft = connection.send(isSmall ? request.subarray(0, length) : request, { resolve, reject });
      if (isSmall && !hasLeft) this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy(new Error('the transport is closed'));
  }

  onFree(connection: Connection): void {
    this.#free.push(connection);
  }

  onGone(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #connect(): Connection {
    return this.#root.runInAsyncScope(() => {
      this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
      const connection = new Connection((receive) => {
        const callback = (count: number, buffer: Uint8Array): boolean => {
          receive((buffer as Buffer).toString('latin1', 0, count));
          return true;
        };
        return this.#open({ buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback }, () => connection.connected());
      }, this);
      this.#connections.add(connection);
      return connection;
    });
  }

  #tick(): void {
    for (const connection of this.#connections) connection.tick(this.#limits);
  }

  /** Header records are few and constant, so their text is made once. */
  #prepareHeaders(headers: Readonly<Record<string, string>>): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    if (!lines.every((line) => NO_LINE_BREAK.test(line))) throw new Error('a header has a character that is not allowed');
    this.#headers = headers;
    this.#head = `${this.#start}${lines.map((line) => `${line}\r\n`).join('')}`;
  }
}

async function openTcp(url: URL): Promise<Open> {
  const { connect } = await import('node:net');
  const { host, port } = addressOf(url, 80);
  return (onread, onConnect) => connect({ host, port, onread, noDelay: true }, onConnect);
}

async function openTls(url: URL): Promise<Open> {
  const [{ connect }, { isIP }] = await Promise.all([import('node:tls'), import('node:net')]);
  const { host, port } = addressOf(url, 443);
  const servername = isIP(host) === 0 ? host : '';
  let session: Buffer | undefined;
  return (onread, onConnect) => {
    const options = { host, port, servername, onread, noDelay: true, ALPNProtocols: ['http/1.1'], ...(session && { session }) };
    return connect(options, onConnect).on('session', (latest: Buffer) => {
      session = latest;
    });
  };
}

function addressOf({ hostname, port }: URL, otherwise: number): { host: string; port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? otherwise : Number(port) };
}
