import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';
import { isMissing, portOf, type ServerName } from './shared-servers.ts';

/** The backend of a model that knows no model. */
const MODELS = `
  const server = createServer((request, response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{}')).listen(0);
  await once(server, 'listening');
  const baseURL = 'http://127.0.0.1:' + server.address().port;`;
const CLUSTER = `
  const node = new Redis(port, '127.0.0.1');
  await node.cluster('ADDSLOTSRANGE', 0, 16383).catch(() => {}); // it has them already
  while (!(await node.cluster('INFO')).includes('cluster_state:ok'));
  const client = new Redis.Cluster([{ host: '127.0.0.1', port }]);
  await client.set('key', 'text');`;

/** How each begins, and the call that is rejected and that nobody waits for. */
const CALLS: Record<string, { needs?: ServerName; start: string; call: string }> = {
  openai: {
    start: `import OpenAI from 'openai';${MODELS} const client = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 });`,
    call: "client.chat.completions.create({ model: 'gone', messages: [] })",
  },
  '@anthropic-ai/sdk': {
    start: `import Anthropic from '@anthropic-ai/sdk';${MODELS} const client = new Anthropic({ apiKey: 'none', baseURL, maxRetries: 0 });`,
    call: "client.messages.create({ model: 'gone', max_tokens: 9, messages: [] })",
  },
  ...Object.fromEntries(
    ['ioredis', 'ioredis5'].flatMap((name) => [
      [
        name,
        {
          needs: 'redis' as const,
          start: `import { Redis } from '${name}'; const client = new Redis(port, '127.0.0.1'); await client.set('key', 'text');`,
          call: "client.incr('key')",
        },
      ],
      [
        `${name} in a cluster`,
        { needs: 'cluster' as const, start: `import { Redis } from '${name}';${CLUSTER}`, call: "client.incr('key')" },
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['redis', 'redis5'].map((name) => [
      name,
      {
        needs: 'redis' as const,
        start: `import { createClient } from '${name}'; const client = createClient({ socket: { host: '127.0.0.1', port } });
          await client.connect(); await client.set('key', 'text');`,
        call: "client.incr('key')",
      },
    ]),
  ),
  ...Object.fromEntries(
    ['mysql2', 'mysql2-15'].map((name) => [
      name,
      {
        needs: 'mariadb' as const,
        start: `import mysql from '${name}/promise'; const client = await mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });`,
        call: "client.query('SELECT * FROM test.missing')",
      },
    ]),
  ),
  'mysql2 without a callback': {
    needs: 'mariadb',
    start: "import mysql from 'mysql2'; const client = mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });",
    call: "client.query('SELECT * FROM test.missing')",
  },
  pg: {
    needs: 'postgres',
    start: `import pg from 'pg'; const client = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres' });`,
    call: "client.query('SELECT * FROM missing')",
  },
};

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '.run-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('R34: what nobody handles is seen by the application, with and without the SDK', () => {
  for (const [name, { needs, start, call }] of Object.entries(CALLS))
    test.skipIf(isMissing(needs))(name, async () => {
      const file = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`);
      writeFileSync(
        file,
        `import { once } from 'node:events';
      import { createServer } from 'node:http';
      import { getClient, tracing } from '@spanstream/node';
      const port = Number(process.argv[2]);
      ${start}
      for (const event of ['unhandledRejection', 'uncaughtException'])
        process.on(event, (error) => {
          console.log(event, error.name, error.message);
          console.error(getClient()?.openSpans().length);
          process.exit();
        });
      // It ends with the rejection or not at all.
      tracing.startSpan({ name: 'parent' }, () => void ${call});`,
      );
      const port = await portOf(needs);
      const run = (nodeArgs: string[], env = {}) => startProgram(file, { nodeArgs, env, args: [String(port)], timeoutMs: 15_000 }).ended;
      const without = await run([]);
      expect(without).toMatchObject({ code: 0, stderr: 'undefined\n' });
      const withSdk = await run(['--import', '@spanstream/node/register'], {
        SENTRY_DSN: `http://${'0'.repeat(32)}@127.0.0.1:9/1`,
        SENTRY_TRACES_SAMPLE_RATE: '1',
        SENTRY_TRACE_LIFECYCLE: 'stream',
      });
      expect(withSdk).toMatchObject({ code: 0, stdout: without.stdout, stderr: '0\n' });
    });
});
