// The shop front. Its load, its navigations and its requests are traced without a word here.
import './style.css';
import * as SpanStream from '@spanstream/browser';

const { tracing } = SpanStream;
const products = { 4: 'Kettle', 7: 'Lamp', 19: 'Chair' };
const find = (id) => document.getElementById(id);

SpanStream.init({
  dsn: document.querySelector('meta[name=spanstream-dsn]')?.content,
  release: 'shop@1.4.0',
  environment: 'demo',
  traceLifecycle: 'stream',
  tracesSampleRate: 1,
  batching: { flushIntervalMs: 1000 }, // instead of 5 s: somebody is watching
});
SpanStream.setGlobalAttributes({ 'service.name': 'page' });

/** From the click to the receipt: the request, and what the services do for it, stand below this span. */
function buy(items) {
  return tracing.startSpan({ name: 'buy', attributes: { 'cart.items': items } }, async () => {
    const answer = await fetch('/checkout', { method: 'POST', body: JSON.stringify({ items }) });
    const { total } = await answer.json();
    tracing.startSpan({ name: 'show receipt' }, () => say(`That is ${total.toFixed(2)} euro. Thank you.`));
  });
}

/** A page of its own, so a navigation: a trace that links the one before. */
async function look(id) {
  history.pushState(null, '', `/p/${id}`);
  SpanStream.setRoute('/p/:id');
  const answer = await fetch(`/products/${id}`);
  await answer.json();
  say(`${products[id]}: nobody has complained so far.`);
}

async function recommend() {
  const answer = await fetch('/recommendations');
  say(answer.ok ? 'These.' : 'The model is out of order; see its trace.');
}

function say(text) {
  find('message').textContent = text;
}

function button(text, action) {
  const element = document.createElement('button');
  element.textContent = text;
  element.addEventListener('click', action);
  return element;
}

for (const [id, name] of Object.entries(products)) {
  const item = document.createElement('li');
  const label = document.createElement('span');
  label.textContent = name;
  item.append(
    label,
    button('Look', () => look(id)),
    button('Buy', () => buy(1)),
  );
  find('products').append(item);
}
find('recommend').addEventListener('click', recommend);
