import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { expectSame, here } from '../conform.mjs';

export const scenario = {
  integration: 'Pg',
  needs: 'postgres',
  async start({ port }) {
    const options = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 1 };
    const pool = new pg.Pool(options);
    await pool.query('CREATE TABLE IF NOT EXISTS users (id int, name text)');
    return { pool };
  },
  async work({ pool }, context) {
    const { rows } = await pool.query('SELECT $1::text AS name, 42 AS answer FROM users UNION SELECT $1, 42', ['secret']);
    expectSame(rows, [{ name: 'secret', answer: 42 }], 'rows');
    await new Promise((resolve, reject) => {
      const outside = here(context);
      pool.query("INSERT INTO users VALUES (1, 'secret')", (error) => {
        if (error) return reject(error);
        expectSame(here(context), outside, 'where the callback runs');
        resolve();
      });
    });
    // The second waits in the pool until the first gives its client back.
    await Promise.all([pool.query('SELECT pg_sleep(0.05)'), pool.query('UPDATE users SET id = 2')]);
    const client = await pool.connect();
    try {
      const cursor = client.query(new Cursor('SELECT * FROM generate_series(1, 10)'));
      expectSame((await cursor.read(4)).length, 4, 'rows of the cursor');
      await new Promise((resolve) => setTimeout(resolve, 30));
      await cursor.close();
      let count = 0;
      for await (const row of client.query(new QueryStream('SELECT generate_series FROM generate_series(1, 500)', [], { batchSize: 50 })))
        count += row.generate_series > 0 ? 1 : 0;
      expectSame(count, 500, 'rows of the stream');
    } finally {
      client.release();
    }
  },
  fail: ({ pool }) => pool.query("SELECT 'secret' FROM missing"),
  stop: ({ pool }) => pool.end(),
  tree: [
    'parent',
    '  SELECT users SELECT [db.query]',
    '  INSERT users [db.query]',
    '  SELECT [db.query]',
    '  UPDATE users [db.query]',
    '  SELECT generate_series [db.query]',
    '  SELECT generate_series [db.query]',
    'failing error',
    '  SELECT missing [db.query] error',
  ],
  attributes: {
    'INSERT users': {
      'sentry.origin': 'auto.db.pg',
      'db.system.name': 'postgresql',
      'db.namespace': 'postgres',
      'db.operation.name': 'INSERT',
      'db.query.summary': 'INSERT users',
      'db.query.text': 'INSERT INTO users VALUES (?, ?)',
      'server.address': '127.0.0.1',
    },
    'SELECT missing': { 'db.response.status_code': '42P01', 'error.type': '42P01' },
  },
  /** A cursor's span lasts until it is closed. */
  lastsMs: { SELECT: 50, 'SELECT generate_series': 30 },
};
