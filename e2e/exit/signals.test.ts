import { describe, expect, onTestFinished, test } from 'vitest';
import { accept, hang, late } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';

async function signal(
  name: 'SIGTERM' | 'SIGINT' | 'SIGKILL',
  { answers = [accept], args = [] as string[], program = 'signalled.mjs' } = {},
) {
  const backend = await startBackend({ answers });
  onTestFinished(() => backend.close());
  const running = startProgram(program, { args, env: { SENTRY_DSN: backend.dsn } });
  await running.said('ready');
  const sentAt = Date.now();
  running.kill(name);
  const end = await running.ended;
  return { backend, end, lastedMs: end.at - sentAt };
}

describe.each(['SIGTERM', 'SIGINT'] as const)('R31: %s', (name) => {
  test('without a handler of the application delivers, then the process dies of it', async () => {
    const { backend, end } = await signal(name);
    expect(end).toMatchObject({ code: null, signal: name, stderr: '' });
    expect(backend.refusals).toEqual([]);
    expect(backend.names).toEqual(['finished', 'under way']);
    expect(backend.span('under way').attributes['spanstream.end_reason']).toMatchObject({ type: 'string' });
    expect(backend.span('finished').attributes).not.toHaveProperty('spanstream.end_reason');
  });

  test('waits for a hanging backend 2 s at most', async () => {
    const { end, lastedMs } = await signal(name, { answers: [hang] });
    expect(end).toMatchObject({ code: null, signal: name });
    expect(lastedMs).toBeGreaterThan(1900);
    expect(lastedMs).toBeLessThan(4000);
  });

  test('with nothing to send is as fast as ever', async () => {
    const { backend, end, lastedMs } = await signal(name, { answers: [hang], args: ['quiet'] });
    expect(end).toMatchObject({ code: null, signal: name });
    expect(lastedMs).toBeLessThan(900);
    expect(backend.connectionCount).toBe(0);
  });

  test('a second time does not wait any longer', async () => {
    const backend = await startBackend({ answers: [hang] });
    onTestFinished(() => backend.close());
    const running = startProgram('signalled.mjs', { env: { SENTRY_DSN: backend.dsn } });
    await running.said('ready');
    running.kill(name);
    await backend.until(({ requests }) => requests.length > 0);
    const sentAt = Date.now();
    running.kill(name);
    const end = await running.ended;
    expect(end).toMatchObject({ code: null, signal: name });
    expect(end.at - sentAt).toBeLessThan(1000);
  });

  test('is left to a handler of the application that exits', async () => {
    const { backend, end } = await signal(name, { args: ['exiting'] });
    expect(end).toMatchObject({ code: 5, signal: null });
    expect(backend.names).toEqual(['finished', 'under way']);
  });

  test('is left to the handler of the application', async () => {
    const { backend, end } = await signal(name, { answers: [late(200, accept)], args: ['handled'] });
    expect(end).toMatchObject({ code: 5, signal: null, stdout: `ready\nstopping on ${name}\n` });
    expect(backend.names).toContain('finished');
  });
});

test('R31: SIGKILL costs what had not left, no more', async () => {
  const { backend, end } = await signal('SIGKILL', { program: 'killed.mjs' });
  expect(end).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(backend.names).toEqual(['flushed child']);
});
