import { client } from './instrument.mjs';
import { close } from '@spanstream/node';
import { checkout } from './checkout.mjs';
import { report } from './report.mjs';

const orders = [
  { id: 1, kind: 'new', items: ['tea'] },
  { id: 2, kind: 'new', items: ['cup', 'tea'] },
  { id: 3, kind: 'regular', items: ['cup'] },
];

const results = [];
for (const order of orders) results.push(await checkout(order));
const text = report(results);
await close();
console.log(JSON.stringify({ text, stats: client.stats(), compare: client.compareReport() }));
