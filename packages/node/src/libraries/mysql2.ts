import type { EventEmitter } from 'node:events';
import type { AnySpan, Integration, IntegrationClient, Teardown } from '@spanstream/core';
import { errorMonitor } from '../builtins.ts';
import { sqlSpan } from '../instrument/db-span.ts';
import { failSpan } from '../instrument/fail-span.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { onStart } from '../instrument/on-start.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';
import { UnderWay } from '../instrument/under-way.ts';

interface Connection {
  readonly stream?: EventEmitter;
  readonly config?: { readonly host?: unknown; readonly port?: unknown; readonly database?: unknown };
}

/** A query under way. */
interface Command {
  onResult?: Callback;
  once(event: string | symbol, listener: (error: unknown) => void): unknown;
}

type Callback = (this: unknown, error: unknown, ...rest: unknown[]) => unknown;

const CALLS = ['query', 'execute'];
/** Its own code for it. */
const LOST = 'PROTOCOL_CONNECTION_LOST';

/**
 * mysql2, with MySQL or MariaDB behind it. The channels that it publishes from 3.20 on are not listened to: with a listener it
 * handles errors of queries without a callback itself, and they do not say which connection a query is on.
 */
export const mysql2: Library = {
  integration: 'Mysql2',
  packages: { mysql2: '>=2.0.0 <4' },
  hooks: [
    hookOf('>=2.0.0 <3.11.5', 'lib/pool.js', { className: 'Pool', methodName: 'getConnection', kind: 'Callback' }),
    hookOf('>=3.11.5 <4', 'lib/base/pool.js', { className: 'BasePool', methodName: 'getConnection', kind: 'Callback' }),
    ...[...CALLS, 'close'].flatMap((methodName) => [
      hookOf('>=2.0.0 <3.11.5', 'lib/connection.js', { className: 'Connection', methodName, kind: 'Sync' }),
      hookOf('>=3.11.5 <4', 'lib/base/connection.js', { className: 'BaseConnection', methodName, kind: 'Sync' }),
    ]),
  ],
};

function hookOf(
  versionRange: string,
  filePath: string,
  functionQuery: { className: string; methodName: string; kind: 'Sync' | 'Callback' },
): Library['hooks'][number] {
  return { channelName: functionQuery.methodName, module: { name: 'mysql2', versionRange, filePath }, functionQuery };
}

/** Gives each query of `mysql2` a span. */
export function mysql2Integration(): Integration {
  return {
    name: mysql2.integration,
    setup(client) {
      const underWay = new UnderWay(LOST);
      const teardowns = [
        ...CALLS.map((method) => traceQueries(client, method, underWay)),
        // `destroy` comes by here too.
        onStart(client, hookChannel('mysql2', 'close'), ({ self }) => underWay.lose(self as Connection)),
        // A pool hands on what waited in the context of whoever gave a connection back.
        traceChannel(client, hookChannel('mysql2', 'getConnection'), { start: () => undefined }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function traceQueries(client: IntegrationClient, method: string, underWay: UnderWay): Teardown {
  return traceChannel<CallMessage>(client, hookChannel('mysql2', method), {
    start: ({ arguments: [query], self }) => {
      const { host, port, database } = (self as Connection).config ?? {};
      const statement = typeof query === 'object' && query !== null && 'sql' in query ? query.sql : query;
      return sqlSpan({ library: 'mysql2', system: 'mysql', namespace: database, address: host, port }, statement, 'mysql');
    },
    started: (span, { arguments: args, self }) => {
      const connection = self as Connection;
      underWay.add(connection, connection.stream, span);
      watchCallback(client, args, (error) => endQuery(underWay, connection, span, error));
    },
    keepsOpen: (span, { result, self }) => {
      const connection = self as Connection;
      if (!watchCommand(result as Command | undefined, (error) => endQuery(underWay, connection, span, error))) return false;
      // A query without a callback is not told that its connection is closed.
      if (underWay.isLost(connection)) underWay.lose(connection);
      return true;
    },
    finish: (span, { self, error }) => endQuery(underWay, self as Connection, span, error),
  });
}

function endQuery(underWay: UnderWay, connection: Connection, span: AnySpan, error: unknown): void {
  if (error) failSpan(span, error);
  underWay.end(connection, span);
}

/** Replaced before the call: a closed connection calls it from inside, and what cannot be prepared passes by its command. */
function watchCallback({ current: { tracer } }: IntegrationClient, args: unknown[], end: (error: unknown) => void): void {
  const outer = tracer.context;
  const watched = (callback: Callback): Callback =>
    function (error, ...rest) {
      end(error);
      return tracer.runIn(outer, () => callback.call(this, error, ...rest));
    };
  const at = args.findLastIndex((argument) => typeof argument === 'function');
  if (at >= 0) args[at] = watched(args[at] as Callback);
  // A pool gives its connections commands that bring their callback.
  const command = args[0] as Command | null | undefined;
  if (typeof command === 'object' && typeof command?.onResult === 'function') command.onResult = watched(command.onResult);
}

/** Who gives no callback listens. */
function watchCommand(command: Command | undefined, end: (error?: unknown) => void): boolean {
  if (typeof command?.once !== 'function') return false;
  if (typeof command.onResult === 'function') return true;
  command.once(errorMonitor, end);
  command.once('end', () => end());
  return true;
}
