import { accept, hang, late, status } from '../backend/answers.mjs';

/**
 * One way for a page to end. `spans` are pending when `act` begins; batching is told to wait, so all of them are.
 * @typedef {object} ExitCase
 * @property {string} name
 * @property {number} created How many spans the page has started when it is over.
 * @property {number} [refused] Of those, how many a 429 refused or a limit kept back: the backend or the client report counted them.
 * @property {number} [lostAtEnd] Of those, how many died with a process that was killed, or with a page's last request.
 * @property {{ count: number, bytesEach?: number }} [spans]
 * @property {import('../backend/answers.mjs').Answer[]} [answers] The backend's until the page is over; then it takes everything.
 * @property {number} [flushMs] The page flushes before `act`.
 * @property {(context: Context) => Record<string, string>} [headers]
 * @property {(context: Context) => object} [plan]
 * @property {(context: Context) => Promise<void>} act
 *
 * @typedef {object} Context
 * @property {import('./engines.mjs').Engine} engine
 * @property {import('./engines.mjs').Tab} tab
 * @property {Awaited<ReturnType<typeof import('../backend/start-backend.mjs').startBackend>>} backend
 * @property {Awaited<ReturnType<typeof import('./page-server.mjs').startPageServer>>} pages
 * @property {Awaited<ReturnType<typeof import('./page-server.mjs').startPageServer>>} foreign An origin that lets nobody read.
 * @property {number} page
 */

/** A batch waits for the page's end: none leaves before by its age. */
export const PATIENT = { flushIntervalMs: 60_000, flushOnSegmentEndMs: 60_000 };
const PENDING = 20;

const closeTab = ({ tab }) => tab.close();
const startMore = ({ tab }) => tab.evaluate(() => globalThis.startSpans({ prefix: 'planned later', count: 20 }));

/** A receiver on the same machine gets the envelope's own content type, about which the browser asks first. CSP knows no host like that of `farDsn`. */
const nearBackend = ({ backend }) => ({ options: { dsn: backend.dsn, batching: PATIENT } });

/** Each envelope takes this long behind its arrival in storage. */
const slowStorage = `{
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function (...item) {
    setItem.apply(this, item);
    for (const end = performance.now() + 25; performance.now() < end; );
  };
}`;

/** @type {ExitCase[]} */
export const exitCases = [
  { name: 'close tab', created: PENDING, act: closeTab },
  { name: 'close tab, preflight needed', created: PENDING, plan: nearBackend, act: closeTab },
  {
    name: 'same-tab navigation',
    created: PENDING,
    act: async ({ tab, pages }) => {
      await tab.goto(pages.plainUrl);
      await tab.close();
    },
  },
  {
    name: 'back/forward through bfcache',
    created: 2 * PENDING,
    act: async (context) => {
      const { tab, pages, page } = context;
      await tab.evaluate(() => globalThis.toldAll);
      await tab.goto(pages.plainUrl);
      await tab.back();
      await pages.hear(page, 'restored');
      await startMore(context);
      await tab.evaluate(() => globalThis.toldAll);
      await tab.forward();
      await pages.hear(page, 'hidden', { count: 2 });
      await tab.close();
    },
  },
  {
    name: 'reload',
    created: 2 * PENDING,
    act: async ({ tab, pages, page }) => {
      await tab.reload();
      await pages.hear(page, 'ready', { count: 2 });
      await tab.close();
    },
  },
  {
    name: 'renderer crash',
    created: 2 * PENDING,
    lostAtEnd: PENDING,
    flushMs: 5000,
    act: async (context) => {
      await startMore(context);
      await context.tab.crash();
    },
  },
  {
    name: 'network lost',
    created: 2 * PENDING,
    act: async (context) => {
      const { engine, backend, tab } = context;
      await Promise.all([engine.setOffline?.(true), backend.close()]);
      await startMore(context);
      await tab.evaluate(() => globalThis.SpanStream.flush(200).then(() => undefined));
      await tab.close();
    },
  },
  {
    name: 'backend 429',
    created: 2 * PENDING,
    refused: 2 * PENDING,
    answers: [status(429, { 'retry-after': '60' })],
    flushMs: 5000,
    act: async (context) => {
      context.backend.answerWith(accept);
      await startMore(context);
      await context.tab.close();
    },
  },
  { name: 'backend 503', created: PENDING, answers: [status(503)], flushMs: 500, act: closeTab },
  {
    name: 'backend 503, a retry under way',
    created: PENDING,
    answers: [status(503), late(2000, status(503))],
    flushMs: 500,
    act: async ({ backend, tab }) => {
      await backend.until(({ requests }) => requests.length > 1);
      await tab.close();
    },
  },
  // It may have taken them, so they must not come again.
  { name: 'backend takes all and never answers', created: PENDING, answers: [{ ...hang, isTaken: true }], flushMs: 500, act: closeTab },
  {
    name: 'backend gone unnoticed',
    created: PENDING,
    lostAtEnd: PENDING,
    act: async ({ backend, tab }) => {
      await backend.close();
      await tab.close();
    },
  },
  { name: '500 KB of pending spans', created: 100, spans: { count: 100, bytesEach: 5000 }, act: closeTab },
  // Firefox cuts the page's script off while it stores.
  {
    name: '500 KB of pending spans, slow storage',
    created: 100,
    spans: { count: 100, bytesEach: 5000 },
    plan: ({ backend }) => ({ options: { dsn: backend.farDsn, batching: PATIENT }, before: slowStorage }),
    act: closeTab,
  },
  {
    name: 'strict CSP',
    created: PENDING,
    headers: ({ backend }) => ({
      'content-security-policy': `default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self' ${new URL(backend.dsn).origin}; require-trusted-types-for 'script'`,
    }),
    plan: nearBackend,
    act: closeTab,
  },
  {
    name: 'requests to a server without CORS headers',
    created: PENDING,
    plan: ({ foreign }) => ({
      integrations: ['fetch'],
      requests: [{ url: `${foreign.origin}/no-cors`, init: { mode: 'no-cors' } }, { url: `${foreign.origin}/cors` }],
    }),
    act: closeTab,
  },
];

/** What every page that ends has pending, unless its case says otherwise. */
export const defaultSpans = { count: PENDING };
