import { Worker } from 'bullmq';
import pg from 'pg';

/** Writes the shop's mails, in a process of its own: there is no span in this file either. */
const { POSTGRES_URL, REDIS_URL } = process.env;

const database = new pg.Pool({ connectionString: POSTGRES_URL });
const { hostname: host, port } = new URL(REDIS_URL);

const worker = new Worker(
  'mails',
  async ({ data }) => {
    const { rows } = await database.query('SELECT email FROM orders JOIN products ON products.id = product WHERE orders.id = $1', [
      data.order,
    ]);
    await database.query('UPDATE orders SET is_confirmed = true WHERE id = $1', [data.order]);
    return rows[0].email.length;
  },
  { connection: { host, port: Number(port) } },
);
await worker.waitUntilReady();
console.log('worker ready');

process.once('SIGTERM', async () => {
  await worker.close();
  await database.end();
});
