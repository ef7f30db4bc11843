import { DB_OPERATION_NAME, DB_QUERY_SUMMARY, DB_QUERY_TEXT } from '@sentry/conventions/attributes';
import type { Attributes } from '@spanstream/core';
import { hideQuotedValues } from './sqlite-values.ts';

/**
 * In MySQL double quotes hold text, a backslash escapes and `#` begins a comment; elsewhere double quotes hold names, in SQLite
 * text too where a database is set to that.
 */
export type SqlDialect = 'standard' | 'mysql' | 'sqlite';

/** Longer statements are cut before they are looked at: a batch of thousands of rows says no more than its beginning. */
const MAX_STATEMENT_CHARS = 4096;
const MAX_SUMMARY_CHARS = 255;
const MAX_REMEMBERED = 500;
/** `$1`, `:name` and `?` stand for values and are none. */
const TOKEN = {
  standard:
    /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)|(?:\b[xXbBnN]|\b[uU]&)?'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[A-Za-z_\u0080-\uffff][A-Za-z_ \u0080-\uffff]*\]|[$:@]\w+|[\w\u0080-\uffff$][\w\u0080-\uffff$.]*|[^\s\w]|\s+/g,
  mysql:
    /(?:--|#)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?:\b[xXbBnN]|_\w+\s*)?'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|\\?$)|`(?:[^`]|``)*(?:`|$)|[:@][\w$]+|[\w\u0080-\uffff$][\w\u0080-\uffff$.]*|[^\s\w]|\s+/g,
};
const TARGET_FOLLOWS = new Set([
  'FROM',
  'JOIN',
  'INTO',
  'UPDATE',
  'TABLE',
  'INDEX',
  'VIEW',
  'CALL',
  'EXEC',
  'EXECUTE',
  'TRUNCATE',
  'PRAGMA',
]);
const OPERATION = /^(?:SELECT|INSERT|UPDATE|DELETE|MERGE|REPLACE)$/;
const BETWEEN = new Set([
  'ONLY',
  'IF',
  'NOT',
  'EXISTS',
  'LOW_PRIORITY',
  'DELAYED',
  'HIGH_PRIORITY',
  'IGNORE',
  'QUICK',
  'CONCURRENTLY',
  'LATERAL',
]);
const DDL = /^(?:CREATE|DROP|ALTER|TRUNCATE)$/;

/** What of a statement may leave: its words without comments, its values as `?`, and a summary such as `SELECT users`. */
export interface SqlFacts {
  readonly text: string;
  readonly summary: string;
  readonly operation: string;
}

const remembered = { standard: new Map<string, SqlFacts>(), mysql: new Map<string, SqlFacts>(), sqlite: new Map<string, SqlFacts>() };

/** Looks at a statement; those seen before are remembered, as most programs know a few hundred. */
export function readSql(statement: string, dialect: SqlDialect): SqlFacts {
  const cache = remembered[dialect];
  const isCut = statement.length > MAX_STATEMENT_CHARS;
  const begin = isCut ? statement.slice(0, MAX_STATEMENT_CHARS) : statement;
  const known = cache.get(begin);
  if (known !== undefined) return known;
  // What V8 slices keeps the whole alive.
  const key = isCut ? Buffer.from(begin, 'utf16le').toString('utf16le') : begin;
  const words = tokens(key, dialect);
  if (dialect === 'sqlite') hideQuotedValues(words);
  const facts = { text: words.join('').replaceAll(/ {2,}/g, ' ').trim(), ...summarize(words) };
  if (cache.size >= MAX_REMEMBERED) cache.clear();
  cache.set(key, facts);
  return facts;
}

/** The attributes of a statement. */
export function sqlAttributes({ text, summary, operation }: SqlFacts): Attributes {
  return {
    [DB_QUERY_TEXT]: text === '' ? undefined : text,
    [DB_QUERY_SUMMARY]: summary === '' ? undefined : summary,
    [DB_OPERATION_NAME]: operation === '' ? undefined : operation,
  };
}

/** The statement's words and the spaces between them; comments are gone, values are `?`. */
function tokens(statement: string, dialect: SqlDialect): string[] {
  const words: string[] = [];
  const pattern = dialect === 'mysql' ? TOKEN.mysql : TOKEN.standard;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(statement); match !== null; match = pattern.exec(statement)) {
    const [token] = match;
    if (dialect !== 'mysql' && token.length > 1 && token.startsWith('$') && token.endsWith('$')) {
      const end = statement.indexOf(token, pattern.lastIndex);
      pattern.lastIndex = end < 0 ? statement.length : end + token.length;
      words.push('?');
      if (end < 0) break;
    } else words.push(withoutValue(token, dialect));
    if (mayGoOn(token)) break;
  }
  return words;
}

/** Whether such a quote ends the text depends on a setting of the server's, and whether comments nest on the server: what follows may be inside. */
function mayGoOn(token: string): boolean {
  return (token.includes('\\') && /\\['"]/.test(token)) || (token.startsWith('/*') && token.includes('/*', 2));
}

function withoutValue(token: string, dialect: SqlDialect): string {
  if (token.trimStart() === '') return ' ';
  if (token.startsWith('--') || token.startsWith('/*') || (token.startsWith('#') && dialect === 'mysql')) return '';
  if (token.includes("'")) return '?';
  if (token.startsWith('"')) return dialect === 'mysql' || token.length === 1 || !token.endsWith('"') ? '?' : token;
  if (token.startsWith('`')) return token.length > 1 && token.endsWith('`') ? token : '?';
  if (/^[:@]?\d/.test(token)) return '?';
  return /^(?:true|false)$/i.test(token) ? '?' : token;
}

function summarize(words: readonly string[]): Pick<SqlFacts, 'summary' | 'operation'> {
  const parts: string[] = [];
  let operation = '';
  let isTarget = false;
  let depth = 0;
  const isCte = words.find((word) => /^\w/.test(word))?.toUpperCase() === 'WITH';
  for (const [at, word] of words.entries()) {
    if (word === '' || word === ' ') continue;
    if (word === '(') {
      depth++;
      continue;
    }
    if (word === ')') depth--;
    if (!/^[\w"`[\u0080-\uffff]/.test(word)) {
      isTarget = false;
      continue;
    }
    const upper = word.toUpperCase();
    if (isTarget && !BETWEEN.has(upper)) {
      isTarget = false;
      if (!OPERATION.test(upper)) {
        parts.push(named(words, at));
        continue;
      }
    }
    if (operation === '' && /^[A-Za-z]+$/.test(word) && (!isCte || (depth === 0 && OPERATION.test(upper)))) {
      operation = upper;
      parts.push(upper);
    } else if (operation !== '' && OPERATION.test(upper) && upper === 'SELECT') parts.push(upper);
    else if (DDL.test(operation) && parts.length === 1 && /^(?:TABLE|INDEX|VIEW)$/.test(upper)) parts[0] = `${operation} ${upper}`;
    // `FOR UPDATE` and `ON CONFLICT DO UPDATE` name nothing.
    if (TARGET_FOLLOWS.has(upper)) isTarget = operation !== '' && (upper !== 'UPDATE' || parts.length === 1);
  }
  const summary = parts.join(' ');
  return { operation, summary: summary.length > MAX_SUMMARY_CHARS ? summary.slice(0, MAX_SUMMARY_CHARS) : summary };
}

/** `"shop"."users"` is one name; quotes are left out where they are not needed. */
function named(words: readonly string[], at: number): string {
  let name = words[at]!;
  for (let next = at + 1; (words[next] === '.' || name.endsWith('.')) && words[next] !== undefined; next++) name += words[next]!;
  return name.replaceAll(/["`[\]]/g, '');
}
