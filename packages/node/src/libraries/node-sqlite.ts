import type { Integration, IntegrationClient } from '@spanstream/core';
import { onBuiltinLoad } from '../instrument/on-builtin-load.ts';
import { replaceMethod } from '../instrument/replace-method.ts';
import { type SqlCaller, traceSqlCalls } from '../instrument/sqlite-calls.ts';

/** `node:sqlite`, as far as it is changed. */
interface NodeSqlite {
  readonly DatabaseSync: { readonly prototype: Database };
  readonly StatementSync: { readonly prototype: SqlCaller };
}

type Database = SqlCaller & { createTagStore?: SqlCaller[string] };

const ID = 'node:sqlite';
const LIBRARY = 'node_sqlite';
const CALLS = ['run', 'get', 'all', 'iterate'];

/**
 * Gives each statement that `node:sqlite` runs a span, that of `iterate` until its rows have been read. Does nothing where Node
 * has no such module (before 22.13), and until the program loads it.
 */
export function nodeSqliteIntegration(): Integration {
  return {
    name: 'NodeSqlite',
    setup(client) {
      let restore: () => void = () => undefined;
      const unwatch = onBuiltinLoad(ID, /SQLite/, () => {
        try {
          restore = traceModule(client, process.getBuiltinModule(ID) as unknown as NodeSqlite);
        } catch (error) {
          client.current.fault(ID, error);
        }
      });
      return () => {
        unwatch();
        restore();
      };
    },
  };
}

function traceModule(client: IntegrationClient, { DatabaseSync, StatementSync }: NodeSqlite): () => void {
  const teardowns = [
    traceSqlCalls(client, DatabaseSync.prototype, {
      library: LIBRARY,
      methods: ['exec'],
      statementOf: (_database, [statement]) => statement,
    }),
    traceSqlCalls(client, StatementSync.prototype, { library: LIBRARY, methods: CALLS, statementOf: sourceOf }),
  ];
  if (hasTagStores(DatabaseSync.prototype)) teardowns.push(traceTagStores(client, DatabaseSync.prototype));
  return () => teardowns.forEach((teardown) => teardown());
}

function sourceOf(statement: unknown): unknown {
  try {
    return (statement as { readonly sourceSQL?: unknown }).sourceSQL;
  } catch {
    return undefined; // its database is closed, as the call will say
  }
}

function hasTagStores(database: Database): database is Required<Database> {
  return 'createTagStore' in database;
}

/** Statements as tagged templates, from Node 24.9 on; what is put into the template is a parameter. */
function traceTagStores(client: IntegrationClient, database: Required<Database>): () => void {
  const { createTagStore } = database;
  let restore: (() => void) | undefined;
  const restoreMethod = replaceMethod(database, 'createTagStore', function (this: unknown, ...args: unknown[]) {
    const store = createTagStore.apply(this, args) as object;
    restore ??= traceSqlCalls(client, Object.getPrototypeOf(store) as SqlCaller, {
      library: LIBRARY,
      methods: CALLS,
      statementOf: (_store, [strings]) => (Array.isArray(strings) ? strings.join('?') : undefined),
    });
    return store;
  });
  return () => {
    restoreMethod();
    restore?.();
  };
}
