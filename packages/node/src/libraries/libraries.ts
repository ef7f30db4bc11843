import type { Integration } from '@spanstream/core';
import type { Library } from '../instrument/library.ts';
import { amqplib, amqplibIntegration } from './amqplib.ts';
import { anthropic, anthropicIntegration } from './anthropic.ts';
import { betterSqlite3, betterSqlite3Integration } from './better-sqlite3.ts';
import { bullmq, bullmqIntegration } from './bullmq.ts';
import { express, expressIntegration } from './express.ts';
import { fastify, fastifyIntegration } from './fastify.ts';
import { graphql, graphqlIntegration } from './graphql.ts';
import { h3, h3Integration } from './h3.ts';
import { hono, honoIntegration } from './hono.ts';
import { ioredis, ioredisIntegration } from './ioredis.ts';
import { kafkajs, kafkajsIntegration } from './kafkajs.ts';
import { koa, koaIntegration } from './koa.ts';
import { mongodb, mongodbIntegration } from './mongodb.ts';
import { mysql2, mysql2Integration } from './mysql2.ts';
import { nodeSqliteIntegration } from './node-sqlite.ts';
import { openai, openAiIntegration } from './openai.ts';
import { pg, pgIntegration } from './pg.ts';
import { redis, redisIntegration } from './redis.ts';

/** What is known of each library that is traced. */
export const libraries: readonly Library[] = [
  amqplib,
  anthropic,
  betterSqlite3,
  bullmq,
  express,
  fastify,
  graphql,
  h3,
  hono,
  ioredis,
  kafkajs,
  koa,
  mongodb,
  mysql2,
  openai,
  pg,
  redis,
];

/** The integrations of all of them, as `init` sets them up. */
export function libraryIntegrations(): Integration[] {
  return [
    amqplibIntegration(),
    anthropicIntegration(),
    betterSqlite3Integration(),
    bullmqIntegration(),
    expressIntegration(),
    fastifyIntegration(),
    graphqlIntegration(),
    h3Integration(),
    honoIntegration(),
    ioredisIntegration(),
    kafkajsIntegration(),
    koaIntegration(),
    mongodbIntegration(),
    mysql2Integration(),
    nodeSqliteIntegration(),
    openAiIntegration(),
    pgIntegration(),
    redisIntegration(),
  ];
}
