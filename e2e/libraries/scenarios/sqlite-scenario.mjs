import { expectSame, here } from '../conform.mjs';

/** What both libraries have in common: statements that are prepared, whose calls return when they are done. */
export function sqliteScenario({ origin, start, code }) {
  return {
    isForNode24: true,
    async start(context) {
      const db = await start();
      db.exec('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
      // Statements are prepared once and used by whoever comes.
      const insert = db.prepare('INSERT OR REPLACE INTO users (id, name) VALUES (?, ?)');
      return { db, insert, seen: () => here(context) };
    },
    work({ db, insert, seen }) {
      insert.run(1, 'secret');
      insert.run(2, 'other secret');
      expectSame(db.prepare("SELECT name, 'secret' AS other FROM users WHERE id = ?").get(1), { name: 'secret', other: 'secret' }, 'a row');
      expectSame(db.prepare('SELECT id FROM users').all().length, 2, 'the rows');
      db.exec("UPDATE users SET name = 'third secret' WHERE id = 2");
      const outside = seen();
      const ids = [];
      for (const { id } of db.prepare('SELECT id FROM users ORDER BY id').iterate()) {
        expectSame(seen(), outside, 'where rows are read');
        ids.push(id);
      }
      expectSame(ids, [1, 2], 'the rows that were read');
      for (const { id } of db.prepare('SELECT id FROM users ORDER BY name').iterate()) {
        expectSame(id > 0, true, 'a row');
        break;
      }
    },
    async fail({ db, insert }) {
      try {
        insert.run(3, 'secret');
        db.prepare('INSERT INTO users (id, name) VALUES (?, ?)').run(3, 'secret');
      } catch {
        // the span says so
      }
      db.exec("DELETE FROM missing WHERE name = 'secret'");
    },
    stop: ({ db }) => db.close(),
    tree: [
      'parent',
      '  INSERT users [db.query]',
      '  INSERT users [db.query]',
      '  SELECT users [db.query]',
      '  SELECT users [db.query]',
      '  UPDATE users [db.query]',
      '  SELECT users [db.query]',
      '  SELECT users [db.query]',
      'failing error',
      '  INSERT users [db.query]',
      '  INSERT users [db.query] error',
      '  DELETE missing [db.query] error',
    ],
    attributes: {
      'UPDATE users': {
        'sentry.origin': origin,
        'db.system.name': 'sqlite',
        'db.operation.name': 'UPDATE',
        'db.query.summary': 'UPDATE users',
        'db.query.text': 'UPDATE users SET name = ? WHERE id = ?',
      },
      'DELETE missing': { ...code, 'db.query.text': 'DELETE FROM missing WHERE name = ?' },
    },
  };
}
