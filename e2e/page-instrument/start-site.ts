import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startBackend } from '../backend/start-backend.mjs';

/** A request that a server got. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A span as it is on the wire. */
export interface WireSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name: string;
  readonly status: string;
  readonly is_segment: boolean;
  readonly start_timestamp: number;
  readonly end_timestamp: number;
  readonly attributes: Record<string, { readonly value: unknown }>;
  readonly links?: { trace_id: string; span_id: string; sampled?: boolean; attributes: Record<string, { readonly value: unknown }> }[];
}

/** A page to open. */
export interface PageOptions {
  /** The options of `init`, as JavaScript; `dsn`, the sample rate and the lifecycle are there. */
  readonly options?: string;
  /** Stands before the SDK. */
  readonly before?: string;
  /** Runs after `init`. */
  readonly script?: string;
  readonly head?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** A page server, a server of another origin, the backend, and a browser. */
export class Site {
  readonly seen: Seen[] = [];
  readonly apiSeen: Seen[] = [];
  readonly routes = new Map<string, Handler>();
  readonly apiRoutes = new Map<string, Handler>();
  #bundle = '';
  #browser!: Browser;
  #context: BrowserContext | undefined;
  #backend!: Awaited<ReturnType<typeof startBackend>>;
  readonly #server: Server = createServer((request, response) => this.#serve(request, response));
  readonly #api: Server = createServer((request, response) => {
    this.apiSeen.push(describe(request));
    const handler = this.apiRoutes.get(pathOf(request));
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });

  static async start(): Promise<Site> {
    const site = new Site();
    site.#bundle = await bundlePage();
    site.#backend = await startBackend();
    for (const server of [site.#server, site.#api]) await once(server.listen(0, '127.0.0.1'), 'listening');
    site.#browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'],
    });
    return site;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The other origin. */
  get apiOrigin(): string {
    return `http://127.0.0.1:${(this.#api.address() as AddressInfo).port}`;
  }

  get spans(): WireSpan[] {
    return this.#backend.spans as WireSpan[];
  }

  get refusals(): string[] {
    return this.#backend.refusals;
  }

  /** The first span with that op, once it has arrived. */
  async span(op: string, matches: (span: WireSpan) => boolean = () => true): Promise<WireSpan> {
    return this.#find((span) => span.attributes['sentry.op']?.value === op && matches(span));
  }

  /** The first span of that name, once it has arrived. */
  async named(name: string): Promise<WireSpan> {
    return this.#find((span) => span.name === name);
  }

  withOp(op: string): WireSpan[] {
    return this.spans.filter((span) => span.attributes['sentry.op']?.value === op);
  }

  /** Opens a page of its own context at `/`. */
  async open(page: PageOptions = {}, path = '/'): Promise<Page> {
    this.routes.set('/', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', ...page.headers }).end(this.#html(page));
    });
    this.#context = await this.#browser.newContext();
    const opened = await this.#context.newPage();
    if (process.env['DEBUG_PAGE']) {
      opened.on('console', (message) => console.log(message.text()));
      opened.on('pageerror', (error) => console.log(error.stack));
    }
    await opened.goto(this.origin + path);
    return opened;
  }

  /** Forgets what was, for the next test. */
  async reset(): Promise<void> {
    await this.#context?.close();
    this.spans.length = 0;
    this.seen.length = 0;
    this.apiSeen.length = 0;
    this.routes.clear();
    this.apiRoutes.clear();
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#backend.close();
    for (const server of [this.#server, this.#api]) {
      server.closeAllConnections();
      await once(server.close(), 'close');
    }
  }

  #html({ head = '', before = '', options = '', script = '', body = '' }: PageOptions): string {
    return `<!doctype html><html><head><link rel="icon" href="data:,">${head}<script>${before}</script><script src="/sdk.js"></script><script>
      addEventListener('error', (event) => (globalThis.errors ??= []).push(String(event.message)));
      ${this.start(options)}${script}</script></head><body>${body}</body></html>`;
  }

  #init(): string {
    const { host } = new URL(this.origin);
    const dsn = this.#backend.dsn.replace(/@[^/]+/, `@${host}`);
    return `dsn: '${dsn}', tracesSampleRate: 1, traceLifecycle: 'stream', batching: { flushIntervalMs: 50, flushOnSegmentEndMs: 50 }`;
  }

  async #find(matches: (span: WireSpan) => boolean): Promise<WireSpan> {
    await this.#backend.until(() => this.spans.some(matches));
    return this.spans.find(matches)!;
  }

  /** The start of the SDK, as JavaScript. */
  start(options = ''): string {
    return `globalThis.client = SpanStream.init({ ${this.#init()}, ${options} });`;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    if (path.startsWith('/api/42/envelope')) return this.#forward(request, response);
    this.seen.push(describe(request));
    const handler = this.routes.get(path);
    if (handler) handler(request, response);
    else if (path === '/sdk.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(this.#bundle);
    else response.writeHead(404).end();
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, headers, url } = incoming;
    const outgoing = request({ host: '127.0.0.1', port: this.#backend.port, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  }
}

/** The whole package as the global `SpanStream`. */
async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../programs/whole-package.mjs', import.meta.url))],
    bundle: true,
    format: 'iife',
    // Of what is built, not of the sources that `paths` of the packages lead to.
    tsconfigRaw: {},
    globalName: 'SpanStream',
    write: false,
  });
  return outputFiles[0]!.text;
}

function pathOf(request: IncomingMessage): string {
  return request.url!.split('?')[0]!;
}

function describe({ method, url, headers }: IncomingMessage): Seen {
  return { method: method!, path: url!, headers };
}
