import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expectSame } from '../conform.mjs';
import { sqliteScenario } from './sqlite-scenario.mjs';

const shared = sqliteScenario({
  origin: 'auto.db.better_sqlite3',
  code: { 'error.type': 'SQLITE_ERROR', 'db.response.status_code': 'SQLITE_ERROR' },
  start() {
    // A bundle has no native code beside it.
    const file = `node_modules/better-sqlite3/prebuilds/${process.platform}-${process.arch}.node`;
    return new Database(':memory:', { nativeBinding: join(process.cwd(), file) });
  },
});

export const scenario = {
  ...shared,
  integration: 'BetterSqlite3',
  work(state) {
    shared.work(state);
    const { db, insert } = state;
    expectSame(db.transaction(() => insert.run(2, 'secret again').changes)(), 1, 'the changes');
  },
  tree: shared.tree.toSpliced(8, 0, '  BEGIN [db.query]', '  INSERT users [db.query]', '  COMMIT [db.query]'),
};
