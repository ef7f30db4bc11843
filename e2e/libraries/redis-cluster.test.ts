import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';
import { hasRedis, startRedisOfCluster } from '../servers/start-redis.mjs';
import { formatSpans } from './format-spans.mjs';

let folder = '';
const servers: Awaited<ReturnType<typeof startRedisOfCluster>>[] = [];
const isMissing = !hasRedis() && process.env['CI'] !== 'true';
beforeAll(async () => {
  folder = mkdtempSync(join(import.meta.dirname, '.run-'));
  if (!isMissing) for (let at = 0; at < 2; at++) servers.push(await startRedisOfCluster());
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const server of servers) await server.stop();
});

test.skipIf(isMissing).each(['ioredis', 'ioredis5'])(
  'a command that %s sends to another server of its cluster is one span',
  async (name) => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(
      file,
      `import { Redis } from '${name}';
    import { close, tracing } from '@spanstream/node';
    const ports = JSON.parse(process.argv[2]);
    const nodes = ports.map((port) => new Redis(port, '127.0.0.1'));
    const ids = await Promise.all(nodes.map((node) => node.cluster('MYID')));
    // They have them already when the test has run before.
    await nodes[0].cluster('ADDSLOTSRANGE', 0, 8191).catch(() => {});
    await nodes[1].cluster('ADDSLOTSRANGE', 8192, 16383).catch(() => {});
    await nodes[0].cluster('MEET', '127.0.0.1', ports[1]);
    const until = async (text) => {
      for (const node of nodes) while (!(await node.cluster('INFO')).includes(text));
    };
    await until('cluster_known_nodes:2');
    await until('cluster_state:ok');
    const slot = await nodes[0].cluster('KEYSLOT', 'key');
    const give = (id) => Promise.all(nodes.map((node) => node.cluster('SETSLOT', slot, 'NODE', id)));
    await give(ids[1]);
    const cluster = new Redis.Cluster([{ host: '127.0.0.1', port: ports[0] }]);
    await cluster.get('key');
    // Of which the client is told when it asks the second server.
    await give(ids[0]);
    await tracing.startSpan({ name: 'parent' }, () => cluster.get('key'));
    await close();
    process.exit();`,
    );
    const ports = servers.map(({ port }) => port);
    const backend = await startBackend();
    const env = { SENTRY_DSN: backend.dsn, SENTRY_TRACES_SAMPLE_RATE: '1', SENTRY_TRACE_LIFECYCLE: 'stream' };
    try {
      const args = [JSON.stringify(ports)];
      const { code } = await startProgram(file, { nodeArgs: ['--import', '@spanstream/node/register'], env, args }).ended;
      expect(code).toBe(0);
      expect(formatSpans(backend.spans)).toEqual(['parent', '  GET [cache.get]']);
      const get = backend.spans.find(({ name: found }) => found === 'GET');
      expect(get.attributes['server.port'].value).toBe(ports[0]);
    } finally {
      await backend.close();
    }
  },
);
