import { sqliteScenario } from './sqlite-scenario.mjs';

const shared = sqliteScenario({
  origin: 'auto.db.node_sqlite',
  code: { 'error.type': 'ERR_SQLITE_ERROR', 'db.response.status_code': '1' },
  async start() {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(':memory:');
  },
});

export const scenario = { ...shared, integration: 'NodeSqlite', builtin: ['node:sqlite', '>=22.13.0'] };
