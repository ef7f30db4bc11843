import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const DIST = new URL('../../packages/browser/dist/', import.meta.url);

/** What the page and its policy allow: nothing but this origin, and scripts with the nonce. */
const NONCE = 'cmFuZG9tIG5vbmNl';
const POLICY = `default-src 'none'; script-src 'nonce-${NONCE}'; connect-src 'self'; base-uri 'none'; report-uri /violation`;

/** A span as it arrived. */
export interface SentSpan {
  readonly name: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly trace_id: string;
  readonly status: string;
  readonly start_timestamp: number;
  readonly end_timestamp: number;
  readonly attributes: Record<string, { readonly value: unknown }>;
}

/** A file of the build. */
export function readDist(name: string): string {
  return readFileSync(fileURLToPath(new URL(name, DIST)), 'utf8');
}

/** The build's own list of hashes. */
export const integrity = JSON.parse(readDist('integrity.json')) as Record<string, string>;

/** A site on loopback with a strict policy: pages, the scripts of the build, and a tunnel that takes envelopes. */
export class Site {
  readonly spans: SentSpan[] = [];
  readonly violations: string[] = [];
  /** Scripts that were asked for. */
  readonly asked: string[] = [];
  readonly #pages = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #watchers: (() => void)[] = [];
  #held: Promise<void> | undefined;

  /** Starts listening. */
  async start(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  /** Stops listening. */
  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** The address of a page with these head and body; `NONCE` in them is the page's own. */
  page(path: string, html: string): string {
    this.#pages.set(path, `<!doctype html><title>shop</title>${html.replaceAll('NONCE', NONCE)}`);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** Keeps scripts back until the returned function is called. */
  holdScripts(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return release;
  }

  /** Waits until something holds, looked at after each request. */
  async until(isDone: () => boolean, timeoutMs = 20_000): Promise<void> {
    if (isDone()) return;
    await new Promise<void>((resolve, reject) => {
      const seen = (): string => `${this.spans.map(({ name }) => name).join(', ')}; violations: ${this.violations.join(', ')}`;
      const timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms; spans: ${seen()}`)), timeoutMs);
      this.#watchers.push(() => {
        if (!isDone()) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** The only span of this name. */
  span(name: string): SentSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length !== 1) throw new Error(`${found.length} spans named ${name} among ${this.spans.map((span) => span.name).join(', ')}`);
    return found[0]!;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const page = this.#pages.get(path);
    if (page !== undefined) {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': POLICY }).end(page);
    } else if (request.method === 'POST') {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
      if (path === '/violation') this.violations.push(body);
      else this.#take(body);
      response.writeHead(200).end();
    } else if (path.endsWith('.min.js')) {
      this.asked.push(path);
      await this.#held;
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Access-Control-Allow-Origin': '*' }).end(readDist(path.slice(1)));
    } else {
      response.writeHead(404).end();
    }
    for (const watch of this.#watchers) watch();
  }

  #take(envelope: string): void {
    const [, item = '', payload = ''] = envelope.split('\n');
    if (item.includes('"type":"span"')) this.spans.push(...(JSON.parse(payload) as { items: SentSpan[] }).items);
  }
}
