import { expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { runOnBun, runOnDeno, runOnNode } from './start-runtime.mjs';

// What docs/runtimes.md tells about the package for Node in other runtimes.
const SERVED = ['server GET /by-fetch', 'server GET /by-http'];
test.each([
  ['Node', runOnNode, [...SERVED, 'client /by-fetch', 'client /by-http', 'root', 'work', 'work']],
  ['Deno', runOnDeno, [...SERVED, 'client /by-http', 'root', 'work', 'work']],
  ['Bun', runOnBun, ['client /by-http', 'root', 'work', 'work']],
] as const)('the package for Node on %s', async (_name, run, expected) => {
  const backend = await startBackend();
  try {
    const end = await run('node-server.mjs', { SENTRY_DSN: backend.dsn });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    const seen = backend.spans.map(({ name, attributes }) => {
      const path = attributes['url.path']?.value;
      if (attributes['sentry.op']?.value === 'http.server') return `server ${name} ${path}`;
      return attributes['sentry.op']?.value === 'http.client' ? `client ${path}` : name;
    });
    expect(seen).toHaveLength(expected.length);
    expect(seen).toEqual(expect.arrayContaining([...expected]));
    expect(backend.refusals).toEqual([]);
  } finally {
    await backend.close();
  }
});
