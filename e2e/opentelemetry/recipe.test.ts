import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { startProgram } from '../process/start-program.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** An application that asks itself and ends. */
const APP = `
import express from 'express';

const app = express();
app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
const server = app.listen(0, '127.0.0.1', async () => {
  await (await fetch(\`http://127.0.0.1:\${server.address().port}/users/7\`, { headers: { connection: 'close' } })).text();
  server.close();
});
`;

/** The block of the guide that stands below this mark. */
function blockOf(document: string, mark: string): string {
  const text = readFileSync(root + document, 'utf8');
  const block = /```\w+[^\n]*\n([\s\S]*?)```/.exec(text.slice(text.indexOf(`<!-- file ${mark} -->`)))?.[1];
  if (block === undefined || !text.includes(`<!-- file ${mark} -->`)) throw new Error(`${document} has no block ${mark}`);
  return block;
}

test('R28: instrumentation of sockets and names records nothing of the SDK’s own connections', async () => {
  const backend = await startBackend();
  onTestFinished(() => backend.close());
  const program = startProgram(join(root, 'packages/opentelemetry/test-programs/own-connections.cjs'), {
    env: { SENTRY_DSN: backend.dsn.replace('127.0.0.1', 'localhost') },
  });
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(new Set(backend.names)).toEqual(new Set(['one', 'two']));
});

test('the recipe of docs/opentelemetry.md: published instrumentation records below the server’s span, ES modules', async () => {
  // Inside the package, whose dependencies the recipe imports.
  const parent = join(root, 'packages/opentelemetry/.cache');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'recipe-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'instrument.mjs'), blockOf('docs/opentelemetry.md', 'instrument.mjs'));
  writeFileSync(join(folder, 'app.mjs'), APP);
  const backend = await startBackend();
  onTestFinished(() => backend.close());
  const program = startProgram(join(folder, 'app.mjs'), {
    nodeArgs: ['--import', join(folder, 'instrument.mjs')],
    env: { SENTRY_DSN: backend.dsn },
  });
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(backend.refusals).toEqual([]);
  const server = backend.spans.find((span) => span.name === 'GET /users/:id');
  const below = backend.spans.filter((span) => span.parent_span_id === server.span_id);
  expect(below.map((span) => span.attributes['otel.scope.name'].value)).toEqual(['@opentelemetry/instrumentation-express']);
  expect(backend.spans).toHaveLength(2);
});
