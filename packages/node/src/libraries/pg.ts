import { DB_RESPONSE_STATUS_CODE } from '@sentry/conventions/attributes';
import type { Integration, IntegrationClient } from '@spanstream/core';
import { type Database, sqlSpan } from '../instrument/db-span.ts';
import { detachChannel } from '../instrument/detach-channel.ts';
import { failSpan } from '../instrument/fail-span.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type Call, type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

/** `pg.Client`, as far as it is looked at; the native one keeps its settings elsewhere. */
interface PgClient {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
  readonly connectionParameters?: Pick<PgClient, 'host' | 'port' | 'database'>;
}

/** A query that brings its own code, such as a cursor or a stream: https://node-postgres.com/apis/client#clientquery */
interface Submittable {
  readonly text?: unknown;
  readonly cursor?: { readonly text?: unknown };
  submit?: unknown;
  handleReadyForQuery?: Handler;
  handleError?: Handler;
  emit?: Handler;
}

type Handler = (...args: unknown[]) => unknown;

const PG = '>=8.0.3 <9';
const POOL = '>=3.0.0 <4';

/** node-postgres. */
export const pg: Library = {
  integration: 'Pg',
  packages: { pg: PG, 'pg-pool': POOL },
  hooks: [
    {
      channelName: 'query',
      module: { name: 'pg', versionRange: PG, filePath: 'lib/client.js' },
      functionQuery: { className: 'Client', methodName: 'query', kind: 'Auto' },
    },
    {
      channelName: 'query',
      module: { name: 'pg', versionRange: PG, filePath: 'lib/native/client.js' },
      functionQuery: { expressionName: 'query', kind: 'Auto' },
    },
    {
      channelName: 'connect',
      module: { name: 'pg', versionRange: PG, filePath: 'lib/client.js' },
      functionQuery: { className: 'Client', methodName: 'connect', kind: 'Sync' },
    },
    {
      channelName: 'connect',
      module: { name: 'pg-pool', versionRange: POOL, filePath: 'index.js' },
      functionQuery: { className: 'Pool', methodName: 'connect', kind: 'Auto' },
    },
  ],
};

/** Gives each query of `pg` a span, those of cursors and streams until the server is done with them. */
export function pgIntegration(): Integration {
  return {
    name: pg.integration,
    setup(client) {
      const teardowns = [
        traceChannel<CallMessage>(client, hookChannel('pg', 'query'), {
          start: ({ arguments: [query], self }) => sqlSpan(databaseOf(self as PgClient | undefined), statementOf(query), 'standard'),
          keepsOpen: (_span, { result }, call) => watchSubmittable(client, result as Submittable | undefined, call),
          finish: (span, { error }) => span.setAttribute(DB_RESPONSE_STATUS_CODE, codeOf(error)),
        }),
        detachChannel(client, hookChannel('pg', 'connect')),
        // A pool hands on what waited in the context of whoever gave a client back.
        traceChannel<CallMessage>(client, hookChannel('pg-pool', 'connect'), { start: () => undefined }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function databaseOf(client: PgClient | undefined): Database {
  const { host, port, database } = client?.database === undefined ? (client?.connectionParameters ?? {}) : client;
  return { library: 'pg', system: 'postgresql', namespace: database, address: host, port };
}

function statementOf(query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return query;
  const { text, cursor } = query as Submittable;
  return text ?? cursor?.text;
}

/** The client tells such a query when the server is ready for the next one; that is its end, however it came to it. */
function watchSubmittable({ current }: IntegrationClient, query: Submittable | undefined, { span, outer }: Call): boolean {
  if (span === undefined || typeof query !== 'object' || query === null || typeof query.submit !== 'function') return false;
  const { handleReadyForQuery, handleError, emit } = query;
  if (typeof handleReadyForQuery !== 'function' || typeof handleError !== 'function') return false;
  query.handleReadyForQuery = function (...args) {
    span.end();
    return handleReadyForQuery.apply(this, args);
  };
  query.handleError = function (...args) {
    failSpan(span, args[0]);
    span.setAttribute(DB_RESPONSE_STATUS_CODE, codeOf(args[0]));
    span.end();
    return handleError.apply(this, args);
  };
  if (typeof emit === 'function')
    query.emit = function (...args) {
      return current.tracer.runIn(outer, () => emit.apply(this, args));
    };
  return true;
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
