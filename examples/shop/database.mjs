// Stands in for a database: takes a few milliseconds and records the span that a driver's instrumentation would.
import { setTimeout as sleep } from 'node:timers/promises';
import { tracing } from '@spanstream/node';

/** Resolves with that many rows. The summary is the span's name: it has no values in it, so equal queries group. */
export function query(summary, statement, { rows }) {
  const attributes = { 'sentry.op': 'db.query', 'db.system.name': 'postgresql', 'db.query.summary': summary, 'db.query.text': statement };
  return tracing.startSpan({ name: summary, attributes }, async (span) => {
    await sleep(3 + Math.random() * 12);
    span.setAttribute('db.response.returned_rows', rows);
    return Array.from({ length: rows }, (_, id) => ({ id }));
  });
}
