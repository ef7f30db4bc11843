import { expect, onTestFinished, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';

async function run(env: Record<string, string> = {}) {
  const backend = await startBackend();
  onTestFinished(() => backend.close());
  const end = await startProgram('family.mjs', { env: { SENTRY_DSN: backend.dsn, ...env } }).ended;
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(backend.refusals).toEqual([]);
  return backend;
}

test('child processes, cluster workers and worker threads go on with the trace, and each sends its own spans before it ends', async () => {
  const backend = await run();
  const parent = backend.span('parent');
  for (const kind of ['spawn', 'fork', 'execFile', 'worker', 'cluster']) {
    const below = { trace_id: parent.trace_id, parent_span_id: parent.span_id };
    expect(backend.span(`${kind} first`), kind).toMatchObject(below);
    expect(backend.span(`${kind} second`), kind).toMatchObject(below);
    expect(backend.span(`${kind} inner`), kind).toMatchObject({ parent_span_id: backend.span(`${kind} first`).span_id });
  }
});

test('a TRACEPARENT that the application sets for a child stays, and without a trace there is none to pass on', async () => {
  const backend = await run();
  expect(backend.span('own first')).toMatchObject({ trace_id: 'c'.repeat(32), parent_span_id: 'd'.repeat(16) });
  expect(backend.span('orphan first')).not.toHaveProperty('parent_span_id');
});

test.each([`00-${'e'.repeat(32)}-${'f'.repeat(16)}-01`, 'no trace at all'])(
  'a process joins the trace of its environment: %s',
  async (traceparent) => {
    const backend = await run({ KIND: 'child', TRACEPARENT: traceparent, BAGGAGE: 'shop=1' });
    const joined = { trace_id: 'e'.repeat(32), parent_span_id: 'f'.repeat(16) };
    if (traceparent.startsWith('00')) expect(backend.span('child first')).toMatchObject(joined);
    else expect(backend.span('child first')).not.toHaveProperty('parent_span_id');
  },
);
