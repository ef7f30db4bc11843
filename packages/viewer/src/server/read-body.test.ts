import { connect } from 'node:net';
import { once } from 'node:events';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { postEnvelope, spanEnvelope, startTestViewer, wireSpan } from '../test-requests.ts';
import { MAX_BODY_BYTES, MAX_UNPACKED_BYTES } from './read-body.ts';

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
])('a body in %s is unpacked', async (encoding, pack) => {
  const viewer = await startTestViewer(onTestFinished);
  const { status } = await postEnvelope(viewer, new Uint8Array(pack(spanEnvelope([wireSpan()]))), { 'content-encoding': encoding });
  expect(status).toBe(200);
  expect(viewer.stats().spans).toBe(1);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', (data: Uint8Array) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
])('a bomb in %s is refused and costs no more than the bound', async (encoding, pack) => {
  const viewer = await startTestViewer(onTestFinished);
  const bomb = new Uint8Array(pack(Buffer.alloc(MAX_UNPACKED_BYTES * 2)));
  const { status, answer } = await postEnvelope(viewer, bomb, { 'content-encoding': encoding });
  expect(bomb.length).toBeLessThan(MAX_UNPACKED_BYTES / 100);
  expect(status).toBe(413);
  expect(answer['detail']).toMatch(/unpacks to more than/);
});

test('what is not in its encoding is refused, an unknown encoding too', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const broken = await postEnvelope(viewer, 'not packed', { 'content-encoding': 'gzip' });
  const unknown = await postEnvelope(viewer, 'x', { 'content-encoding': 'zstd' });
  expect([broken.status, unknown.status]).toEqual([400, 415]);
});

test('a body over the bound gets its 413 with and without a length', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const large = new Uint8Array(MAX_BODY_BYTES + 1);
  const known = await postEnvelope(viewer, large);
  const chunked = await fetch(`${viewer.url}/api/1/envelope/`, {
    method: 'POST',
    body: new Blob([large]).stream(),
    duplex: 'half',
    headers: { 'content-type': 'application/x-sentry-envelope' },
  } as RequestInit);
  expect([known.status, chunked.status]).toEqual([413, 413]);
});

test('a body announced far over the bound is answered before it is sent', async () => {
  const viewer = await startTestViewer(onTestFinished);
  const socket = connect(Number(new URL(viewer.url).port), '127.0.0.1');
  socket.write('POST /api/1/envelope/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999999\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(answer.toString()).toMatch(/^HTTP\/1.1 413/);
});
