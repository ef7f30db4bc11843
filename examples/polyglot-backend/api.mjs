import { Queue } from 'bullmq';
import express from 'express';
import pg from 'pg';
import { createClient } from 'redis';

/** The shop's API: there is no span in this file. */
const { POSTGRES_URL, REDIS_URL, PORT = '0' } = process.env;
const CACHE_SECONDS = 60;

const database = new pg.Pool({ connectionString: POSTGRES_URL });
const cache = createClient({ url: REDIS_URL });
await cache.connect();
const { hostname: host, port } = new URL(REDIS_URL);
const mails = new Queue('mails', { connection: { host, port: Number(port) } });
await mails.waitUntilReady();

const app = express();
app.use(express.json());
app.use(function authenticate(request, response, next) {
  if (request.headers.authorization === undefined) return response.status(401).end();
  next();
});

app.get('/products/:id', async (request, response) => response.json(await findProduct(request.params.id)));

const orders = express.Router();
orders.post('/:product', async (request, response) => {
  const product = await findProduct(request.params.product);
  const { rows } = await database.query('INSERT INTO orders (product, email) VALUES ($1, $2) RETURNING id', [
    product.id,
    request.body.email,
  ]);
  await mails.add('confirmation', { order: rows[0].id });
  response.status(201).json(rows[0]);
});
app.use('/orders', orders);

async function findProduct(id) {
  const key = `product:${id}`;
  const known = await cache.get(key);
  if (known !== null) return JSON.parse(known);
  const { rows } = await database.query('SELECT id, name FROM products WHERE id = $1', [id]);
  await cache.set(key, JSON.stringify(rows[0]), { EX: CACHE_SECONDS });
  return rows[0];
}

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`api http://127.0.0.1:${server.address().port}`));

process.once('SIGTERM', async () => {
  server.closeAllConnections();
  server.close();
  await mails.close();
  await cache.close();
  await database.end();
});
