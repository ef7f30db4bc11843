import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * A web site whose pages run the SDK.
 * @typedef {{ readonly origin: string, options: Record<string, unknown> | undefined, close(): Promise<void> }} Site
 *   `options`: of `init`, for pages that load from now on; undefined: pages that do not start it.
 */

const ENTRY = `
  import * as SpanStream from '@spanstream/browser';
  globalThis.SpanStream = SpanStream;
`;

/** @type {Promise<string> | undefined} */
let bundle;

/** The built package as one script with the global `SpanStream`. */
function bundleSdk() {
  bundle ??= build({
    stdin: { contents: ENTRY, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    // Not the sources, to which the repository's own paths lead.
    tsconfigRaw: {},
    logLevel: 'error',
  }).then(({ outputFiles }) => outputFiles[0].text);
  return bundle;
}

/**
 * Serves pages at every path; `/tunnel` passes envelopes on to `tunnelTo`.
 * @param {() => string} [tunnelTo]
 * @returns {Promise<Site>}
 */
export async function startSite(tunnelTo) {
  const script = await bundleSdk();
  const site = { options: undefined };
  const server = createServer((request, response) => {
    if (request.url === '/sdk.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    if (request.url === '/tunnel' && tunnelTo !== undefined) return void forward(request, response, tunnelTo());
    response.writeHead(200, { 'content-type': 'text/html' }).end(pageOf(site.options));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(site, {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => closeServer(server),
  });
}

/**
 * A page that starts the SDK and notes how it was shown.
 * @param {Record<string, unknown> | undefined} options
 */
function pageOf(options, sdkUrl = '/sdk.js') {
  const start = options === undefined ? '' : `window.client = SpanStream.init({ integrations: () => [], ...${JSON.stringify(options)} });`;
  return `<!doctype html><title>page</title><script src="${sdkUrl}"></script>
    <script>window.shown = []; addEventListener('pageshow', (event) => shown.push(event.persisted)); ${start}</script>`;
}

async function forward(request, response, url) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(['content-type', 'content-encoding'].map((name) => [name, request.headers[name] ?? '']));
  const answer = await fetch(url, { method: 'POST', headers, body: Buffer.concat(chunks) });
  response.writeHead(answer.status).end(await answer.text());
}

async function closeServer(server) {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
