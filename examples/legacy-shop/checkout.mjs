import * as SpanStream from '@spanstream/node';
import { query } from './store.mjs';

/** One order, from the basket to the parcel. */
export async function checkout(order) {
  const transaction = SpanStream.startTransaction({ name: 'checkout', op: 'shop.order' });
  transaction.setData('order.id', order.id);
  transaction.setTag('customer.kind', order.kind);
  try {
    const missing = await reserve(transaction, order.items);
    if (missing.length > 0) {
      transaction.setStatus('out_of_range');
      return { id: order.id, missing };
    }
    await pay(transaction, order);
    transaction.setMeasurement('basket', order.items.length, 'none');
    transaction.setStatus('ok');
    return { id: order.id, missing };
  } finally {
    transaction.finish();
  }
}

async function reserve(transaction, items) {
  const span = transaction.startChild({ op: 'shop.reserve', description: 'reserve' });
  const missing = [];
  for (const item of items) {
    const left = await query(span, 'SELECT count FROM stock', (stock) => stock.get(item) ?? 0);
    if (left === 0) missing.push(item);
    else await query(span, 'UPDATE stock', (stock) => stock.set(item, left - 1));
  }
  span.setData('missing', missing.length);
  span.finish();
  return missing;
}

async function pay(transaction, order) {
  const span = transaction.startChild({ op: 'http.client', description: 'POST payment' });
  span.setData('payment.amount', order.items.length * 10);
  await new Promise((resolve) => setTimeout(resolve, 1));
  span.setStatus('ok');
  span.finish();
}
