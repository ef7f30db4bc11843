import { accept } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { defaultSpans, PATIENT } from './exit-cases.mjs';
import { startPageServer } from './page-server.mjs';

const QUIET_MS = 700;
/** A page waits a second before it sends what an earlier one left. */
const DRAIN_MS = 1600;
const ARRIVAL_MS = 8000;

/**
 * What became of the planned spans.
 * @typedef {object} ExitResult
 * @property {number} created
 * @property {number} delivered before the next load
 * @property {number} deliveredNextLoad
 * @property {number} duplicated arrivals beyond the first
 * @property {number} refused by a 429, or reported as kept back by the limit it set
 * @property {number} lost everything else: no trace of them
 * @property {string[]} stored what is left in the origin's storage
 * @property {string[]} faults errors of the page and envelopes that the real server would refuse
 * @property {{ method: string, url: string, headers: import('node:http').IncomingHttpHeaders }[]} foreignRequests
 * @property {import('./page-server.mjs').Told[]} told by the pages
 */

/**
 * Opens a page, lets it end, opens the origin twice more and counts.
 * @param {import('./engines.mjs').Engine} engine
 * @param {import('./exit-cases.mjs').ExitCase} exitCase
 * @param {string} script
 * @returns {Promise<ExitResult>}
 */
export async function runExitCase(engine, exitCase, script) {
  const backend = await startBackend({ isForPages: true, answers: exitCase.answers ?? [accept] });
  const [pages, foreign] = await Promise.all([startPageServer(script), startPageServer(script)]);
  try {
    const { tab, page } = await openEndingPage({ engine, backend, pages, foreign }, exitCase);
    await exitCase.act({ engine, tab, backend, pages, foreign, page });
    const isSettled = () => tally(backend, exitCase.created).lost <= (exitCase.lostAtEnd ?? 0);
    await untilQuiet(backend, QUIET_MS, isSettled);
    const delivered = countUnique(backend);
    await engine.setOffline?.(false);
    await backend.listen();
    backend.answerWith(accept);
    await openOrigin(engine, { backend, pages, name: 'next load' }, () => backend.until(isSettled, ARRIVAL_MS).catch(() => undefined));
    // Once more: what the first one delivered must not come again.
    const stored = await openOrigin(engine, { backend, pages, name: 'load after that' }, () => untilQuiet(backend, DRAIN_MS, () => false));
    return {
      ...tally(backend, exitCase.created),
      delivered,
      deliveredNextLoad: countUnique(backend) - delivered,
      stored,
      faults: [...backend.refusals, ...unexpectedErrors(pages, tab)],
      foreignRequests: foreign.requests,
      told: pages.told,
    };
  } finally {
    await engine.setOffline?.(false);
    await Promise.all([backend, pages, foreign].map((server) => server.close()));
  }
}

async function openEndingPage({ engine, backend, pages, foreign }, { spans = defaultSpans, flushMs, headers, plan }) {
  const context = { backend, pages, foreign };
  const { page, url } = pages.addPage(
    {
      options: { dsn: backend.farDsn, batching: PATIENT },
      spans: [{ prefix: 'planned', ...spans }],
      ...(flushMs === undefined ? {} : { flushMs }),
      ...plan?.(context),
    },
    headers?.(context),
  );
  const tab = await engine.openTab();
  await tab.goto(url);
  await pages.hear(page, 'ready');
  return { tab, page };
}

/** A visit to the same origin that leaves a span of its own, so that one knows when it is over. */
async function openOrigin(engine, { backend, pages, name }, stay) {
  const { page, url } = pages.addPage({ options: { dsn: backend.farDsn }, spans: [{ prefix: name, count: 1 }], flushMs: 5000 });
  const tab = await engine.openTab();
  await tab.goto(url);
  await pages.hear(page, 'ready');
  await backend.until(({ names }) => names.includes(`${name} 0`));
  await stay();
  const stored = await tab.evaluate(() => Object.keys(localStorage));
  await tab.close();
  return stored;
}

/** Until something holds or no request came for a while. */
async function untilQuiet(backend, quietMs, isDone) {
  for (let seen = -1; seen !== backend.requests.length && !isDone();) {
    seen = backend.requests.length;
    await backend.until(({ requests }) => requests.length > seen || isDone(), quietMs).catch(() => undefined);
  }
}

const isPlanned = (name) => name.startsWith('planned');
const planned = (backend) => backend.spans.filter(({ name }) => isPlanned(name));
const countUnique = (backend) => new Set(planned(backend).map((span) => span.span_id)).size;

function tally(backend, created) {
  const unique = countUnique(backend);
  const throttled = backend.requests
    .filter(({ code }) => code === 429)
    .flatMap(({ names }) => names)
    .filter(isPlanned).length;
  const refused = throttled + (backend.reportedLosses.ratelimit_backoff ?? 0);
  return {
    created,
    duplicated: planned(backend).length - unique,
    refused,
    lost: created - unique - refused,
  };
}

function unexpectedErrors(pages, tab) {
  const told = pages.told.filter(({ what }) => what === 'error').map(({ message }) => message);
  return [...told, ...tab.errors().filter((text) => !/CORS|Failed to load|access control|Cross-Origin/i.test(text))];
}
