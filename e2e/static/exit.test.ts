import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';

/** A backend that keeps the payloads of transactions. */
async function open() {
  const events: { transaction: string; spans: { description: string }[]; contexts: { trace: { data: object } } }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [, item, payload] = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString().split('\n');
    if (item === '{"type":"transaction"}') events.push(JSON.parse(payload!));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return { events, dsn: `http://${'0'.repeat(32)}@127.0.0.1:${(server.address() as AddressInfo).port}/1` };
}

test('R31: a natural exit delivers the transaction that has just finished', async () => {
  const { events, dsn } = await open();
  const end = await startProgram('legacy-exit.mjs', { args: ['natural'], env: { SENTRY_DSN: dsn } }).ended;
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(events).toMatchObject([{ transaction: 'job', spans: [{ description: 'done' }] }]);
});

test('R31: process.exit() ends what is open and hands its transaction over', async () => {
  const { events, dsn } = await open();
  const end = await startProgram('legacy-exit.mjs', { args: ['exit'], env: { SENTRY_DSN: dsn } }).ended;
  expect(end).toMatchObject({ code: 3, stderr: '' });
  expect(events).toMatchObject([
    { transaction: 'job', spans: [{ description: 'done' }], contexts: { trace: { data: { 'spanstream.end_reason': 'process_exit' } } } },
  ]);
});
