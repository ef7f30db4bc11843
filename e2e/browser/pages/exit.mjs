/** Does what its plan says and tells the page server when it is done; the rest is the test's. */
import * as SpanStream from '@spanstream/browser';

const plan = JSON.parse(document.getElementById('plan').textContent);
// Taken before the SDK starts: what the page tells is no part of what is tested.
const post = globalThis.fetch.bind(globalThis);
/** Settled once the page server answered: Firefox keeps no page in its back/forward cache that still has a request open. */
globalThis.toldAll = Promise.resolve();
const tell = (what, more = {}) => {
  globalThis.toldAll = post('/told', { method: 'POST', body: JSON.stringify({ page: plan.page, what, ...more }) }).then((response) =>
    response.text(),
  );
};

addEventListener('error', ({ message }) => tell('error', { message }));
addEventListener('unhandledrejection', ({ reason }) => tell('error', { message: String(reason) }));
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  tell('error', { message: `CSP ${violatedDirective} ${blockedURI}` }),
);
addEventListener('pageshow', ({ persisted }) => persisted && tell('restored'));

globalThis.SpanStream = SpanStream;
const integrations = () => (plan.integrations ?? []).map((name) => globalThis.SpanStream[`${name}Integration`]());
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, integrations, ...plan.options });

/** Text that no compression makes small. */
function randomText(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => String.fromCharCode(33 + (byte % 90))).join('');
}

function startSpans({ prefix, count, bytesEach = 0 }) {
  SpanStream.tracing.startNewTrace(() => {
    for (let index = 0; index < count; index++) {
      const attributes = { filler: randomText(bytesEach) };
      SpanStream.tracing.startSpan({ name: `${prefix} ${index}`, attributes }, () => undefined);
    }
  });
}

async function run() {
  for (const spans of plan.spans ?? []) startSpans(spans);
  const answers = [];
  for (const { url, init } of plan.requests ?? []) {
    const answer = await fetch(url, init).catch((error) => error);
    answers.push(answer instanceof Response ? answer.type : String(answer));
  }
  const isFlushed = plan.flushMs === undefined ? undefined : await SpanStream.flush(plan.flushMs);
  tell('ready', { isFlushed, answers, stats: client.stats() });
}

// After the SDK's own listeners: what the page leaves behind.
addEventListener('pagehide', () => {
  const left = { page: plan.page, what: 'hidden', stats: client.stats(), stored: Object.keys(localStorage) };
  navigator.sendBeacon('/told', JSON.stringify(left));
});
globalThis.startSpans = startSpans;
void run();
