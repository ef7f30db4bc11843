import type { Integration } from '@spanstream/core';
import { eventChannel } from '../instrument/event-channel.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { failQuery, type SqlCaller, sqliteSpan, traceSqlCalls } from '../instrument/sqlite-calls.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

const VERSIONS = '>=8.0.0 <14';
const LIBRARY = 'better_sqlite3';
const CALLS = ['run', 'get', 'all', 'iterate'];
/** Prototypes of statements that have been seen, whoever was client then. Native code has made them, one for each copy of it. */
const prototypes = new Set<SqlCaller>();

/** better-sqlite3. */
export const betterSqlite3: Library = {
  integration: 'BetterSqlite3',
  packages: { 'better-sqlite3': VERSIONS },
  hooks: ['prepare', 'exec'].map((expressionName) => ({
    channelName: expressionName,
    module: { name: 'better-sqlite3', versionRange: VERSIONS, filePath: 'lib/methods/wrappers.js' },
    functionQuery: { expressionName, kind: 'Sync' },
  })),
};

/** Gives each statement that `better-sqlite3` runs a span, that of `iterate` until its rows have been read. */
export function betterSqlite3Integration(): Integration {
  return {
    name: betterSqlite3.integration,
    setup(client) {
      const traced = new Map<SqlCaller, () => void>();
      const trace = (prototype: SqlCaller): void => {
        if (traced.has(prototype)) return;
        prototypes.add(prototype);
        traced.set(prototype, traceSqlCalls(client, prototype, { library: LIBRARY, methods: CALLS, statementOf: sourceOf }));
      };
      const prepared = (message: unknown): void => {
        const { result } = message as CallMessage;
        if (typeof result === 'object' && result !== null) trace(Object.getPrototypeOf(result) as SqlCaller);
      };
      const channel = eventChannel(hookChannel('better-sqlite3', 'prepare'), 'end');
      for (const prototype of prototypes) trace(prototype);
      channel.subscribe(prepared);
      const untrace = traceChannel<CallMessage>(client, hookChannel('better-sqlite3', 'exec'), {
        start: ({ arguments: [statement] }) => sqliteSpan(LIBRARY, statement),
        finish: (span, message) => 'error' in message && failQuery(span, message.error),
      });
      return () => {
        channel.unsubscribe(prepared);
        void untrace();
        for (const teardown of traced.values()) teardown();
      };
    },
  };
}

function sourceOf(statement: unknown): unknown {
  return (statement as { readonly source?: unknown }).source;
}
