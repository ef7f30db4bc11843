import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * What a page does: its script gets this as JSON.
 * @typedef {object} Plan
 * @property {object} [options] of `init`
 * @property {string[]} [integrations] by the names of their functions; without it none
 * @property {{ prefix: string, count: number, bytesEach?: number }[]} [spans]
 * @property {{ url: string, init?: object }[]} [requests]
 * @property {number} [flushMs]
 * @property {string} [before] source of a script that runs before the page's
 *
 * @typedef {{ page: number, what: string, stats?: any, isFlushed?: boolean, answers?: string[], message?: string }} Told
 */

/** An origin of its own with pages made to order. It never lets other origins read, so it is also the server without CORS headers. */
export async function startPageServer(script) {
  const pages = new PageServer(script);
  await pages.listen();
  return pages;
}

class PageServer {
  /** @type {Told[]} What the pages told. */
  told = [];
  /** @type {{ method: string, url: string, headers: import('node:http').IncomingHttpHeaders }[]} Everything but pages, scripts and what they told. */
  requests = [];
  #script;
  /** @type {{ plan: Plan, headers: Record<string, string> }[]} */
  #plans = [];
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #server = createServer((request, response) => void this.#answer(request, response));

  constructor(script) {
    this.#script = script;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** A page without a script. */
  get plainUrl() {
    return `${this.origin}/plain`;
  }

  /**
   * Puts a page at an address of its own.
   * @param {Plan} plan
   * @param {Record<string, string>} headers
   */
  addPage(plan, headers = {}) {
    const page = this.#plans.push({ plan, headers }) - 1;
    return { page, url: `${this.origin}/page/${page}` };
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /**
   * What a page told, once it did; `count`: the how-many-th time.
   * @param {number} page
   * @param {string} what
   * @returns {Promise<Told>}
   */
  async hear(page, what, { count = 1, timeoutMs = 10_000 } = {}) {
    const find = () => this.told.filter((told) => told.page === page && told.what === what)[count - 1];
    return find() ?? this.#wait(find, timeoutMs, () => `page ${page} did not tell '${what}': ${JSON.stringify(this.told.slice(-5))}`);
  }

  /** @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders }>} */
  async request(method, url, timeoutMs = 10_000) {
    const find = () => this.requests.find((one) => one.method === method && one.url === url);
    return find() ?? this.#wait(find, timeoutMs, () => `no ${method} ${url}`);
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #wait(find, timeoutMs, tell) {
    return new Promise((resolve, reject) => {
      const end = (settle) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = () => {
        const found = find();
        if (found !== undefined) end(() => resolve(found));
      };
      const timer = setTimeout(() => end(() => reject(new Error(`not within ${timeoutMs} ms: ${tell()}`))), timeoutMs);
      this.#watchers.add(watch);
    });
  }

  async #answer(request, response) {
    const { method, url } = request;
    const page = /^\/page\/(\d+)$/.exec(url);
    if (url === '/told') {
      let body = '';
      for await (const chunk of request) body += chunk;
      this.told.push(JSON.parse(body));
      response.writeHead(204).end();
    } else if (page !== null) this.#givePage(Number(page[1]), response);
    else if (url === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(this.#script);
    else if (url === '/plain') response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>plain</title>');
    else if (url === '/favicon.ico') response.writeHead(204).end();
    else {
      this.requests.push({ method, url, headers: request.headers });
      response.writeHead(200, { 'content-type': 'text/plain' }).end('here');
    }
    for (const watch of this.#watchers) watch();
  }

  #givePage(page, response) {
    const { plan, headers } = this.#plans[page];
    const { before = '', ...rest } = plan;
    const json = JSON.stringify({ page, ...rest }).replaceAll('<', '\\u003c');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(
      `<!doctype html><title>page ${page}</title><script type="application/json" id="plan">${json}</script><script>${before}</script><script type="module" src="/page.js"></script>`,
    );
  }
}
