import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';
import { formatSpans } from './format-spans.mjs';
import { isMissing, portOf, type ServerName } from './shared-servers.ts';

/** A call that goes on until its connection is lost, and how the application ends it. */
interface Call {
  readonly needs: ServerName;
  readonly start: string;
  readonly call: string;
  /** What of it is on the wire. */
  readonly sends: string;
  readonly leave: string;
  readonly span: string;
  /** `error.type`, by who ends it. */
  readonly errors: { readonly left: string; readonly cut: string };
}

const MYSQL = {
  needs: 'mariadb',
  sends: 'sleep',
  leave: 'client.destroy()',
  span: 'SELECT [db.query] error',
  errors: { left: 'PROTOCOL_CONNECTION_LOST', cut: 'PROTOCOL_CONNECTION_LOST' },
} as const;
const PG = {
  needs: 'postgres',
  start: "import pg from 'pg'; const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres' }); await client.connect();",
  sends: 'pg_sleep',
  leave: 'void client.end()',
  span: 'SELECT [db.query] error',
  errors: { left: 'Error', cut: 'Error' },
} as const;

const CALLS: Record<string, Call> = {
  ...Object.fromEntries(
    ['mysql2', 'mysql2-15'].flatMap((name) => [
      [
        `a query of ${name}`,
        {
          ...MYSQL,
          start: `import mysql from '${name}/promise'; const client = await mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });`,
          call: "client.query('SELECT sleep(60)').catch(() => {})",
        },
      ],
      [
        `a query of ${name} without a callback`,
        {
          ...MYSQL,
          start: `import mysql from '${name}'; const client = mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });`,
          call: "client.query('SELECT sleep(60)').on('error', () => {})",
        },
      ],
    ]),
  ),
  'a query of pg': { ...PG, call: "client.query('SELECT pg_sleep(60)').catch(() => {})" },
  'a cursor of pg': {
    ...PG,
    start: `${PG.start} import Cursor from 'pg-cursor';`,
    call: "client.query(new Cursor('SELECT pg_sleep(60)')).read(1).catch(() => {})",
  },
  ...Object.fromEntries(
    ['ioredis', 'ioredis5'].map((name) => [
      `a command of ${name}`,
      {
        needs: 'redis' as const,
        start: `import { Redis } from '${name}'; const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null }); await once(client, 'ready');`,
        call: "client.blpop('list', 60).catch(() => {})",
        sends: 'blpop',
        leave: 'client.disconnect()',
        span: 'BLPOP [db.query] error',
        errors: { left: 'Error', cut: 'Error' },
      },
    ]),
  ),
  ...Object.fromEntries(
    ['redis', 'redis5'].map((name) => [
      `a command of ${name}`,
      {
        needs: 'redis' as const,
        start: `import { createClient } from '${name}'; const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } }); client.on('error', () => {}); await client.connect();`,
        call: "client.blPop('list', 60).catch(() => {})",
        sends: 'BLPOP',
        leave: 'client.destroy()',
        span: 'BLPOP [db.query] error',
        errors: { left: 'DisconnectsClientError', cut: 'SocketClosedUnexpectedlyError' },
      },
    ]),
  ),
  'a command of mongodb': {
    needs: 'mongodb',
    start: `import { MongoClient } from 'mongodb'; const client = new MongoClient('mongodb://127.0.0.1:' + port + '/?directConnection=true'); await client.connect();`,
    call: "client.db('shop').command({ hang: 1 }).catch(() => {})",
    sends: 'hang',
    leave: 'void client.close()',
    span: 'hang [db.query] error',
    errors: { left: 'MongoClientClosedError', cut: 'MongoNetworkError' },
  },
};

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '.run-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Talks to the server through a wire that can be cut. */
const program = ({ start, call, sends }: Call, end: string): string => `
  import { once } from 'node:events';
  import { connect, createServer } from 'node:net';
  import { close, getClient, tracing } from '@spanstream/node';
  process.on('uncaughtException', () => {}); // connections that nobody listens to say so too
  let cut = () => {};
  let sent = () => {};
  const isSent = new Promise((resolve) => (sent = resolve));
  const wire = createServer((socket) => {
    const server = connect(Number(process.argv[2]), '127.0.0.1');
    const lose = () => [socket, server].forEach((one) => one.destroy());
    for (const one of [socket, server]) one.on('error', lose).on('close', lose);
    socket.on('data', (bytes) => {
      if (!bytes.includes('${sends}')) return;
      cut = lose;
      sent();
    });
    socket.pipe(server).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(wire, 'listening');
  const { port } = wire.address();
  ${start}
  const parent = tracing.startSpan({ name: 'parent', active: false });
  tracing.withActiveSpan(parent, () => void ${call});
  await isSent;
  ${end};
  // The test ends a program that waits in vain.
  while (getClient().openSpans().length > 1) await new Promise((resolve) => setImmediate(resolve));
  parent.end();
  await close();
  process.exit();`;

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  test.skipIf(isMissing(call.needs)).each([
    ['left', call.leave],
    ['cut', 'cut()'],
  ] as const)('ends with an error when its connection is %s', async (how, end) => {
    const file = join(folder, `${name.replaceAll(/\W/g, '-')}-${how}.mjs`);
    writeFileSync(file, program(call, end));
    const backend = await startBackend();
    const env = { SENTRY_DSN: backend.dsn, SENTRY_TRACES_SAMPLE_RATE: '1', SENTRY_TRACE_LIFECYCLE: 'stream' };
    try {
      const args = [String(await portOf(call.needs))];
      const nodeArgs = ['--no-deprecation', '--import', '@spanstream/node/register'];
      const { code, stderr } = await startProgram(file, { nodeArgs, env, args, timeoutMs: 15_000 }).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(formatSpans(backend.spans)).toEqual(['parent', `  ${call.span}`]);
      const { attributes } = backend.spans.find((span: { name: string }) => span.name !== 'parent');
      expect(attributes['error.type'].value).toBe(call.errors[how]);
    } finally {
      await backend.close();
    }
  });
});
