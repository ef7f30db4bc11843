import { afterAll } from 'vitest';
import { hasKafka, startKafka } from '../servers/start-kafka.mjs';
import { hasMariaDb, startMariaDb } from '../servers/start-mariadb.mjs';
import { hasPostgres, startPostgres } from '../servers/start-postgres.mjs';
import { hasRabbitMq, startRabbitMq } from '../servers/start-rabbitmq.mjs';
import { hasRedis, startRedis, startRedisOfCluster } from '../servers/start-redis.mjs';
import { startMongoDb } from './start-mongodb.mjs';

const SERVERS = {
  redis: { isInstalled: hasRedis, start: startRedis },
  cluster: { isInstalled: hasRedis, start: startRedisOfCluster },
  postgres: { isInstalled: hasPostgres, start: startPostgres },
  mariadb: { isInstalled: hasMariaDb, start: startMariaDb },
  rabbitmq: { isInstalled: hasRabbitMq, start: startRabbitMq },
  kafka: { isInstalled: hasKafka, start: startKafka },
  mongodb: { isInstalled: () => true, start: startMongoDb },
};
const running = new Map<ServerName, Promise<{ readonly port: number; stop(): unknown }>>();

afterAll(async () => {
  for (const server of running.values()) await (await server).stop();
});

/** A server that libraries talk to. */
export type ServerName = keyof typeof SERVERS;

/** Whether what needs the server is to be skipped, which CI never does. */
export function isMissing(needs: ServerName | undefined): boolean {
  return needs !== undefined && !SERVERS[needs].isInstalled() && process.env['CI'] !== 'true';
}

/** The port of the one that all tests of a file share: it starts with the first of them and stops behind the last. 0: none is needed. */
export async function portOf(needs: ServerName | undefined): Promise<number> {
  if (needs === undefined) return 0;
  if (!running.has(needs)) running.set(needs, SERVERS[needs].start());
  return (await running.get(needs)!).port;
}
