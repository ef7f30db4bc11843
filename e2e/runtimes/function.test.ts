import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hang } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';

async function invoke(events: readonly object[], options = {}) {
  const backend = await startBackend(options);
  const directory = mkdtempSync(join(tmpdir(), 'spanstream-function-'));
  const program = startProgram('function.mjs', { args: [JSON.stringify(events), directory], env: { SENTRY_DSN: backend.dsn } });
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await program.ended;
    await backend.close();
    rmSync(directory, { recursive: true });
  });
  return { backend, program, thaw: (i: number) => writeFileSync(join(directory, `thaw${i}`), '') };
}

test('R33: what an invocation recorded has arrived before its result is out, whether it returned or threw', async () => {
  const { backend, program, thaw } = await invoke([{ id: 1 }, { id: 2, fails: true }, { id: 3 }]);
  for (const [i, result] of ['{"id":1}', '{"error":"the till is empty"}', '{"id":3}'].entries()) {
    await program.said(`result ${result}`);
    // The process stands still: nothing can leave any more.
    expect(backend.names).toHaveLength(2 * (i + 1));
    thaw(i);
  }
  await program.ended;
  expect(backend.refusals).toEqual([]);
  const traces = [1, 2, 3].map((id) => {
    const invocation = backend.span(`invocation ${id}`);
    expect(invocation).toMatchObject({ is_segment: true, status: id === 2 ? 'error' : 'ok' });
    expect(backend.span(`query ${id}`)).toMatchObject({ parent_span_id: invocation.span_id, trace_id: invocation.trace_id });
    return invocation.trace_id;
  });
  expect(new Set(traces).size).toBe(3);
});

test('R33: a backend that does not answer holds an invocation up no longer than it is told, and nothing is lost uncounted', async () => {
  const { program, thaw } = await invoke([{ id: 1 }], { answers: [hang] });
  await program.said('result {"id":1}');
  thaw(0);
  await program.said('stats ');
  const stats = JSON.parse(/stats (.*)/.exec(program.stdout)![1]!);
  expect(stats.started).toBe(2);
  expect(stats.open + stats.buffered + stats.inFlight + stats.delivered).toBe(2);
});
