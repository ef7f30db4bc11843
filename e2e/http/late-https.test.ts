import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CERTIFICATE, KEY } from '../../packages/node/src/test-certificate.ts';
import { startBackend, unreachableDsn } from '../backend/start-backend.mjs';
import { lastReport, startProgram } from '../process/start-program.mjs';

/** A server that keeps what requests said of their trace, as `<trace id>-<span id>-<sampled>`. */
async function startServer() {
  const traces: string[] = [];
  const server = createServer({ key: KEY, cert: CERTIFICATE }, ({ headers }, response) => {
    traces.push(String(headers['sentry-trace']));
    response.end('1');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { traces, port: (server.address() as AddressInfo).port };
}

describe('node:https that is loaded after init', () => {
  test.each(['import', 'require'].flatMap((how) => ['object', 'array'].map((form) => ({ how, form }))))(
    'R25: $how, headers as $form: its first request is traced as the later ones are',
    async ({ how, form }) => {
      const backend = await startBackend();
      onTestFinished(() => backend.close());
      const { traces, port } = await startServer();
      const end = await startProgram('late-https.mjs', { args: [String(port), how, form], env: { SENTRY_DSN: backend.dsn } }).ended;
      // Neither is loaded before somebody needs it.
      expect(lastReport(end)).toEqual({ loaded: [], left: false });
      const work = backend.spans.find(({ name }) => name === 'work');
      const requests = backend.spans.filter(({ name }) => name !== 'work');
      expect(requests.map((span) => span.attributes['url.path']?.value)).toEqual(['/first', '/second']);
      expect(requests.every((span) => span.parent_span_id === work?.span_id)).toBe(true);
      expect(traces).toEqual(requests.map((span) => `${span.trace_id}-${span.span_id}-1`));
    },
  );

  test('R36: one that never is leaves nothing behind', async () => {
    const end = await startProgram('late-https.mjs', { args: ['0', 'never'], env: { SENTRY_DSN: await unreachableDsn() } }).ended;
    expect(lastReport(end)).toEqual({ loaded: [], left: false });
  });
});
