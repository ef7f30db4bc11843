import { DB_RESPONSE_STATUS_CODE } from '@sentry/conventions/attributes';
import type { AnySpan, IntegrationClient, StartSpanOptions } from '@spanstream/core';
import { sqlSpan } from './db-span.ts';
import { failSpan } from './fail-span.ts';
import { replaceMethod } from './replace-method.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What has methods that run SQL, e.g. the prototype of prepared statements. */
export type SqlCaller = Record<string, Method>;

/** Which methods run SQL, and which. */
export interface SqlCalls {
  readonly library: string;
  readonly methods: readonly string[];
  /** The statement that a call runs. */
  statementOf(self: unknown, args: readonly unknown[]): unknown;
}

/** What `iterate` returns. */
type Rows = Record<'next' | 'return', Method>;

/** Rows that nobody reads to their end end with their collection. */
const unread = new FinalizationRegistry<AnySpan>((span) => span.end());

/** The span of a statement that SQLite runs. Its file stays here, as paths do. */
export function sqliteSpan(library: string, statement: unknown): StartSpanOptions {
  return sqlSpan({ library, system: 'sqlite' }, statement, 'sqlite');
}

/** The status and the code of an error of SQLite's: a number of Node's, a name of better-sqlite3's. */
export function failQuery(span: AnySpan, error: unknown): void {
  const { errcode, code } = (error ?? {}) as { readonly errcode?: unknown; readonly code?: unknown };
  failSpan(span, error);
  span.setAttribute(DB_RESPONSE_STATUS_CODE, typeof errcode === 'number' ? String(errcode) : typeof code === 'string' ? code : undefined);
}

/** Gives each call of these methods a span. It is over when the call returns; that of `iterate`, when its rows have been read. */
export function traceSqlCalls(client: IntegrationClient, target: SqlCaller, calls: SqlCalls): () => void {
  const restores = calls.methods.map((name) => {
    const original = target[name]!;
    return replaceMethod(target, name, function (this: unknown, ...args: unknown[]) {
      return runQuery(client, sqliteSpan(calls.library, calls.statementOf(this, args)), () => original.apply(this, args));
    });
  });
  return () => restores.forEach((restore) => restore());
}

function runQuery({ current }: IntegrationClient, options: StartSpanOptions, run: () => unknown): unknown {
  const { span, context } = current.tracer.begin(options);
  if (!span.isRecording()) return run();
  let result: unknown;
  try {
    result = current.tracer.runIn(context, run);
  } catch (error) {
    failQuery(span, error);
    span.end();
    throw error;
  }
  if (isRows(result)) watchRows(span, result);
  else span.end();
  return result;
}

function isRows(result: unknown): result is Rows {
  if (typeof result !== 'object' || result === null) return false;
  const { next, return: leave } = result as Partial<Rows>;
  return typeof next === 'function' && typeof leave === 'function';
}

function watchRows(span: AnySpan, rows: Rows): void {
  const { next, return: leave } = rows;
  replaceMethod(rows, 'next', function (this: unknown, ...args: unknown[]) {
    try {
      const step = next.apply(this, args) as { readonly done?: boolean };
      if (step.done === true) span.end();
      return step;
    } catch (error) {
      failQuery(span, error);
      span.end();
      throw error;
    }
  });
  replaceMethod(rows, 'return', function (this: unknown, ...args: unknown[]) {
    span.end();
    return leave.apply(this, args);
  });
  unread.register(rows, span);
}
