import { DB_COLLECTION_NAME, DB_OPERATION_NAME, DB_QUERY_SUMMARY, DB_RESPONSE_STATUS_CODE } from '@sentry/conventions/attributes';
import type { Integration, StartSpanOptions } from '@spanstream/core';
import { dbSpan } from '../instrument/db-span.ts';
import { detachChannel } from '../instrument/detach-channel.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

interface Namespace {
  readonly db?: unknown;
}

interface Connection {
  readonly address?: unknown;
}

const VERSIONS = '>=6.4.0 <8';
/** What the driver says for itself. */
const HANDSHAKE = new Set(['hello', 'ismaster', 'isMaster', 'saslStart', 'saslContinue', 'endSessions', 'ping']);
/** Whose first value names a collection; that of others may name a user. */
const ON_COLLECTIONS = new Set(
  (
    'aggregate collMod collStats count create createIndexes createSearchIndexes delete distinct drop dropIndexes dropSearchIndex ' +
    'find findAndModify insert killCursors listIndexes mapReduce update updateSearchIndex validate'
  ).split(' '),
);

/** The MongoDB driver. */
export const mongodb: Library = {
  integration: 'Mongodb',
  packages: { mongodb: VERSIONS },
  hooks: [
    {
      channelName: 'command',
      module: { name: 'mongodb', versionRange: VERSIONS, filePath: 'lib/cmap/connection.js' },
      functionQuery: { methodName: 'command', kind: 'Async' },
    },
    // The client's monitors begin with the one, each connection of its pools with the other.
    {
      channelName: 'connect',
      module: { name: 'mongodb', versionRange: VERSIONS, filePath: 'lib/mongo_client.js' },
      functionQuery: { className: 'MongoClient', methodName: 'connect', kind: 'Sync' },
    },
    {
      channelName: 'connect',
      module: { name: 'mongodb', versionRange: VERSIONS, filePath: 'lib/cmap/connect.js' },
      functionQuery: { functionName: 'connect', kind: 'Sync' },
    },
  ],
};

/** Gives each command to MongoDB a span, each round of a cursor one of its own; documents and filters stay here. */
export function mongodbIntegration(): Integration {
  return {
    name: mongodb.integration,
    setup(client) {
      const untrace = traceChannel<CallMessage>(client, hookChannel('mongodb', 'command'), {
        start: ({ arguments: [namespace, command], self }) => commandSpan(namespace as Namespace, command, self as Connection | undefined),
        finish: (span, { error }) => {
          const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
          span.setAttribute(DB_RESPONSE_STATUS_CODE, typeof code === 'number' ? String(code) : undefined);
        },
      });
      const teardowns = [untrace, detachChannel(client, hookChannel('mongodb', 'connect'))];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function commandSpan({ db }: Namespace, command: unknown, connection: Connection | undefined): StartSpanOptions | undefined {
  const [operation, target] = Object.entries((command ?? {}) as Record<string, unknown>)[0] ?? [];
  if (operation === undefined || HANDSHAKE.has(operation)) return undefined;
  // `getMore` has its cursor's number there.
  const named: unknown = operation === 'getMore' ? (command as { readonly collection?: unknown }).collection : target;
  const collection = typeof named === 'string' && (operation === 'getMore' || ON_COLLECTIONS.has(operation)) ? named : undefined;
  const name = collection === undefined ? operation : `${operation} ${collection}`;
  return dbSpan({ library: 'mongodb', system: 'mongodb', namespace: db, ...addressOf(connection?.address) }, name, {
    [DB_OPERATION_NAME]: operation,
    [DB_COLLECTION_NAME]: collection,
    [DB_QUERY_SUMMARY]: name,
  });
}

/** `host:port`, the host in brackets where it has colons of its own. */
function addressOf(address: unknown): { address?: string; port?: number } {
  const parts = typeof address === 'string' ? /^\[?(.+?)\]?:(\d+)$/.exec(address) : null;
  return parts === null ? {} : { address: parts[1]!, port: Number(parts[2]) };
}
