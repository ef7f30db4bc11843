import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accept, hang } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { endOnBun, endOnDeno, startBun, startDeno, startWorkerd } from './start-runtime.mjs';

type Backend = Awaited<ReturnType<typeof startBackend>>;

let backend: Backend;
const heard = new Map<string, string>();
/** The service behind: remembers the trace headers by path. */
const upstream = createServer((request, response) => {
  heard.set(request.url!, String(request.headers['sentry-trace']));
  response.end('ok');
});

beforeEach(async () => {
  heard.clear();
  backend = await startBackend();
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});

afterEach(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await backend.close();
});

const settings = () => ({ dsn: backend.dsn, upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` });
/** Spans of one request: its own, two steps with a request and one span behind it each, and a block with one inside. */
const SPANS_PER_REQUEST = 9;
const RUNTIMES = [
  ['workerd', 'workerd', () => startWorkerd(settings()), false],
  ['workerd with nodejs_als alone', 'workerd', () => startWorkerd(settings(), ['nodejs_als'], 'worker-als.mjs'), false],
  ['Bun', 'bun', () => startBun(settings()), true],
  ['Deno', 'deno', () => startDeno(settings()), true],
] as const;

describe.each(RUNTIMES)('%s', (_title, runtime, start, isProcess) => {
  test('concurrent requests are traces of their own, each with its spans below the right parents, and all of them arrive', async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    const { url, stop, said } = await start();
    try {
      const answers = await Promise.all(paths.map(async (path) => (await fetch(url + path)).text()));
      expect(answers).toEqual(paths.map((path) => `answer to ${path}`));
      // What lives on has timers; what ends with its invocation has sent all before it did.
      if (isProcess) expect(await (await fetch(`${url}/close`)).json()).toMatchObject({ open: 0, buffered: 0, inFlight: 0 });
      await backend.until(({ spanCount }) => spanCount >= paths.length * SPANS_PER_REQUEST);
    } finally {
      await stop();
    }
    expect(said.join('')).toBe('');
    expect(backend.refusals).toEqual([]);
    expect(backend.spanCount).toBe(paths.length * SPANS_PER_REQUEST);
    for (const path of paths) expectTree(path, runtime);
  });

  test('a request goes on with the trace of its caller; an error is its own', async () => {
    const { url, stop } = await start();
    const traceId = 'a1'.repeat(16);
    try {
      await (await fetch(`${url}/broken`, { headers: { 'sentry-trace': `${traceId}-${'b2'.repeat(8)}-1` } })).text();
      if (isProcess) await fetch(`${url}/close`);
      await backend.until(({ spanCount }) => spanCount >= 1);
    } finally {
      await stop();
    }
    expect(backend.span('GET')).toMatchObject({ trace_id: traceId, parent_span_id: 'b2'.repeat(8), status: 'error' });
    expect(backend.span('GET').attributes['error.type']).toEqual({ type: 'string', value: 'TypeError' });
  });
});

test.each([
  ['Bun', endOnBun],
  ['Deno', endOnDeno],
])('R31: %s ends with the program, whatever the SDK waits for', async (_name, end) => {
  // Killed, it would have no code: what waits would be sent after a minute.
  expect(await end(settings())).toMatchObject({ code: 0, stdout: 'done\n' });
});

test('R33, workerd: an invocation that ended before the backend answered does not hold up the spans of later ones', async () => {
  backend.answerWith(hang);
  const { url, stop } = await startWorkerd(settings());
  try {
    await Promise.all(['/lost1', '/lost2', '/lost3'].map(async (path) => (await fetch(url + path)).text()));
    await backend.until(({ requests }) => requests.length >= 3);
    backend.answerWith(accept);
    expect(await (await fetch(`${url}/found`)).text()).toBe('answer to /found');
    await backend.until(({ spans }) => spans.filter(({ name }) => name.endsWith('/found')).length === 6);
  } finally {
    await stop();
  }
  expect(backend.refusals).toEqual([]);
});

test('R34, workerd: a body that the handler has compressed is not compressed again', async () => {
  const { url, stop } = await startWorkerd(settings());
  try {
    expect(await (await fetch(`${url}/compressed`)).text()).toBe('content');
  } finally {
    await stop();
  }
});

function expectTree(path: string, runtime: string): void {
  const root = backend.spans.find((span) => span.attributes['url.path']?.value === path && span.is_segment);
  expect(root).toMatchObject({ name: 'GET', status: 'ok' });
  expect(root.attributes).toMatchObject({
    'http.response.status_code': { value: 200 },
    'process.runtime.name': { value: runtime },
    'sentry.op': { value: 'http.server' },
  });
  expect(Math.abs(root.end_timestamp * 1000 - Date.now())).toBeLessThan(120_000);
  const inTrace = backend.spans.filter((span) => span.trace_id === root.trace_id);
  const named = (name: string) => inTrace.find((span) => span.name === name);
  expect(inTrace).toHaveLength(SPANS_PER_REQUEST);
  for (const step of ['slow', 'fast']) {
    const span = named(`${step} ${path}`);
    expect(span.parent_span_id).toBe(root.span_id);
    expect(span.end_timestamp - span.start_timestamp).toBeGreaterThan(0.001);
    expect(named(`after ${step} ${path}`).parent_span_id).toBe(span.span_id);
    const request = inTrace.find((each) => each.attributes['url.path']?.value === `${path}/${step}`);
    expect(request).toMatchObject({ name: 'GET 127.0.0.1', parent_span_id: span.span_id });
    expect(heard.get(`${path}/${step}`)).toBe(`${root.trace_id}-${request.span_id}-1`);
  }
  const block = named(`block ${path}`);
  expect(block.parent_span_id).toBe(root.span_id);
  expect(named(`in block ${path}`).parent_span_id).toBe(block.span_id);
}
