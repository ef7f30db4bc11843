import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node24 } from '../process/node-24.mjs';
import { lastReport, startCommand } from '../process/start-program.mjs';
import { isMissing, portOf, type ServerName } from './shared-servers.ts';

/** How a program connects and listens, which it does in a request, and what happens afterwards that calls `hear`. */
interface Listener {
  readonly needs: ServerName;
  readonly imports: string;
  readonly request: string;
  readonly later: string;
}

const LISTENERS: Record<string, Listener> = {
  ...Object.fromEntries(
    ['ioredis', 'ioredis5'].map((name) => [
      name,
      {
        needs: 'redis' as const,
        imports: `import { Redis } from '${name}';`,
        request: "const client = new Redis(port, '127.0.0.1'); client.on('message', hear); await client.subscribe('news');",
        later: "await new Redis(port, '127.0.0.1').publish('news', 'text');",
      },
    ]),
  ),
  ...Object.fromEntries(
    ['redis', 'redis5'].map((name) => [
      name,
      {
        needs: 'redis' as const,
        imports: `import { createClient } from '${name}'; const open = () => createClient({ socket: { host: '127.0.0.1', port } }).connect();`,
        request: "const client = await open(); await client.subscribe('news', hear);",
        later: "await (await open()).publish('news', 'text');",
      },
    ]),
  ),
  pg: {
    needs: 'postgres',
    imports: "import pg from 'pg'; const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres' });",
    request: "const client = await pool.connect(); client.on('notification', hear); await client.query('LISTEN news');",
    later: "await pool.query('NOTIFY news');",
  },
  'pg with a callback': {
    needs: 'postgres',
    imports: "import pg from 'pg'; const create = () => new pg.Client({ host: '127.0.0.1', port, user: 'postgres' });",
    request: `
      const client = create();
      client.on('notification', hear);
      await new Promise((resolve) => client.connect(() => resolve((where = tracing.getActiveSpan()?.name))));
      await client.query('LISTEN news');`,
    later: "const other = create(); await other.connect(); await other.query('NOTIFY news');",
  },
  amqplib: {
    needs: 'rabbitmq',
    imports: "import amqplib from 'amqplib'; let channel;",
    // A consumer is in the trace of whoever published; what else a channel tells of is nobody's.
    request: "channel = await (await amqplib.connect('amqp://127.0.0.1:' + port)).createChannel(); channel.on('return', hear);",
    later: "channel.publish('', 'nowhere', Buffer.from('text'), { mandatory: true });",
  },
  kafkajs: {
    needs: 'kafka',
    imports: "import kafkajs from 'kafkajs'; const { Kafka, logLevel } = kafkajs;",
    request: `
      const kafka = new Kafka({ brokers: ['127.0.0.1:' + port], logLevel: logLevel.NOTHING });
      const consumer = kafka.consumer({ groupId: 'g' + process.pid, maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic: 'news' });
      await consumer.run({ eachMessage: async () => {} });
      setImmediate(() => consumer.on(consumer.events.FETCH, hear));`,
    later: '',
  },
  mongodb: {
    needs: 'mongodb',
    imports: "import { MongoClient } from 'mongodb';",
    request: `
      const client = new MongoClient('mongodb://127.0.0.1:' + port + '/?directConnection=true', { heartbeatFrequencyMS: 500 });
      await client.connect();
      await client.db('shop').collection('users').insertOne({});
      client.on('serverHeartbeatSucceeded', hear);`,
    later: '',
  },
};

const program = ({ imports, request, later }: Listener): string => `
  import { tracing, withIsolationScope } from '@spanstream/node';
  const port = Number(process.argv[2]);
  ${imports}
  let where = 'request';
  let hear;
  const heard = new Promise((resolve) => {
    hear = () => tracing.startSpan({ name: 'heard' }, (span) => resolve([span.spanContext().traceId, span.parentSpanId]));
  });
  let isCollected = false;
  const registry = new FinalizationRegistry(() => (isCollected = true));
  const traceId = await withIsolationScope(() =>
    tracing.startSpan({ name: 'request' }, async (span) => {
      ${request}
      registry.register(span);
      return span.spanContext().traceId;
    }),
  );
  ${later}
  const [heardIn, parent] = await heard;
  for (let turn = 0; turn < 200 && globalThis.gc !== undefined && !isCollected; turn++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(JSON.stringify({ where, isOutside: heardIn !== traceId && parent === undefined, isCollected }));
  process.exit();`;

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '.run-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Up to Node 22 each promise keeps the context that it was made in, and libraries keep the promise of connecting. */
const NODES = [
  { version: process.versions.node, node: process.execPath, flags: [], expected: { where: 'request', isOutside: true } },
  { version: '24', node: node24, flags: ['--expose-gc'], expected: { where: 'request', isOutside: true, isCollected: true } },
];

describe.each(NODES)(
  'R9: what a request has connected to calls its listeners outside of it (Node $version)',
  ({ node, flags, expected }) => {
    for (const [name, listener] of Object.entries(LISTENERS))
      test.skipIf(node === undefined || isMissing(listener.needs))(name, async () => {
        const file = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`);
        writeFileSync(file, program(listener));
        const env = {
          SENTRY_DSN: `http://${'0'.repeat(32)}@127.0.0.1:9/1`,
          SENTRY_TRACES_SAMPLE_RATE: '1',
          SENTRY_TRACE_LIFECYCLE: 'stream',
        };
        const port = await portOf(listener.needs);
        const args = [...flags, '--no-deprecation', '--import', '@spanstream/node/register', file, String(port)];
        expect(lastReport(await startCommand(node!, args, { env, timeoutMs: 30_000 }).ended)).toMatchObject(expected);
      });
  },
);
