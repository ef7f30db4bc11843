import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { formatSpans } from '../libraries/format-spans.mjs';
import { startProgram } from '../process/start-program.mjs';
import { freePort } from '../servers/start-server.mjs';

const CLI = join(import.meta.dirname, '../node_modules/nitro/dist/cli/index.mjs');

// Beside this file, so that packages are found from there.
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(import.meta.dirname, '.run-'));
  cpSync(join(import.meta.dirname, 'app'), folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a server that Nitro has built: its routes, its middleware and the libraries in its bundle', async () => {
  const built = await startProgram(CLI, { args: ['build', '--dir', folder], cwd: folder, env: { NITRO_TELEMETRY_DISABLED: '1' } }).ended;
  expect(built).toMatchObject({ code: 0 });

  const backend = await startBackend();
  const port = await freePort();
  const server = startProgram(join(folder, '.output/server/index.mjs'), {
    cwd: folder,
    nodeArgs: ['--import', '@spanstream/node/register'],
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      SENTRY_DSN: backend.dsn,
      SENTRY_TRACES_SAMPLE_RATE: '1',
      SENTRY_TRACE_LIFECYCLE: 'stream',
    },
  });
  await server.said('Listening');
  const answer = await fetch(`http://127.0.0.1:${port}/users/7`, { headers: { connection: 'close' } });
  expect(await answer.json()).toEqual({ id: '7', name: 'Ada' });
  server.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });
  await backend.close();

  expect(formatSpans(backend.spans)).toEqual([
    'GET /users/:id [http.server]',
    '  middleware [middleware]',
    '  middleware [middleware]',
    '  /users/:id [handler]',
    '    parse [graphql]',
    '    parse [graphql]',
    '    validate [graphql]',
    '    query [graphql]',
  ]);
});
