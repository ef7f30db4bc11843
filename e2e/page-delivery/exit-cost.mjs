import { chromium } from 'playwright-core';
import { startBackend } from '../backend/start-backend.mjs';
import { startSite } from './start-site.mjs';

/** Prints how long the end of a page keeps its thread, by number of buffered spans: `node e2e/page-delivery/exit-cost.mjs`. */

const ROUNDS = 11;
const COUNTS = [0, 10, 100, 500, 1000];

const backend = await startBackend({ countsOnly: true, isForPages: true });
const site = await startSite();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'],
});
const page = await browser.newPage();
// Before the SDK: whatever the phase, Chromium calls what listens for the end of a page in the order in which it was added.
await page.addInitScript(() => {
  const clock = { ms: 0 };
  for (const name of ['pagehide', 'visibilitychange']) addEventListener(name, () => (clock.ms -= performance.now()));
  globalThis.exitClock = clock;
});
await page.goto(site.origin);
site.options = { dsn: backend.dsn, tracesSampleRate: 1, traceLifecycle: 'stream', batching: { flushIntervalMs: 100_000 } };

for (const count of COUNTS) {
  const times = [];
  let stored = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const result = await page.evaluate(leaveFrame, count);
    times.push(result.ms);
    stored = result.stored;
  }
  const first = times[0].toFixed(1);
  times.sort((a, b) => a - b);
  const [best, median, worst] = [times[0], times[ROUNDS >> 1], times[ROUNDS - 1]].map((ms) => ms.toFixed(1));
  console.log(`${count} spans: best ${best} ms, median ${median} ms, worst ${worst} ms, first ${first} ms; ${stored} envelopes stored`);
}
await browser.close();
await site.close();
await backend.close();

/** In the page: a frame ends spans and is removed in the same turn; the time between the first and the last listener of each event at its end. */
async function leaveFrame(count) {
  localStorage.clear();
  const frame = document.createElement('iframe');
  frame.src = '/frame';
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
  document.body.append(frame);
  await loaded;
  const { SpanStream, client } = frame.contentWindow;
  const { tracing } = SpanStream;
  // As in a page that was used for a while: it has looked for what others stored, and what has run before is compiled.
  frame.contentWindow.localStorage.getItem('x');
  tracing.startSpan({ name: 'warm', parentSpan: null }, () => {
    for (let i = 0; i < 200; i++) tracing.startSpan({ name: `warm ${i}` }, (span) => void span.setAttribute('i', i));
  });
  await client.flush(20_000);
  const root = tracing.startSpan({ name: 'Pageload', parentSpan: null, active: false });
  for (let i = 1; i < count; i++) {
    tracing
      .startSpan({
        name: `GET /api/products/${i}`,
        parentSpan: root,
        attributes: {
          'sentry.op': 'http.client',
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'url.full': `https://shop.example.com/api/products/${i}`,
          'server.address': 'shop.example.com',
        },
      })
      .end();
  }
  if (count > 0) root.end();
  const { exitClock: clock, performance: time } = frame.contentWindow;
  for (const name of ['pagehide', 'visibilitychange']) frame.contentWindow.addEventListener(name, () => (clock.ms += time.now()));
  frame.remove();
  return { ms: clock.ms, stored: Object.keys(localStorage).length };
}
