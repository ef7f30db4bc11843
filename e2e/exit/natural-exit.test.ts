import { describe, expect, onTestFinished, test } from 'vitest';
import { accept, hang, late } from '../backend/answers.mjs';
import { startBackend, unreachableDsn } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';

async function open(options = {}) {
  const backend = await startBackend(options);
  onTestFinished(() => backend.close());
  return backend;
}

/** Runs a program to its end; `lastedMs`: how long it stayed after it had nothing more to do. */
async function run(file: string, dsn: string, ...args: string[]) {
  const end = await startProgram(file, { args, env: { SENTRY_DSN: dsn } }).ended;
  return { ...end, lastedMs: end.at - Number(/^done (\d+)$/m.exec(end.stdout)?.[1]) };
}

describe('R31: a natural exit', () => {
  test('delivers everything', async () => {
    const backend = await open();
    const end = await run('natural-exit.mjs', backend.dsn, '500');
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(backend.refusals).toEqual([]);
    expect(new Set(backend.names).size).toBe(500);
    expect(backend.spanCount).toBe(500);
  });

  test('delivers to a slow backend', async () => {
    const backend = await open({ answers: [late(1000, accept)] });
    const end = await run('natural-exit.mjs', backend.dsn);
    expect(end.code).toBe(0);
    expect(backend.names).toEqual(['work 0']);
    expect(end.lastedMs).toBeGreaterThan(950);
  });

  test('gives a backend that answers slowly the time it needs', async () => {
    const backend = await open({ answers: [late(300, accept)] });
    const end = await run('natural-exit.mjs', backend.dsn, '1000');
    expect(end.code).toBe(0);
    expect(backend.spanCount).toBe(1000);
  });

  test('gives up on a hanging backend after 2 s', async () => {
    const backend = await open({ answers: [hang] });
    const end = await run('natural-exit.mjs', backend.dsn);
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(backend.requests).toHaveLength(1);
    expect(end.lastedMs).toBeGreaterThan(1900);
    expect(end.lastedMs).toBeLessThan(4000);
  });

  test('leaves an exit code of the application alone', async () => {
    const backend = await open();
    expect(await run('natural-exit.mjs', backend.dsn, '1', '3')).toMatchObject({ code: 3, signal: null });
    backend.answerWith(hang);
    expect(await run('natural-exit.mjs', backend.dsn, '1', '3')).toMatchObject({ code: 3, signal: null });
    expect(backend.names).toEqual(['work 0']);
  });

  test('is not held up for long by a backend that is down', async () => {
    const end = await run('natural-exit.mjs', await unreachableDsn());
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(end.lastedMs).toBeLessThan(4000);
  });

  test('costs nothing without spans', async () => {
    const backend = await open({ answers: [hang] });
    const end = await run('natural-exit.mjs', backend.dsn, '0');
    expect(end.code).toBe(0);
    expect(end.lastedMs).toBeLessThan(900);
    expect(backend.connectionCount).toBe(0);
  });
});

describe('R31: nothing keeps a process alive', () => {
  test('not a client with an open span', async () => {
    const end = await run('idle.mjs', await unreachableDsn());
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(end.lastedMs).toBeLessThan(4000);
  });

  test('not the connections that a flush has left open', async () => {
    const backend = await open();
    const end = await run('idle.mjs', backend.dsn, 'flushed');
    expect(end.code).toBe(0);
    expect(end.lastedMs).toBeLessThan(1500);
    expect(backend.names).toEqual(['flushed', 'never ended']);
    expect(backend.span('never ended').attributes['spanstream.end_reason']?.value).toBe('process_exit');
  });
});

test('R31: a worker thread delivers what it recorded', async () => {
  const backend = await open();
  const end = await startProgram('worker-threads.mjs', { env: { SENTRY_DSN: backend.dsn } }).ended;
  expect(end).toMatchObject({ code: 0, stdout: 'worker ended with 0\n', stderr: '' });
  expect(backend.names).toEqual(['main thread', 'worker thread']);
});
