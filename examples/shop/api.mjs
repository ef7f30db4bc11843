// The shop's API. Its requests, and its calls to the worker, are traced without a word here.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setAttribute, setRoute, tracing } from '@spanstream/node';
import { query } from './database.mjs';
import sirv from 'sirv';
import { readJson, respond, serve } from './http.mjs';

const { SENTRY_DSN, WORKER_URL } = process.env;
const dist = new URL('dist/', import.meta.url);
const front = readFileSync(new URL('index.html', dist), 'utf8');
const serveFile = sirv(new URL('assets/', dist).pathname, { immutable: true, maxAge: 3600 });

/** Method, path and route of what the API serves; the route names the request's span. */
const routes = [
  ['GET', /^\/(p\/\d+)?$/, '/', showFront],
  ['GET', /^\/products\/(\d+)$/, '/products/:id', showProduct],
  ['POST', /^\/checkout$/, '/checkout', checkOut],
  ['GET', /^\/recommendations$/, '/recommendations', recommend],
  ['POST', /^\/reports$/, '/reports', orderReport],
];

const server = createServer(async (request, response) => {
  try {
    for (const [method, path, route, handle] of routes) {
      const match = path.exec(request.url);
      if (request.method !== method || match === null) continue;
      setRoute(route);
      return await handle(request, response, ...match.slice(1));
    }
    request.url = request.url.replace(/^\/assets/, '');
    serveFile(request, response, () => respond(response, 404, { error: 'not found' }));
  } catch (error) {
    respond(response, 500, { error: error.message });
  }
});

/** The page continues the trace of the request that brought it, and sends its spans to the same place. */
function showFront(_request, response) {
  const head = `${tracing.getTraceMetaTags()}<meta name="spanstream-dsn" content="${SENTRY_DSN}">`;
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(front.replace('<!--head-->', head));
}

async function showProduct(_request, response, id) {
  const [product] = await query('SELECT products', 'SELECT * FROM products WHERE id = ?', { rows: 1 });
  await tracing.startSpan({ name: 'render product', attributes: { 'product.id': Number(id) } }, () =>
    query('SELECT reviews', 'SELECT * FROM reviews WHERE product = ?', { rows: 8 }),
  );
  respond(response, 200, product);
}

async function checkOut(request, response) {
  const cart = await readJson(request);
  setAttribute('cart.items', cart.items); // on every span of this request

  // The callback form: ends with the promise, and a rejection makes its status `error`.
  const total = await tracing.startSpan({ name: 'price the cart' }, async (span) => {
    const prices = await query('SELECT prices', 'SELECT price FROM products WHERE id IN (?)', { rows: cart.items });
    const value = prices.length * 9.95;
    span.setAttribute('cart.total', { value, unit: 'euro' });
    return value;
  });

  const payment = await fetch(`${WORKER_URL}/payments`, { method: 'POST', body: JSON.stringify({ total }) });
  await query('INSERT orders', 'INSERT INTO orders VALUES (?)', { rows: 1 });
  respond(response, payment.status, { total });
}

async function recommend(_request, response) {
  // Nobody knows this model. The throw marks the span as an error, the answer of 500 marks the request's.
  await tracing.startSpan({ name: 'ask the model' }, async () => {
    await query('SELECT orders', 'SELECT * FROM orders WHERE customer = ?', { rows: 20 });
    throw new RangeError('the model has 0 dimensions');
  });
  respond(response, 200, []);
}

async function orderReport(_request, response) {
  const answer = await fetch(`${WORKER_URL}/reports`, { method: 'POST' });
  respond(response, answer.status, await answer.json());
}

serve(server);
