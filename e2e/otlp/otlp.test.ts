import { createServer } from 'node:net';
import { startViewer } from '@spanstream/viewer';
import { describe, expect, onTestFinished, test } from 'vitest';
import { accept, hang } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { formatTree, traceSpans } from '../demo/viewer-client.ts';
import { startProgram } from '../process/start-program.mjs';

async function openViewer() {
  const viewer = await startViewer({ port: 0 });
  onTestFinished(() => viewer.close());
  return viewer.url;
}

const run = (url: string, args: string[] = [], env: Record<string, string> = {}) =>
  startProgram('otlp.mjs', { args, env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env } });

describe('a process that sends OTLP to the viewer', () => {
  test.each([
    ['in protobuf', {}],
    ['in JSON', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
    ['compressed', { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }],
  ])('%s: the whole tree is there when it has ended', async (_how, env) => {
    const url = await openViewer();
    const { code, stdout, stderr } = await run(url, [], env).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const spans = await traceSpans(url, stdout.split('\n')[0]!);
    expect(formatTree(spans)).toEqual(['GET /orders/:id [shop]', '  step 1 [shop]', '  step 2 [shop]']);
    expect(spans[0]).toMatchObject({
      is_segment: true,
      attributes: {
        'sentry.kind': 'server',
        rows: 3,
        share: 0.5,
        tags: ['a', 'b'],
        'service.version': '1.4.0',
        'deployment.environment.name': 'production',
        'telemetry.sdk.name': 'spanstream',
        'sentry.segment.name': 'GET /orders/:id',
      },
    });
  });

  test('R31: process.exit() hands over what waits', async () => {
    const url = await openViewer();
    const { code, stdout } = await run(url, ['at once', '1000']).ended;
    expect(code).toBe(0);
    expect(await traceSpans(url, stdout.split('\n')[0]!)).toHaveLength(1000);
  });

  test('R31: a signal delivers, and kills', async () => {
    const url = await openViewer();
    const program = run(url, ['by signal']);
    await program.said('waiting');
    program.kill('SIGTERM');
    const { code, signal, stdout } = await program.ended;
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGTERM' });
    expect(await traceSpans(url, stdout.split('\n')[0]!)).toHaveLength(3);
  });
});

describe('R31: nothing keeps the process alive', () => {
  const lasted = ({ at, stdout }: { at: number; stdout: string }): number => at - Number(/^done (\d+)$/m.exec(stdout)?.[1]);

  test('not a receiver that hangs', async () => {
    const server = createServer((socket) => void socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const end = await run(`http://127.0.0.1:${(server.address() as { port: number }).port}`).ended;
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(lasted(end)).toBeGreaterThan(1900);
    expect(lasted(end)).toBeLessThan(4000);
  });

  test('not one that is down', async () => {
    const end = await run('http://127.0.0.1:9').ended;
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(lasted(end)).toBeLessThan(4000);
  });

  test('beside a DSN the slower of the two is waited for', async () => {
    const url = await openViewer();
    const backend = await startBackend({ answers: [accept] });
    onTestFinished(() => backend.close());
    const { code, stdout } = await run(url, [], { SENTRY_DSN: backend.dsn }).ended;
    expect(code).toBe(0);
    expect(backend.spanCount).toBe(3);
    expect(await traceSpans(url, stdout.split('\n')[0]!)).toHaveLength(3);
    backend.answerWith(hang);
    const hanging = await run(url, [], { SENTRY_DSN: backend.dsn }).ended;
    expect(hanging.code).toBe(0);
    expect(await traceSpans(url, hanging.stdout.split('\n')[0]!)).toHaveLength(3);
  });
});
