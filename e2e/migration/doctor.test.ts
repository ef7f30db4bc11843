/** The doctor as users start it: the built command, an example of this repository, a backend that runs. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startViewer } from '@spanstream/viewer';
import { expect, onTestFinished, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';

const shop = fileURLToPath(new URL('../../examples/legacy-shop/', import.meta.url));
const codemod = join(dirname(createRequire(import.meta.url).resolve('@spanstream/codemod')), 'cli.js');

test('the doctor finds nothing to fix in the shop, and says when the backend is gone', async () => {
  const viewer = await startViewer({ port: 0 });
  onTestFinished(() => viewer.close());
  const env = { SENTRY_DSN: viewer.dsn };
  const healthy = await startProgram(codemod, { args: ['doctor', shop], env }).ended;
  expect(healthy).toMatchObject({ code: 0, stderr: '' });
  expect(healthy.stdout).toContain(`dsn: ${viewer.dsn} (SENTRY_DSN)`);
  expect(healthy.stdout).toContain('tracesSampleRate: 1 (init in instrument.mjs:4)');
  expect(healthy.stdout).toMatch(/takes envelopes \(200\)[^]*Nothing to fix\.\n$/);

  await viewer.close();
  const alone = await startProgram(codemod, { args: ['doctor', shop], env }).ended;
  expect(alone.code).toBe(1);
  expect(alone.stdout).toMatch(/No answer from [^]*1 to fix\.\n$/);
});
