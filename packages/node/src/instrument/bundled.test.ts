import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SDK = `
import { getClient, tracing } from '@spanstream/core';
import { init } from '../init.ts';
import { httpServerIntegration } from './http-server.ts';
import { httpClientIntegration } from './http-client.ts';
import { undiciIntegration } from './undici.ts';
const transport = () => ({ send: async () => ({ status: 200, headers: { get: () => undefined } }) });
const start = () => init({ dsn: 'http://00000000000000000000000000000000@127.0.0.1:9/1', traceLifecycle: 'stream', tracesSampleRate: 1, transport,
  integrations: [httpServerIntegration(), httpClientIntegration(), undiciIntegration()] });
`;

/** The clients are imported by name, before the SDK starts: what bundlers make of that differs by format. */
const PROPAGATION = `
import { createServer, get, request } from 'node:http';
${SDK}
const server = createServer((incoming, response) => response.end(tracing.getActiveSpan().spanContext().traceId));
const read = (sent) => new Promise((resolve) => sent.on('response', (response) => { let text = ''; response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text)); }));
start();
server.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + server.address().port;
  const results = await tracing.startSpan({ name: 'parent' }, async (span) => {
    const { traceId } = span.spanContext();
    const answers = [await read(get(url)), await read(request(url).end()), await (await fetch(url)).text()];
    return answers.map((answer) => answer === traceId);
  });
  console.log(JSON.stringify({ results, started: getClient().stats().started }));
  server.closeAllConnections();
  server.close();
});
`;

/**
 * Requests over one connection that stays open; what is left of them after a collection. A timer of Node's keeps the
 * context it was armed in: that of the `Date` header for a second, that of an idle connection until the next request.
 */
const RETENTION = `
import { Agent, createServer, get } from 'node:http';
${SDK}
const client = start();
const references = [];
const server = createServer((incoming, response) => {
  const { scope } = client.current.tracer.context;
  references.push(['request', new WeakRef(incoming)], ['response', new WeakRef(response)], ['scope', new WeakRef(scope)]);
  tracing.startSpan({ name: 'child' }, () => response.end('ok'));
});
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const ask = (url) => new Promise((resolve) => {
  const sent = get(url, { agent }, (response) => response.resume());
  references.push(['sent', new WeakRef(sent)]);
  sent.on('close', resolve);
});
server.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + server.address().port;
  for (let i = 0; i < 5; i++) await ask(url);
  await client.flush();
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    globalThis.gc();
  }
  const left = references.filter(([, reference]) => reference.deref() !== undefined).map(([kind]) => kind);
  console.log(JSON.stringify({ count: references.length, left, connections: Object.values(agent.freeSockets).flat().length }));
  agent.destroy();
  server.close();
});
`;

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'spanstream-bundled-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function run(contents: string, format: 'esm' | 'cjs', minify = false): unknown {
  const outfile = join(folder, `program.${format === 'esm' ? 'mjs' : 'cjs'}`);
  const { dirname } = import.meta;
  buildSync({
    stdin: { contents, resolveDir: dirname, loader: 'ts' },
    bundle: true,
    minify,
    platform: 'node',
    format,
    outfile,
    external: ['undici'],
    define: { __SDK_VERSION__: '"0.0.0"' },
    alias: { '@spanstream/core': join(dirname, '../../../core/src/index.ts') },
  });
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', outfile], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.each(['esm', 'cjs'] as const)('bundled as %s', (format) => {
  it.each([false, true])('clients imported by name and servers are traced (minified: %s)', (minify) => {
    // The parent, three clients, three servers.
    expect(run(PROPAGATION, format, minify)).toEqual({ results: [true, true, true], started: 7 });
  });

  it('R9: requests, responses and scopes are collectable as soon as the request is over, the connection still open', () => {
    const { count, left, connections } = run(RETENTION, format) as { count: number; left: string[]; connections: number };
    expect({ count, connections, left: left.filter((kind) => kind !== 'scope') }).toEqual({ count: 20, connections: 1, left: [] });
    expect(left.length).toBeLessThanOrEqual(2);
  });
});
