import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';

test('the page of the viewer does what its own check asks of it', { timeout: 120_000 }, async () => {
  const check = fileURLToPath(new URL('../../packages/viewer/test-page/check-page.mjs', import.meta.url));
  const results = fileURLToPath(new URL('../test-results/viewer', import.meta.url));
  const { code, stdout, stderr } = await startProgram(check, { args: [results], timeoutMs: 100_000 }).ended;
  expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' });
  console.log(stdout);
});
