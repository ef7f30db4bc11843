import { expectSame } from '../conform.mjs';

/** Versions that publish channels and those that are hooked are seen alike. */
export function mysql2Scenario(mysql) {
  return {
    integration: 'Mysql2',
    needs: 'mariadb',
    async start({ port }) {
      const pool = mysql.createPool({ host: '127.0.0.1', port, user: 'root', database: 'test', connectionLimit: 1 });
      await pool.query('CREATE TABLE IF NOT EXISTS users (id int, name text)');
      return { pool };
    },
    async work({ pool }) {
      const [rows] = await pool.query('SELECT ? AS name, "secret" AS other FROM `users` UNION SELECT ?, 1', ['secret', 'secret']);
      expectSame(rows.at(-1), { name: 'secret', other: '1' }, 'rows');
      await pool.execute('INSERT INTO users VALUES (?, ?)', [1, 'secret']);
      await Promise.all([pool.query('SELECT sleep(0.05)'), pool.query("UPDATE users SET name = 'secret' LIMIT 1")]);
    },
    fail: async ({ pool }) => {
      await pool.execute('DELETE FROM missing WHERE name = ?', ['secret']).catch(() => undefined);
      await pool.query("SELECT 'secret' FROM missing");
    },
    stop: ({ pool }) => pool.end(),
    tree: [
      'parent',
      '  SELECT users SELECT [db.query]',
      '  INSERT users [db.query]',
      '  SELECT [db.query]',
      '  UPDATE users [db.query]',
      'failing error',
      '  DELETE missing [db.query] error',
      '  SELECT missing [db.query] error',
    ],
    attributes: {
      'INSERT users': {
        'sentry.origin': 'auto.db.mysql2',
        'db.system.name': 'mysql',
        'db.namespace': 'test',
        'db.operation.name': 'INSERT',
        'db.query.text': 'INSERT INTO users VALUES (?, ?)',
        'server.address': '127.0.0.1',
      },
      'SELECT missing': { 'error.type': 'ER_NO_SUCH_TABLE' },
    },
    lastsMs: { SELECT: 50 },
  };
}
