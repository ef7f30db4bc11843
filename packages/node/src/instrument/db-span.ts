import { DB_NAMESPACE, DB_SYSTEM_NAME, SENTRY_OP, SENTRY_ORIGIN, SERVER_ADDRESS, SERVER_PORT } from '@sentry/conventions/attributes';
import type { Attributes, StartSpanOptions } from '@spanstream/core';
import { readSql, type SqlDialect, sqlAttributes } from './sql.ts';

/** Which database a call goes to. */
export interface Database {
  readonly library: string;
  readonly system: string;
  readonly namespace?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
}

/** The span of a call to a database; there is none without a parent: a call alone says little and would be a trace of its own. */
export function dbSpan(database: Database, name: string, attributes: Attributes): StartSpanOptions {
  return {
    name: name === '' ? database.system : name,
    attributes: { [SENTRY_OP]: 'db.query', ...databaseAttributes(database), ...attributes },
    onlyIfParent: true,
  };
}

/** The span of a statement in SQL. */
export function sqlSpan(database: Database, statement: unknown, dialect: SqlDialect): StartSpanOptions {
  const facts = readSql(typeof statement === 'string' ? statement : '', dialect);
  return dbSpan(database, facts.summary, sqlAttributes(facts));
}

/** Which database it is, as far as it is known. */
export function databaseAttributes({ library, system, namespace, address, port }: Database): Attributes {
  return {
    [SENTRY_ORIGIN]: `auto.db.${library}`,
    [DB_SYSTEM_NAME]: system,
    [DB_NAMESPACE]: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
    [SERVER_ADDRESS]: typeof address === 'string' && address !== '' ? address : undefined,
    [SERVER_PORT]: typeof port === 'number' ? port : undefined,
  };
}
