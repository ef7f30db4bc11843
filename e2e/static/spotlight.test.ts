/**
 * Transactions as an independent receiver sees them: Spotlight takes them and draws the same tree as our viewer. It reports home
 * over HTTPS; a proxy that nobody listens on keeps it off the network.
 */
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startViewer } from '@spanstream/viewer';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, formatTree, traceSpans } from '../demo/viewer-client.ts';
import { startProgram } from '../process/start-program.mjs';

const KEY = '0'.repeat(32);
const UNREACHABLE_PROXY = 'http://127.0.0.1:9';
const spotlight = fileURLToPath(new URL('../node_modules/@spotlightjs/spotlight/dist/run.js', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startSpotlight(): Promise<{ url: string; dsn: string }> {
  const port = await freePort();
  const env = { https_proxy: UNREACHABLE_PROXY, HTTPS_PROXY: UNREACHABLE_PROXY };
  const program = startProgram(spotlight, { args: ['server', '--port', String(port)], env, timeoutMs: 55_000 });
  onTestFinished(() => program.kill('SIGKILL'));
  await eventually(
    async () => (await fetch(`http://localhost:${port}/health`).catch(() => undefined))?.ok || undefined,
    'Spotlight listens',
  );
  return { url: `http://localhost:${port}`, dsn: `http://${KEY}@localhost:${port}/1` };
}

/** Asks Spotlight through the interface that it offers to coding tools (Model Context Protocol); answers with the texts. */
async function ask(url: string, name: string, args: object): Promise<string> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  });
  const data = /^data: (.*)$/m.exec(await response.text())?.[1] ?? '{}';
  const { result } = JSON.parse(data) as { result?: { content: { text: string }[] } };
  return (result?.content ?? []).map(({ text }) => text).join('\n');
}

async function runProgram(dsn: string): Promise<string> {
  const end = await startProgram('legacy-tree.mjs', { env: { SENTRY_DSN: dsn } }).ended;
  expect(end).toMatchObject({ code: 0, stderr: '' });
  return end.stdout.trim();
}

test('Spotlight lists a transaction and draws its tree', async () => {
  const { url, dsn } = await startSpotlight();
  const traceId = await runProgram(dsn);
  const listed = await eventually(async () => {
    const list = await ask(url, 'search_traces', { filters: { timeWindow: 600 } });
    return list.includes(traceId.slice(0, 8)) ? list : undefined;
  }, 'Spotlight lists the trace');
  expect(listed).toContain('GET /orders');
  // It counts what is below the top.
  expect(listed).toContain('3 spans');
  const tree = await ask(url, 'get_traces', { traceId: traceId.slice(0, 8) });
  const lines = tree.split('\n').filter((line) => line.includes('['));
  expect(lines.map((line) => line.replace(/ \[.*/, ''))).toEqual([
    'GET /orders',
    '   ├─ SELECT orders',
    '   │  └─ GET orders:1',
    '   └─ render',
  ]);
});

test('our viewer draws the same tree', async () => {
  const viewer = await startViewer({ port: 0 });
  onTestFinished(() => viewer.close());
  const traceId = await runProgram(viewer.dsn);
  const spans = await eventually(async () => {
    const found = await traceSpans(viewer.url, traceId);
    return found.length === 4 ? found : undefined;
  }, 'the viewer has the trace');
  expect(formatTree(spans).map((line) => line.replace(/ \[[^\]]*\]/, ''))).toEqual([
    'GET /orders',
    '  SELECT orders',
    '    GET orders:1',
    '  render error',
  ]);
  const top = spans.find(({ is_segment: isSegment }) => isSegment);
  expect(top?.attributes).toMatchObject({ orders: { value: 3, unit: 'none' }, region: 'eu', 'sentry.op': 'http.server' });
});
