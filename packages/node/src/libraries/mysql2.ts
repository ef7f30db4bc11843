import type { AnySpan, Integration, IntegrationClient, Teardown } from '@spanstream/core';
import { errorMonitor } from '../builtins.ts';
import { sqlSpan } from '../instrument/db-span.ts';
import { failSpan } from '../instrument/fail-span.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

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
  onResult?: Callback;
  once(event: string | symbol, listener: (error: unknown) => void): unknown;
}

type Callback = (this: unknown, error: unknown, ...rest: unknown[]) => unknown;

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
    started: (span, { arguments: args }) => watchCallback(client, span, args),
    keepsOpen: (span, { result }) => watchCommand(span, result as Command),
  });
}

/** Replaced before the call: a closed connection calls it from inside, and what cannot be prepared passes by its command. */
function watchCallback({ current: { tracer } }: IntegrationClient, span: AnySpan, args: unknown[]): void {
  const outer = tracer.context;
  const watched = (callback: Callback): Callback =>
    function (error, ...rest) {
      if (error) failSpan(span, error);
      span.end();
      return tracer.runIn(outer, () => callback.call(this, error, ...rest));
    };
  const at = args.findLastIndex((argument) => typeof argument === 'function');
  if (at >= 0) args[at] = watched(args[at] as Callback);
  // A pool gives its connections commands that bring their callback.
  const command = args[0] as Command | null | undefined;
  if (typeof command === 'object' && typeof command?.onResult === 'function') command.onResult = watched(command.onResult);
}

/** Who gives no callback listens. */
function watchCommand(span: AnySpan, command: Command | undefined): boolean {
  if (typeof command?.once !== 'function') return false;
  if (typeof command.onResult === 'function') return true;
  command.once(errorMonitor, (error) => {
    failSpan(span, error);
    span.end();
  });
  command.once('end', () => span.end());
  return true;
}
