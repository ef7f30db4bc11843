import {
  DB_SYSTEM,
  DB_SYSTEM_NAME,
  FAAS_TRIGGER,
  HTTP_METHOD,
  HTTP_REQUEST_METHOD,
  MESSAGING_SYSTEM,
  RPC_SYSTEM,
  RPC_SYSTEM_NAME,
} from '@sentry/conventions/attributes';
import { DB_QUERY, HTTP_CLIENT, HTTP_SERVER, QUEUE, QUEUE_PROCESS, QUEUE_PUBLISH, RPC } from '@sentry/conventions/op';
import type { Attributes } from '@spanstream/core';
import { CLIENT, CONSUMER, SERVER } from './bridge.ts';

const PRODUCER = 3;

/** The names of the kinds by their numbers. */
export const KIND_NAMES = ['internal', 'server', 'client', 'producer', 'consumer'];

/** What a span of this kind with these attributes does, e.g. `http.client`; undefined where nothing says it. */
export function inferOp(kind: number, attributes: Readonly<Attributes>): string | undefined {
  const has = (key: string): boolean => attributes[key] !== undefined;
  if (has(HTTP_REQUEST_METHOD) || has(HTTP_METHOD)) {
    if (kind === SERVER) return HTTP_SERVER;
    if (kind === CLIENT) return HTTP_CLIENT;
  }
  if (kind === CLIENT && (has(DB_SYSTEM_NAME) || has(DB_SYSTEM))) return DB_QUERY;
  if (has(RPC_SYSTEM_NAME) || has(RPC_SYSTEM)) return RPC;
  if (kind === PRODUCER) return QUEUE_PUBLISH;
  if (kind === CONSUMER) return QUEUE_PROCESS;
  if (has(MESSAGING_SYSTEM)) return QUEUE;
  const trigger = attributes[FAAS_TRIGGER];
  return typeof trigger === 'string' ? `function.${trigger}` : undefined;
}
