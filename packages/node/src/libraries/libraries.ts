import type { Integration } from '@spanstream/core';
import type { Library } from '../instrument/library.ts';
import { bullmq, bullmqIntegration } from './bullmq.ts';
import { express, expressIntegration } from './express.ts';
import { fastify, fastifyIntegration } from './fastify.ts';
import { hono, honoIntegration } from './hono.ts';
import { ioredis, ioredisIntegration } from './ioredis.ts';
import { koa, koaIntegration } from './koa.ts';
import { mysql2, mysql2Integration } from './mysql2.ts';
import { pg, pgIntegration } from './pg.ts';
import { redis, redisIntegration } from './redis.ts';

/** What is known of each library that is traced. */
export const libraries: readonly Library[] = [bullmq, express, fastify, hono, ioredis, koa, mysql2, pg, redis];

/** The integrations of all of them, as `init` sets them up. */
export function libraryIntegrations(): Integration[] {
  return [
    bullmqIntegration(),
    expressIntegration(),
    fastifyIntegration(),
    honoIntegration(),
    ioredisIntegration(),
    koaIntegration(),
    mysql2Integration(),
    pgIntegration(),
    redisIntegration(),
  ];
}
