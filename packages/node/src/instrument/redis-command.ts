import {
  CACHE_HIT,
  CACHE_KEY,
  DB_OPERATION_BATCH_SIZE,
  DB_OPERATION_NAME,
  DB_QUERY_SUMMARY,
  SENTRY_OP,
} from '@sentry/conventions/attributes';
import type { AnySpan, StartSpanOptions } from '@spanstream/core';
import { type Database, databaseAttributes, dbSpan } from './db-span.ts';

/** Where commands go. */
interface RedisServer {
  readonly database?: unknown;
  readonly serverAddress?: unknown;
  readonly serverPort?: unknown;
}

/** A command as the clients' own channels tell of it; values are not in it, keys are. */
export interface RedisCommand extends RedisServer {
  readonly command: string;
  /** Its arguments, without the command. */
  readonly args: readonly unknown[];
}

/** Several commands that are sent together. */
export interface RedisBatch extends RedisServer {
  readonly batchMode: string;
  readonly batchSize: number;
}

/** Commands that use Redis as a cache; all others use it as a database. */
const CACHE_OPS: Readonly<Record<string, string>> = {
  GET: 'cache.get',
  MGET: 'cache.get',
  GETEX: 'cache.get',
  HGET: 'cache.get',
  HMGET: 'cache.get',
  HGETALL: 'cache.get',
  SET: 'cache.put',
  MSET: 'cache.put',
  SETEX: 'cache.put',
  PSETEX: 'cache.put',
  SETNX: 'cache.put',
  HSET: 'cache.put',
  HMSET: 'cache.put',
  DEL: 'cache.remove',
  UNLINK: 'cache.remove',
  GETDEL: 'cache.remove',
  HDEL: 'cache.remove',
};
/** What a client says to open a connection. */
const HANDSHAKE = new Set(['AUTH', 'HELLO', 'CLIENT']);
/** Whose second argument is another key, or may be. */
const MANY_KEYS = new Set(['MGET', 'DEL', 'UNLINK']);

/** The span of a command. Keys may name users, so they are in it only with `sendDefaultPii` (R35). */
export function commandSpan(library: string, command: RedisCommand, sendDefaultPii: boolean): StartSpanOptions | undefined {
  const name = command.command.toUpperCase();
  if (HANDSHAKE.has(name)) return undefined;
  const op = CACHE_OPS[name];
  return dbSpan(databaseOf(library, command), name, {
    [SENTRY_OP]: op ?? 'db.query',
    [DB_OPERATION_NAME]: name,
    [DB_QUERY_SUMMARY]: name,
    [CACHE_KEY]: op !== undefined && sendDefaultPii ? keysOf(name, command.args) : undefined,
  });
}

/** Whether what was asked for was there. */
export function noteHit(span: AnySpan, result: unknown): void {
  if (span.getAttributes()[SENTRY_OP] !== 'cache.get') return;
  const values = Array.isArray(result) ? (result as unknown[]) : [result];
  span.setAttribute(
    CACHE_HIT,
    values.some((value) => value !== null && value !== undefined && !isEmptyRecord(value)),
  );
}

/** The command goes to that server, which is not known before in a cluster. */
export function noteServer(span: AnySpan, library: string, server: RedisServer): void {
  span.setAttributes(databaseAttributes(databaseOf(library, server)));
}

/** The span of a batch. */
export function batchSpan(library: string, batch: RedisBatch): StartSpanOptions {
  return dbSpan(databaseOf(library, batch), batch.batchMode, {
    [DB_OPERATION_NAME]: batch.batchMode,
    [DB_QUERY_SUMMARY]: batch.batchMode,
    [DB_OPERATION_BATCH_SIZE]: batch.batchSize > 1 ? batch.batchSize : undefined,
  });
}

function databaseOf(library: string, { database, serverAddress, serverPort }: RedisServer): Database {
  const namespace = typeof database === 'number' ? String(database) : database;
  return { library, system: 'redis', namespace, address: serverAddress, port: serverPort };
}

function keysOf(name: string, args: readonly unknown[]): string[] {
  const keys = MANY_KEYS.has(name) ? args.flat() : args.slice(0, 1);
  return keys.filter((key) => typeof key === 'string');
}

/** `HGETALL` of what is not there. */
function isEmptyRecord(value: unknown): boolean {
  return typeof value === 'object' && !Buffer.isBuffer(value) && Object.keys(value as object).length === 0;
}
