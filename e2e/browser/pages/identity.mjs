/** Looks at the page's globals before the SDK, with it and after it; `globalThis.before` was filled before this script was loaded. */
import * as SpanStream from '@spanstream/browser';

const plan = JSON.parse(document.getElementById('plan').textContent);
const { post, look } = globalThis.before;
const seen = { before: globalThis.before.seen, loaded: look() };
const { isBare, ...options } = plan.options;
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, ...(isBare ? { integrations: () => [] } : {}), ...options });
seen.running = look();
/** What the page does to a patched function must be what it would do to the original. */
const semantics = {
  isInstance: new XMLHttpRequest() instanceof XMLHttpRequest,
  constructor: XMLHttpRequest.prototype.constructor === XMLHttpRequest,
  fetchIsStable: globalThis.fetch === globalThis.fetch,
  ownKeysOfHistory: Object.getOwnPropertyNames(history),
  wrongReceiver: await globalThis.fetch.call({}, '/').then(String, (error) => error.name),
  wrongUse: await globalThis.fetch().then(String, (error) => error.name),
};
await SpanStream.close(2000);
seen.closed = look();
await post('/told', { method: 'POST', body: JSON.stringify({ page: plan.page, what: 'seen', seen, semantics }) });
