const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
const { trace } = require('@opentelemetry/api');
const { run } = require('./tracing.cjs');

void run(
  () => [new PgInstrumentation({ enhancedDatabaseReporting: true, addSqlCommenterCommentToQueries: false })],
  async () => {
    const { Client, Pool } = require('pg');
    const connection = { host: '127.0.0.1', port: Number(process.env.POSTGRES_PORT), user: 'postgres', database: 'postgres' };
    const tracer = trace.getTracer('program');
    const client = new Client(connection);
    await client.connect();
    await tracer.startActiveSpan('work', async (span) => {
      await client.query('CREATE TEMPORARY TABLE items (id int PRIMARY KEY, name text)');
      await client.query('INSERT INTO items VALUES ($1, $2)', [1, 'one']);
      await client.query({ name: 'by-id', text: 'SELECT * FROM items WHERE id = $1', values: [1] });
      await new Promise((resolve, reject) =>
        client.query('SELECT 1', (error) => {
          tracer.startSpan('in callback').end();
          if (error) reject(error);
          else resolve();
        }),
      );
      await client.query('SELECT * FROM no_such_table').catch(() => undefined);
      span.end();
    });
    await client.query('SELECT 2');
    await client.end();
    const pool = new Pool({ ...connection, max: 1 });
    await tracer.startActiveSpan('pooled', async (span) => {
      await Promise.all([pool.query('SELECT 3'), pool.query('SELECT 4')]);
      span.end();
    });
    await pool.end();
  },
);
