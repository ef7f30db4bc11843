import { setTimeout as delay } from 'node:timers/promises';

const stock = new Map([
  ['tea', 3],
  ['cup', 1],
]);

/** Stands for a database: each statement is a child span. */
export async function query(parent, statement, work) {
  const span = parent.startChild({ op: 'db.query', description: statement });
  span.setData('db.system.name', 'sqlite');
  try {
    await delay(1);
    const result = work(stock);
    span.setData('db.response.returned_rows', Array.isArray(result) ? result.length : 1);
    return result;
  } catch (error) {
    span.setStatus('internal_error');
    throw error;
  } finally {
    span.finish();
  }
}
