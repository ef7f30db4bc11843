import type { OnReadOpts, Socket } from 'node:net';
import type { TransportRequest, TransportResponse } from '@spanstream/core';
import type { Answer } from './answer.ts';
import { AsyncResource } from './builtins.ts';
import { Connection, type ConnectionLimits, type ConnectionOwner, type Post } from './connection.ts';
import type { Lane, LaneOptions } from './lane.ts';

const CONNECT_TIMEOUT_MS = 5000;
const TICK_MS = 1000;
/** An answer's head is 200 to 1,500 bytes. */
const READ_BYTES = 4096;
const MAX_CONNECTIONS = 64;
const MAX_CONCURRENCY = 512;
/** Requests in one write, at most: 16 of 4 KB cost a third of 16 writes, and more gain little. */
const MAX_GROUP = 16;
/** A group is no larger than what is answered within so long, one by one: nobody stands in a queue that the other connections could shorten. */
const GROUP_MS = 100;
const SMOOTHING = 8;
/** So long after a server left requests behind the first unanswered, each is sent alone. */
const DISTRUST_TICKS = 600;
/** Groups up to here, heads included, are copied into an array that is used again (40 KB: 3 us). */
const SCRATCH_BYTES = 512 * 1024;
const NO_LINE_BREAK = /^[\t\x20-\x7e\x80-\xff]*$/;

type Open = (onread: OnReadOpts, onConnect: () => void) => Socket;

/**
 * Posts over keep-alive sockets of its own. A 4.5 KB envelope costs 10 us of CPU where undici's pool takes 21-24 (Node 20),
 * and it compiles a third of the code. Nothing here needs more of HTTP than a POST and the head of its answer.
 */
export async function createSocketLane(options: LaneOptions): Promise<Lane> {
  const { url } = options;
  const open = url.protocol === 'https:' ? await openTls(url) : await openTcp(url);
  return new SocketLane(options, open);
}

/**
 * What waits at one time leaves in groups, one write each, where the server is near and quick: most of a small envelope's
 * cost is the system call. Its requests are independent of each other; those that a server leaves unanswered go again,
 * alone (RFC 9112, 9.3.2).
 */
class SocketLane implements Lane, ConnectionOwner {
  readonly #start: string;
  readonly #open: Open;
  readonly #readsBodies: boolean;
  readonly #tickMs: number;
  readonly #limits: ConnectionLimits;
  readonly #connections = new Set<Connection>();
  readonly #free: Connection[] = [];
  #waiting: Post[] = [];
  #isScheduled = false;
  #isClosed = false;
  /** Sockets and timers made here must not keep the application's context, so its requests, from being collected (R9). */
  readonly #root = new AsyncResource('SpanStreamTransport', { requireManualDestroy: false });
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #headers: Readonly<Record<string, string>> | undefined;
  #head = '';
  #timer: NodeJS.Timeout | undefined;
  /** How long an answer takes, smoothed; infinite until there was one that allows pipelining. */
  #answerMs = Infinity;
  #distrustTicks = 0;

  constructor({ url, answerTimeoutMs, readsBodies }: LaneOptions, open: Open) {
    this.#start = `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`;
    this.#open = open;
    this.#readsBodies = readsBodies;
    this.#tickMs = Math.min(TICK_MS, answerTimeoutMs / 10);
    const ticksIn = (ms: number): number => Math.ceil(ms / this.#tickMs);
    this.#limits = { connectTicks: ticksIn(Math.min(CONNECT_TIMEOUT_MS, answerTimeoutMs)), answerTicks: ticksIn(answerTimeoutMs) };
  }

  get maxConcurrency(): number {
    return Math.min(MAX_CONCURRENCY, MAX_CONNECTIONS * this.#groupSize);
  }

  post(request: TransportRequest, isGzip: boolean): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, isGzip, resolve, reject });
      this.#schedule();
    });
  }

  close(): void {
    this.#isClosed = true;
    const error = new Error('the transport is closed');
    for (const connection of this.#connections) connection.destroy(error);
    for (const post of this.#waiting.splice(0)) post.reject(error);
  }

  onAnswer({ allowsPipelining }: Answer, waitedMs: number): void {
    if (!allowsPipelining) this.#answerMs = Infinity;
    else this.#answerMs = this.#answerMs === Infinity ? waitedMs : this.#answerMs + (waitedMs - this.#answerMs) / SMOOTHING;
  }

  onFree(connection: Connection): void {
    this.#free.push(connection);
    if (this.#waiting.length > 0) this.#schedule();
  }

  onGone(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    if (this.#waiting.length > 0) this.#schedule();
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  onUnanswered(posts: readonly Post[], wasAnnounced: boolean): void {
    // Servers end a connection after so many requests, and say so.
    if (!wasAnnounced) this.#distrustTicks = DISTRUST_TICKS;
    this.#waiting.unshift(...posts);
    if (this.#isClosed) this.close();
    else this.#schedule();
  }

  /** Requests in one write: as many as the server answers in a moment. */
  get #groupSize(): number {
    if (this.#distrustTicks > 0) return 1;
    return Math.max(1, Math.min(MAX_GROUP, Math.floor(GROUP_MS / this.#answerMs)));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#dispatch());
  }

  #dispatch(): void {
    this.#isScheduled = false;
    while (this.#waiting.length > 0 && (this.#free.length > 0 || this.#connections.size < MAX_CONNECTIONS)) {
      const first = this.#waiting[0]!;
      try {
        this.#sendGroup();
      } catch (error) {
        if (this.#waiting[0] === first) this.#waiting.shift();
        first.reject(error as Error);
      }
    }
  }

  #sendGroup(): void {
    const most = this.#groupSize;
    const posts: Post[] = [];
    let length = 0;
    for (const post of this.#waiting) {
      const { headers, body } = post.request;
      if (headers !== this.#headers) this.#prepareHeaders(headers);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const head = `${this.#head}${post.isGzip ? 'Content-Encoding: gzip\r\n' : ''}Content-Length: ${bytes.length}\r\n\r\n`;
      const needed = length + head.length + bytes.length;
      if (needed > this.#scratch.length) {
        if (length > 0) break;
        this.#scratch = Buffer.allocUnsafeSlow(needed);
      }
      this.#scratch.set(bytes, length + this.#scratch.write(head, length, 'latin1'));
      length = needed;
      if (posts.push(post) === most) break;
    }
    this.#waiting.splice(0, posts.length);
    const connection = this.#free.pop() ?? this.#connect();
    const hasLeft = connection.send(this.#scratch.subarray(0, length), posts);
    if (!hasLeft || length > SCRATCH_BYTES) this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  }

  #connect(): Connection {
    return this.#root.runInAsyncScope(() => {
      this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
      const connection = new Connection(
        (receive) => {
          const callback = (count: number, buffer: Uint8Array): boolean => {
            receive((buffer as Buffer).toString('latin1', 0, count));
            return true;
          };
          return this.#open({ buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback }, () => connection.connected());
        },
        this,
        this.#readsBodies,
      );
      this.#connections.add(connection);
      return connection;
    });
  }

  #tick(): void {
    if (this.#distrustTicks > 0) this.#distrustTicks--;
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
