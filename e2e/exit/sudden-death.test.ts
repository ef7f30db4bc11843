import { describe, expect, onTestFinished, test } from 'vitest';
import { hang } from '../backend/answers.mjs';
import { startBackend, unreachableDsn } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';

async function open(options = {}) {
  const backend = await startBackend(options);
  onTestFinished(() => backend.close());
  return backend;
}

async function die(dsn: string, ...args: string[]) {
  const end = await startProgram('dying.mjs', { args, env: { SENTRY_DSN: dsn } }).ended;
  return { ...end, lastedMs: end.at - Number(/^dying (\d+)$/m.exec(end.stdout)?.[1]) };
}

const WAYS = [
  ['exit', 'process.exit()', 4, 'process_exit'],
  ['exit in a timer', 'process.exit() later', 4, 'process_exit'],
  ['throw', 'an uncaught exception', 1, 'uncaught_exception'],
  ['reject', 'an unhandled rejection', 1, 'uncaught_exception'],
] as const;

describe.each(WAYS)('R31: %s', (how, _what, code, reason) => {
  test('ends the open spans, says why, and hands everything over', async () => {
    const backend = await open();
    const end = await die(backend.dsn, how);
    expect(end).toMatchObject({ code, signal: null });
    expect(backend.refusals).toEqual([]);
    expect(backend.names).toEqual(['finished', 'query', 'request']);
    const [request, query] = [backend.span('request'), backend.span('query')];
    expect(query.parent_span_id).toBe(request.span_id);
    for (const span of [request, query]) expect(span.attributes['spanstream.end_reason']).toEqual({ type: 'string', value: reason });
    expect(request.attributes['cart.items']).toEqual({ type: 'integer', value: 3 });
    expect(backend.span('finished').attributes).not.toHaveProperty('spanstream.end_reason');
  });

  test('is held up by a hanging backend 1 s at most', async () => {
    const backend = await open({ answers: [hang] });
    const end = await die(backend.dsn, how);
    expect(end).toMatchObject({ code, signal: null });
    expect(end.lastedMs).toBeGreaterThan(900);
    expect(end.lastedMs).toBeLessThan(2500);
  });

  test('is not held up by a backend that is down', async () => {
    const end = await die(await unreachableDsn(), how);
    expect(end).toMatchObject({ code, signal: null });
    expect(end.lastedMs).toBeLessThan(1000);
  });

  test('with exitFlush: false ends at once and sends nothing', async () => {
    const backend = await open();
    const end = await die(backend.dsn, how, 'off');
    expect(end).toMatchObject({ code, signal: null });
    expect(backend.requests).toEqual([]);
    expect(end.lastedMs).toBeLessThan(900);
  });
});

describe('R31: an uncaught exception', () => {
  test.each(['throw', 'reject'])('is printed as ever (%s)', async (how) => {
    const backend = await open();
    const { stderr } = await die(backend.dsn, how);
    const bare = await startProgram('dying.mjs', { args: [how, 'off'], env: {} }).ended;
    expect(stderr).toContain('TypeError: the till is empty');
    expect(stderr).toBe(bare.stderr);
  });

  test('that the application handles ends no span', async () => {
    const backend = await open();
    const end = await startProgram('survivor.mjs', { env: { SENTRY_DSN: backend.dsn } }).ended;
    expect(end).toMatchObject({ code: 0, stdout: 'handled a bad day\n', stderr: '' });
    expect(backend.names).toEqual(['after', 'before']);
  });
});

test('R31: with a transport of the application nobody else sends in its place', async () => {
  const backend = await startBackend();
  onTestFinished(() => backend.close());
  const end = await startProgram('exit-own-transport.mjs', { env: { SENTRY_DSN: backend.dsn } }).ended;
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(backend.requests).toEqual([]);
});

test.each([
  ['close', ['first']],
  ['init', ['first', 'second']],
])('R31: process.exit() while a client closes after %s hands over what it has', async (how, names) => {
  const backend = await open();
  const end = await startProgram('closing.mjs', { args: [how], env: { SENTRY_DSN: backend.dsn } }).ended;
  expect(end).toMatchObject({ code: 4, signal: null });
  expect(backend.names).toEqual(names);
});
