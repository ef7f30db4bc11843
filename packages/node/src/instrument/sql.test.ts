import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readSql } from './sql.ts';

describe('a statement’s summary', () => {
  it.each([
    ['SELECT * FROM users WHERE id = $1', 'SELECT users'],
    ['select 1', 'SELECT'],
    ['SELECT u.id FROM users u JOIN "shop"."orders" o ON o.user_id = u.id', 'SELECT users shop.orders'],
    ['INSERT INTO users (name) VALUES ($1) ON CONFLICT (id) DO UPDATE SET name = $1', 'INSERT users'],
    ['insert into a select * from b', 'INSERT a SELECT b'],
    ['UPDATE ONLY users SET name = $1', 'UPDATE users'],
    ['DELETE FROM users', 'DELETE users'],
    ['SELECT id FROM jobs FOR UPDATE SKIP LOCKED', 'SELECT jobs'],
    ['CREATE TABLE IF NOT EXISTS users (id int)', 'CREATE TABLE users'],
    ['TRUNCATE users', 'TRUNCATE users'],
    ['WITH recent AS (SELECT * FROM orders) SELECT * FROM recent', 'SELECT recent'],
    ['/* job 7 */ SELECT * FROM users -- alice', 'SELECT users'],
    ['BEGIN', 'BEGIN'],
    ['CALL refresh(1)', 'CALL refresh'],
    ['', ''],
  ])('%s: %s', (statement, summary) => expect(readSql(statement, 'standard').summary).toBe(summary));

  it('is of names in backticks too', () => expect(readSql('SELECT * FROM `users` WHERE name = "x"', 'mysql').summary).toBe('SELECT users'));
});

it('R9: a long statement is not kept for what is remembered of it', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapBytes = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heapBytes();
  for (let i = 0; i < 20; i++)
    readSql(JSON.parse(JSON.stringify(`INSERT INTO t${i} VALUES ${"('a'),".repeat(200_000)}`)) as string, 'standard');
  expect(heapBytes() - before).toBeLessThan(5_000_000);
});

describe('R34: a statement that a user has a hand in costs no more for each character than a short one', () => {
  const [SHORT, LONG] = [60, 4000];
  it.each<[string, (length: number) => string]>([
    ['doubled quotes', (length) => `'${"''".repeat(length / 2)}'`],
    ['doubled quotes and backslashes', (length) => `'${"''".repeat(length / 4)}${'\\'.repeat(length / 2 - 1)}`],
    ['brackets', (length) => '['.repeat(length)],
  ])('%s', (_name, textOf) => {
    // What went over its text again and again needed 7 to 30 times as long for each.
    expect(timeOf(textOf(LONG), 10) / LONG).toBeLessThan((timeOf(textOf(SHORT), 100) / SHORT) * 5);
  });

  function timeOf(text: string, rounds: number): number {
    const times = Array.from({ length: rounds }, () => {
      const begin = performance.now();
      // Never one that is remembered.
      for (const dialect of ['standard', 'mysql'] as const) readSql(`/*${Math.random()}*/SELECT ${text}`, dialect);
      return performance.now() - begin;
    });
    return Math.min(...times);
  }
});

describe('R35: literals never leave', () => {
  it.each([
    ["SELECT * FROM users WHERE name = 'secret'", 'SELECT * FROM users WHERE name = ?'],
    ["SELECT 'it''s secret', E'it\\'s secret'", 'SELECT ?, ?'],
    ['SELECT $$secret$$, $tag$ secret $x$ $tag$, 42, 4.2, 0xff, 1e5', 'SELECT ?, ?, ?, ?, ?, ?'],
    ["SELECT X'5ec7e7', N'secret', U&'secret'", 'SELECT ?, ?, ?'],
    ["SELECT 'secret", 'SELECT ?'],
    ['SELECT "name" FROM t WHERE a = true', 'SELECT "name" FROM t WHERE a = ?'],
    ["SELECT a -- 'secret'\n FROM t /* secret */", 'SELECT a FROM t'],
    ["SELECT 'a\\' || secret", 'SELECT ?'],
    ['SELECT a[1:42]', 'SELECT a[??]'],
    ['SELECT ARRAY[$$secret$$, $tag$secret$tag$]', 'SELECT ARRAY[?, ?]'],
    ['SELECT a[/* secret */ i], a[i -- secret\n]', 'SELECT a[ i], a[i ]'],
    ['SELECT @$$secret$$, :$$secret$$', 'SELECT @?, :?'],
    ['SELECT 1 /* outer /* inner */ secret */', 'SELECT ?'],
    ['SELECT [my name] FROM [dbo].[users]', 'SELECT [my name] FROM [dbo].[users]'],
  ])('%s', (statement, text) => expect(readSql(statement, 'standard').text).toBe(text));

  it.each([
    ["SELECT \"secret\", 'it\\'s secret', `name`", 'SELECT ?, ?'],
    ["SELECT 1 # secret\n, _utf8'secret'", 'SELECT ? , ?'],
  ])('MySQL: %s', (statement, text) => expect(readSql(statement, 'mysql').text).toBe(text));

  const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;

  test.prop([fc.string({ unit: 'binary' }), fc.integer(), fc.constantFrom('standard' as const, 'mysql' as const)])(
    'whatever stands in them',
    (noise, number, dialect) => {
      const { text } = readSql(`SELECT * FROM users WHERE a = ${quoted(`${noise}secret`)} AND b = ${Math.abs(number) + 1000} `, dialect);
      expect(text).not.toContain('secret');
      expect(text).not.toContain(String(Math.abs(number) + 1000));
    },
  );

  test.prop([fc.string({ unit: 'binary', maxLength: 9000 }), fc.constantFrom('standard' as const, 'mysql' as const)])(
    'and no statement is too odd to be read',
    (statement, dialect) => {
      expect(typeof readSql(statement, dialect).summary).toBe('string');
    },
  );
});

describe('R35: text that SQLite takes from double quotes', () => {
  it.each([
    ['SELECT "id" FROM "users" WHERE "name" = "secret"', 'SELECT "id" FROM "users" WHERE "name" = ?', 'SELECT users'],
    [
      'SELECT * FROM main."users" WHERE name LIKE "secret%" AND "age" > 3',
      'SELECT * FROM main."users" WHERE name LIKE ? AND "age" > ?',
      'SELECT main.users',
    ],
    ['SELECT * FROM a JOIN "b" ON a."id" = "b"."id"', 'SELECT * FROM a JOIN "b" ON a."id" = "b"."id"', 'SELECT a b'],
    [
      'INSERT INTO "users" ("name", "age") VALUES ("secret", 3), (lower("secret"), 4) RETURNING ("id")',
      'INSERT INTO "users" ("name", "age") VALUES (?, ?), (lower(?), ?) RETURNING ("id")',
      'INSERT users',
    ],
    [
      'UPDATE "users" SET "name" = "secret" WHERE "id" IN ("secret", 4)',
      'UPDATE "users" SET "name" = ? WHERE "id" IN (?, ?)',
      'UPDATE users',
    ],
    ['SELECT 1 WHERE "id" IN (SELECT "id" FROM "users")', 'SELECT ? WHERE "id" IN (SELECT "id" FROM "users")', 'SELECT SELECT users'],
    ['SELECT * FROM t WHERE a IS NOT DISTINCT FROM "secret"', 'SELECT * FROM t WHERE a IS NOT DISTINCT FROM ?', 'SELECT t'],
    [
      'CREATE TABLE "users" ("id" int, "name" text DEFAULT "secret")',
      'CREATE TABLE "users" ("id" int, "name" text DEFAULT ?)',
      'CREATE TABLE users',
    ],
    ['PRAGMA key = "secret"', 'PRAGMA key = ?', 'PRAGMA key'],
    ['PRAGMA rekey("secret")', 'PRAGMA rekey(?)', 'PRAGMA rekey'],
    ['ATTACH "/home/secret.db" AS other', 'ATTACH ? AS other', 'ATTACH'],
  ])('%s', (statement, text, summary) => expect(readSql(statement, 'sqlite')).toMatchObject({ text, summary }));
});
