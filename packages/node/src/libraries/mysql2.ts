import type { Integration, IntegrationClient, Teardown } from '@spanstream/core';
import { errorMonitor } from '../builtins.ts';
import { sqlSpan } from '../instrument/db-span.ts';
import { failSpan } from '../instrument/fail-span.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type Call, type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

/** What mysql2 publishes; the values stand in the query. */
interface QueryMessage {
  readonly query: string;
  readonly database: string;
  readonly serverAddress: string;
  readonly serverPort: number | undefined;
}

interface Connection {
  readonly config?: { readonly host?: unknown; readonly port?: unknown; readonly database?: unknown };
}

/** A query under way. */
interface Command {
  onResult?: (this: unknown, error: unknown, ...rest: unknown[]) => unknown;
  once(event: string | symbol, listener: (error: unknown) => void): unknown;
}

const CALLS = ['query', 'execute'];

/** mysql2, with MySQL or MariaDB behind it. */
export const mysql2: Library = {
  integration: 'Mysql2',
  packages: { mysql2: '>=2.0.0 <4' },
  publishes: '>=3.20.0',
  hooks: [
    ...[
      { versionRange: '>=2.0.0 <3.11.5', filePath: 'lib/pool.js', className: 'Pool' },
      { versionRange: '>=3.11.5 <3.20.0', filePath: 'lib/base/pool.js', className: 'BasePool' },
    ].map(({ versionRange, filePath, className }) => ({
      channelName: 'getConnection',
      module: { name: 'mysql2', versionRange, filePath },
      functionQuery: { className, methodName: 'getConnection', kind: 'Callback' as const },
    })),
    ...CALLS.flatMap((method) => hooksOf(method)),
  ],
};

function hooksOf(method: string): Library['hooks'][number][] {
  return [
    {
      channelName: method,
      module: { name: 'mysql2', versionRange: '>=2.0.0 <3.11.5', filePath: 'lib/connection.js' },
      functionQuery: { className: 'Connection', methodName: method, kind: 'Sync' },
    },
    {
      channelName: method,
      module: { name: 'mysql2', versionRange: '>=3.11.5 <3.20.0', filePath: 'lib/base/connection.js' },
      functionQuery: { className: 'BaseConnection', methodName: method, kind: 'Sync' },
    },
  ];
}

/** Gives each query of `mysql2` a span. */
export function mysql2Integration(): Integration {
  return {
    name: mysql2.integration,
    setup(client) {
      const teardowns = [
        ...CALLS.flatMap((method) => [tracePublished(client, method), traceHooked(client, method)]),
        // A pool hands on what waited in the context of whoever gave a connection back.
        traceChannel(client, 'mysql2:pool:connect', { start: () => undefined }),
        traceChannel(client, hookChannel('mysql2', 'getConnection'), { start: () => undefined }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function tracePublished(client: IntegrationClient, method: string): Teardown {
  return traceChannel<QueryMessage>(client, `mysql2:${method}`, {
    start: ({ query, database, serverAddress, serverPort }) =>
      sqlSpan({ library: 'mysql2', system: 'mysql', namespace: database, address: serverAddress, port: serverPort }, query, 'mysql'),
  });
}

function traceHooked(client: IntegrationClient, method: string): Teardown {
  return traceChannel<CallMessage>(client, hookChannel('mysql2', method), {
    start: ({ arguments: [query], self }) => {
      const { host, port, database } = (self as Connection | undefined)?.config ?? {};
      const statement = typeof query === 'object' && query !== null && 'sql' in query ? query.sql : query;
      return sqlSpan({ library: 'mysql2', system: 'mysql', namespace: database, address: host, port }, statement, 'mysql');
    },
    keepsOpen: (_span, { result }, call) => watchCommand(client, result as Command, call),
  });
}

/** A pool gives its connections commands that bring their callback, others are given one, and a third kind has listeners. */
function watchCommand({ current }: IntegrationClient, command: Command, { span, outer }: Call): boolean {
  if (span === undefined || typeof command?.once !== 'function') return false;
  const { onResult } = command;
  if (typeof onResult === 'function') {
    command.onResult = function (error, ...rest) {
      if (error) failSpan(span, error);
      span.end();
      return current.tracer.runIn(outer, () => onResult.call(this, error, ...rest));
    };
    return true;
  }
  command.once(errorMonitor, (error) => {
    failSpan(span, error);
    span.end();
  });
  command.once('end', () => span.end());
  return true;
}
