import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startViewer } from '@spanstream/viewer';
import pg from 'pg';

/** Runs the viewer, the API and the worker, and orders something. */
const { POSTGRES_URL = 'postgres://postgres@127.0.0.1:5432/postgres', REDIS_URL = 'redis://127.0.0.1:6379' } = process.env;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS products (id int PRIMARY KEY, name text);
  CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, product int, email text, is_confirmed bool);
  INSERT INTO products VALUES (1, 'tea') ON CONFLICT DO NOTHING;
`;

await createSchema();
const isOtlp = process.argv.includes('--otlp');
const portAt = process.argv.indexOf('--port');
const viewer = await startViewer({ port: portAt < 0 ? 4280 : Number(process.argv[portAt + 1]) });
const worker = startService('worker');
const api = startService('api');
await said(worker, 'worker ready');
const url = (await said(api, 'api http')).slice('api '.length);
console.log(`The viewer is ${viewer.url}`);

const headers = { authorization: 'Bearer of something', 'content-type': 'application/json' };
await fetch(`${url}/orders/1`, { method: 'POST', headers, body: JSON.stringify({ email: 'somebody@example.com' }) });
await fetch(`${url}/products/1`, { headers });
console.log('Something was ordered; end with Ctrl+C.');

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);

async function createSchema() {
  const client = new pg.Client(POSTGRES_URL);
  await client.connect();
  await client.query(SCHEMA);
  await client.end();
}

function startService(name) {
  const instrument = isOtlp ? fileURLToPath(new URL('otlp.mjs', import.meta.url)) : '@spanstream/node/register';
  return spawn(process.execPath, ['--import', instrument, fileURLToPath(new URL(`${name}.mjs`, import.meta.url))], {
    // Where `--import` looks for the package.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, POSTGRES_URL, REDIS_URL, ...(isOtlp ? otlpVariables(name) : variables(name)) },
  });
}

function variables(name) {
  return {
    SENTRY_DSN: viewer.dsn,
    SENTRY_RELEASE: `${name}@1.0.0`,
    SENTRY_TRACES_SAMPLE_RATE: '1',
    SENTRY_TRACE_LIFECYCLE: 'stream',
  };
}

function otlpVariables(name) {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: viewer.url, OTEL_SERVICE_NAME: name };
}

async function said(child, beginning) {
  for await (const line of createInterface(child.stdout)) if (line.startsWith(beginning)) return line;
  throw new Error(`it ended without saying ${beginning}`);
}

async function stop() {
  for (const child of [api, worker]) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await viewer.close();
}
