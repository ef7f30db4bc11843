/** One transaction of the legacy API, three levels deep, with an error in it: `legacy-tree.mjs`; the DSN comes from SENTRY_DSN. */
import * as SpanStream from '@spanstream/node';

SpanStream.init({ tracesSampleRate: 1, release: 'shop@1.0.0' });

const transaction = SpanStream.startTransaction({ name: 'GET /orders', op: 'http.server' });
const query = transaction.startChild({ op: 'db.query', description: 'SELECT orders' });
query.startChild({ op: 'cache.get', description: 'GET orders:1' }).finish();
query.finish();
transaction.startChild({ op: 'task', description: 'render' }).setStatus('not_found').finish();
transaction.setMeasurement('orders', 3, 'none').setTag('region', 'eu').finish();
console.log(transaction.spanContext().traceId);
