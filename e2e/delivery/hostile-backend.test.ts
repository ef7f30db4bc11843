import { describe, expect, onTestFinished, test } from 'vitest';
import { accept, cutOff, endless, garbage, hang, late, reset, status } from '../backend/answers.mjs';
import { startBackend, unreachableDsn } from '../backend/start-backend.mjs';
import { lastReport, startProgram } from '../process/start-program.mjs';

type Answer = typeof accept;

async function open(...answers: Answer[]) {
  const backend = await startBackend({ answers });
  onTestFinished(() => backend.close());
  return backend;
}

/** Runs the sending program to its end, which must be a good one, and returns what it reported. */
async function send(dsn: string, work: object = {}) {
  const end = await startProgram('flushing.mjs', { args: [JSON.stringify(work)], env: { SENTRY_DSN: dsn } }).ended;
  expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  const report = lastReport(end);
  const { started, open: stillOpen, buffered, inFlight, delivered, dropped } = report.stats;
  expect(started).toBe(stillOpen + buffered + inFlight + delivered + lost(dropped));
  return report;
}

const lost = (dropped: Record<string, number>): number => Object.values(dropped).reduce((sum, count) => sum + count, 0);

describe('R29: a backend that recovers gets every span once', () => {
  test.each<[string, ...Answer[]]>([
    ['answers late', late(1500, accept)],
    ['resets a connection', reset, accept],
    ['resets two connections', reset, reset, accept],
    ['talks garbage', garbage, accept],
    ['answers 503', status(503), accept],
    ['answers 500 and 408', status(500), status(408), accept],
  ])('%s', async (_what, ...answers) => {
    const backend = await open(...answers);
    const { flushed, stats } = await send(backend.dsn, { spansPerTrace: 3 });
    expect(flushed).toEqual([true]);
    expect(stats).toMatchObject({ started: 3, delivered: 3 });
    expect(backend.names).toEqual(['trace 0', 'trace 0 span 1', 'trace 0 span 2']);
    expect(backend.refusals).toEqual([]);
  });

  test.each<[string, Answer]>([
    ['breaks off its answer', cutOff],
    ['never ends its answer', endless],
  ])('%s: the head counts', async (_what, answer) => {
    const backend = await open(answer);
    const { flushed, stats } = await send(backend.dsn, { traces: 2 });
    expect(flushed).toEqual([true, true]);
    expect(stats).toMatchObject({ delivered: 2 });
    expect(backend.names).toEqual(['trace 0', 'trace 1']);
  });
});

describe('R29: a backend that does not recover', () => {
  test('is given up: nothing listens', async () => {
    const { flushed, stats } = await send(await unreachableDsn(), { traces: 2, flushMs: 500, closeMs: 500 });
    expect(flushed).toEqual([false, false, false]);
    expect(lost(stats.dropped)).toBe(2);
  });

  test.each<[string, Answer]>([
    ['it hangs', hang],
    ['it resets', reset],
    ['it talks garbage', garbage],
    ['it answers 503', status(503)],
  ])('a flush ends in time and close() counts the rest: %s', async (_what, answer) => {
    const backend = await open(answer);
    const { flushed, stats, blockedMs } = await send(backend.dsn, { spansPerTrace: 2, flushMs: 500, closeMs: 500 });
    expect(flushed).toEqual([false, false]);
    expect(stats).toMatchObject({ started: 2, open: 0, buffered: 0, inFlight: 0, delivered: 0 });
    expect(lost(stats.dropped)).toBe(2);
    expect(blockedMs).toBeLessThan(500);
  });

  test('after three retries an envelope is given up', async () => {
    const backend = await open(status(503));
    const { flushed, stats } = await send(backend.dsn, { flushMs: 40_000 });
    expect(flushed).toEqual([true]);
    expect(stats.dropped).toMatchObject({ rejected: 1 });
    expect(backend.requests.filter(({ spanCount }) => spanCount > 0)).toHaveLength(4);
  });
});

describe('R29: answers that say no', () => {
  test.each([400, 401, 403, 404])('%i: dropped and not repeated', async (code) => {
    const backend = await open(status(code), accept);
    const { flushed, stats } = await send(backend.dsn, { traces: 2 });
    expect(flushed).toEqual([true, true]);
    expect(stats).toMatchObject({ delivered: 1, dropped: { rejected: 1 } });
    expect(backend.names).toEqual(['trace 1']);
    await backend.until(({ reportedLosses }) => reportedLosses['send_error'] === 1);
  });

  test('413: halved once', async () => {
    const backend = await open(status(413), accept);
    const { stats } = await send(backend.dsn, { spansPerTrace: 100 });
    expect(stats).toMatchObject({ delivered: 100 });
    expect(backend.requests.map(({ spanCount }) => spanCount)).toEqual([100, 50, 50]);
    expect(backend.refusals).toEqual([]);
  });

  test('413 for the halves too: dropped', async () => {
    const backend = await open(status(413));
    const { stats } = await send(backend.dsn, { spansPerTrace: 100 });
    expect(stats.dropped).toMatchObject({ rejected: 100 });
    expect(backend.requests.filter(({ spanCount }) => spanCount > 0)).toHaveLength(3);
  });

  test('429 without a time: this envelope is throttled, the next ones are rate limited', async () => {
    const backend = await open(status(429), accept);
    const { stats } = await send(backend.dsn, { traces: 3 });
    expect(stats.dropped).toMatchObject({ throttled: 1, rate_limited: 2 });
    expect(backend.requests.filter(({ spanCount }) => spanCount > 0)).toHaveLength(1);
  });

  test('429 with Retry-After: the limit ends', async () => {
    const backend = await open(status(429, { 'retry-after': '1' }), accept);
    const { stats } = await send(backend.dsn, { traces: 3, gapMs: 700 });
    expect(stats).toMatchObject({ delivered: 1, dropped: { throttled: 1, rate_limited: 1 } });
    await backend.until(({ reportedLosses }) => reportedLosses['ratelimit_backoff'] === 1);
  });

  test('X-Sentry-Rate-Limits with 200: taken, then limited by category', async () => {
    const limited = status(200, { 'x-sentry-rate-limits': '60:span:key, 1:error:key' });
    const backend = await open(limited, accept);
    const { stats } = await send(backend.dsn, { traces: 2 });
    expect(stats).toMatchObject({ delivered: 1, dropped: { rate_limited: 1 } });
    expect(backend.names).toEqual(['trace 0']);
  });

  test('a limit of another category stops nothing', async () => {
    const backend = await open(status(200, { 'x-sentry-rate-limits': '60:error;transaction:key' }));
    const { stats } = await send(backend.dsn, { traces: 2 });
    expect(stats).toMatchObject({ delivered: 2 });
  });

  test('a redirect is not followed', async () => {
    const elsewhere = await open();
    const backend = await open(status(307, { location: `http://127.0.0.1:${elsewhere.port}/api/42/envelope/` }));
    const { flushed } = await send(backend.dsn, { flushMs: 1000, closeMs: 500 });
    expect(flushed).toHaveLength(2);
    expect(elsewhere.requests).toEqual([]);
  });
});
