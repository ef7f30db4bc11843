import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Notice, ViewerSpan } from './span-record.ts';
import { startViewer } from './start-viewer.ts';
import { postEnvelope, readJson, spanEnvelope, spanId, startTestViewer, wireSpan } from './test-requests.ts';

async function temporaryFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'viewer-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'spans.ndjson');
}

test('what is logged is loaded again, span by span', async () => {
  const logFile = await temporaryFile();
  const first = await startViewer({ port: 0, logFile });
  await postEnvelope(first, spanEnvelope([wireSpan(), wireSpan({ span_id: spanId(2), name: 'größer\n' })]));
  const before = await readJson<{ spans: ViewerSpan[] }>(first, '/api/spans');
  await first.close();
  const second = await startTestViewer(onTestFinished, { loadFile: logFile, logFile });
  const after = await readJson<{ spans: ViewerSpan[] }>(second, '/api/spans');
  expect(after.spans).toEqual(before.spans);
  expect((await readFile(logFile, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
});

test('a line that a crash cut is skipped with a note', async () => {
  const logFile = await temporaryFile();
  const first = await startViewer({ port: 0, logFile });
  await postEnvelope(first, spanEnvelope([wireSpan()]));
  await first.close();
  await appendFile(logFile, '{"trace_id":"c0ff');
  const second = await startTestViewer(onTestFinished, { loadFile: logFile });
  const { notices } = await readJson<{ notices: Notice[] }>(second, '/api/notices');
  expect(second.stats().spans).toBe(1);
  expect(notices).toMatchObject([{ source: 'file', reason: expect.stringContaining('1 lines') }]);
});

test('url and dsn lead to the viewer, and close ends open streams', async () => {
  const viewer = await startViewer({ port: 0 });
  const dsn = new URL(viewer.dsn);
  expect([dsn.username, dsn.pathname, dsn.host]).toEqual(['0'.repeat(32), '/1', new URL(viewer.url).host]);
  const live = await fetch(`${viewer.url}/api/live`);
  const ended = live.text();
  await viewer.close();
  await expect(ended).rejects.toThrow();
  await expect(fetch(viewer.url)).rejects.toThrow();
});

test('a listener hears of each stored span', async () => {
  const heard: ViewerSpan[] = [];
  const viewer = await startTestViewer(onTestFinished, { onSpan: (span) => heard.push(span) });
  await postEnvelope(viewer, spanEnvelope([wireSpan(), wireSpan()]));
  expect(heard.map((span) => span.name)).toEqual(['GET /orders']);
});

test.each([
  ['a host that others reach', { host: '0.0.0.0' }, /loopback/],
  ['a port that is none', { port: 70_000 }, /port/],
  ['no traces', { port: 0, maxTraces: 0 }, /maxTraces/],
  ['a file that is not there', { port: 0, loadFile: '/nowhere/spans.ndjson' }, /ENOENT/],
])('%s is an error at the start', async (_, options, reason) => {
  await expect(startViewer(options)).rejects.toThrow(reason);
});
