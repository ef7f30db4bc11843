import { once } from 'node:events';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { accept } from './answers.mjs';
import { countSpans, parseEnvelope } from './parse-envelope.mjs';

const KEY = '0123456789abcdef0123456789abcdef';
const PROJECT = '42';

/** What Relay lets pages of any origin send and read. */
const FOR_PAGES = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'x-sentry-error, x-sentry-rate-limits, retry-after',
};

const CONTENT_TYPE = 'application/x-sentry-envelope';
/** What a page sends without a preflight. */
const PAGE_CONTENT_TYPE = 'text/plain;charset=UTF-8';

/**
 * A loopback server that takes envelopes as strictly as the real one, answers as told and keeps what it took.
 * @param {{ answers?: import('./answers.mjs').Answer[], countsOnly?: boolean, isForPages?: boolean }} options
 *   `answers`: one per request, the last one for all others; `countsOnly`: trusts the envelopes and keeps no span;
 *   `isForPages`: answers preflights and lets pages of other origins read.
 */
export async function startBackend(options = {}) {
  const backend = new Backend(options);
  await backend.listen();
  return backend;
}

/** A DSN at whose port nothing listens. */
export async function unreachableDsn() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://${KEY}@127.0.0.1:${port}/${PROJECT}`;
}

class Backend {
  /** @type {any[]} Spans of the envelopes that were taken. */
  spans = [];
  /** @type {any[]} Client reports of the envelopes that were taken. */
  reports = [];
  /** @type {{ header: any, spanCount: number, names: string[], isTaken: boolean, code: number | undefined, byteLength: number }[]} All that came, taken or not. */
  requests = [];
  /** @type {string[]} What the real server would have refused, and why. */
  refusals = [];
  spanCount = 0;
  connectionCount = 0;
  preflightCount = 0;
  #answers;
  #countsOnly;
  #isForPages;
  #port = 0;
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #server = createServer((request, response) => this.#receive(request, response));

  constructor({ answers = [accept], countsOnly = false, isForPages = false }) {
    this.#answers = [...answers];
    this.#countsOnly = countsOnly;
    this.#isForPages = isForPages;
    this.#server.on('connection', () => this.connectionCount++);
  }

  get port() {
    return this.#port;
  }

  get dsn() {
    return `http://${KEY}@127.0.0.1:${this.port}/${PROJECT}`;
  }

  /** The same under a name that is not known for being this machine: pages send as they do to any other server. */
  get farDsn() {
    return this.dsn.replace('127.0.0.1', '[::ffff:127.0.0.1]');
  }

  /** Names of the spans that were taken, sorted. */
  get names() {
    return this.spans.map((span) => span.name).sort();
  }

  /** @param {string} name */
  span(name) {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length !== 1) throw new Error(`${found.length} spans named ${name} among ${this.names.join(', ')}`);
    return found[0];
  }

  /** How many spans the client reports count, by reason. */
  get reportedLosses() {
    /** @type {Record<string, number>} */
    const losses = {};
    for (const { reason, category, quantity } of this.reports.flatMap((report) => report.discarded_events)) {
      if (category === 'span') losses[reason] = (losses[reason] ?? 0) + quantity;
    }
    return losses;
  }

  /** From now on: one answer per request, the last one for all others. */
  answerWith(...answers) {
    this.#answers = answers;
  }

  async listen() {
    if (this.#server.listening) return;
    this.#server.requestTimeout = 0;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
  }

  /**
   * Waits until something holds, looked at after each request.
   * @param {(backend: Backend) => boolean} isDone
   */
  async until(isDone, timeoutMs = 10_000) {
    if (isDone(this)) return;
    await new Promise((resolve, reject) => {
      const end = (settle) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = () => isDone(this) && end(resolve);
      const seen = () => `${this.spanCount} spans in ${this.requests.length} requests, refused: ${this.refusals.join('; ')}`;
      const timer = setTimeout(() => end(() => reject(new Error(`not within ${timeoutMs} ms; ${seen()}`))), timeoutMs);
      this.#watchers.add(watch);
    });
  }

  /** Nothing listens any more, as if the network were gone; `listen()` is back at the same port. */
  async close() {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #receive(request, response) {
    const chunks = [];
    request.on('error', () => {});
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => this.#answer(request, response, Buffer.concat(chunks)));
  }

  #answer(request, response, sent) {
    if (this.#isForPages) for (const [name, value] of Object.entries(FOR_PAGES)) response.setHeader(name, value);
    if (this.#isForPages && request.method === 'OPTIONS') {
      this.preflightCount++;
      response.writeHead(204).end();
      return;
    }
    let answer = this.#answers[0];
    if (this.#answers.length > 1) this.#answers.shift();
    try {
      checkRequest(request, this.#isForPages ? [PAGE_CONTENT_TYPE, CONTENT_TYPE] : [CONTENT_TYPE]);
      this.#take(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent, answer);
    } catch (error) {
      this.refusals.push(error.message);
      answer = { give: () => response.writeHead(400).end() };
    }
    answer.give(response);
    for (const watch of this.#watchers) watch();
  }

  #take(body, { isTaken, code }) {
    if (this.#countsOnly) {
      const spanCount = countSpans(body);
      this.requests.push({ header: {}, spanCount, names: [], isTaken, code, byteLength: body.length });
      if (isTaken) this.spanCount += spanCount;
      return;
    }
    const { header, spans, reports } = parseEnvelope(body);
    this.requests.push({ header, spanCount: spans.length, names: spans.map((span) => span.name), isTaken, code, byteLength: body.length });
    if (!isTaken) return;
    this.spanCount += spans.length;
    this.spans.push(...spans);
    this.reports.push(...reports);
  }
}

function checkRequest({ method, url, headers }, contentTypes) {
  if (method !== 'POST') throw new Error(`method ${method}`);
  if (url.split('?')[0] !== `/api/${PROJECT}/envelope/`) throw new Error(`path ${url}`);
  if (!contentTypes.includes(headers['content-type'])) throw new Error(`Content-Type ${headers['content-type']}`);
  const credentials = `${headers['x-sentry-auth'] ?? ''} ${url}`;
  if (!credentials.includes(`sentry_key=${KEY}`) || !credentials.includes('sentry_version=7'))
    throw new Error(`credentials ${credentials}`);
}
