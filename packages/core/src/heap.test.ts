import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const SOURCE = new URL('.', import.meta.url).pathname;
const MEBIBYTE = 1024 * 1024;

const PREAMBLE = `
import { randomFillSync } from 'node:crypto';
import { createPackingEncoder, init, StackContextManager, tracing } from './index.ts';
const platform = {
  name: 'node', sdkName: 'test', authentication: 'header', defaultMaxMemoryBytes: 32 * 1024 * 1024,
  wallClockMs: () => Date.now(), monotonicMs: () => performance.now(), fillRandom: (bytes) => void randomFillSync(bytes),
  setTimer: (callback, ms) => setTimeout(callback, ms).unref(), clearTimer: (timer) => clearTimeout(timer),
  log: () => undefined, contextManager: new StackContextManager(), segmentAttributes: () => ({}), createEncoder: createPackingEncoder,
  createTransport: () => ({ send: async () => ({ status: 200, headers: { get: () => null } }) }),
};
const start = (options) => init({ dsn: 'https://' + 'a'.repeat(32) + '@ingest.test/1', traceLifecycle: 'stream', tracesSampleRate: 1, ...options }, { platform, env: {}, defaultIntegrations: () => [] });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const used = () => { gc(); gc(); const { heapUsed, arrayBuffers } = process.memoryUsage(); return heapUsed + arrayBuffers; };
`;

/** Runs a program on the sources in a process of its own, whose heap nobody else fills; answers with what it printed as JSON. */
function run<T>(program: string): T {
  const bundle = buildSync({
    stdin: { contents: PREAMBLE + program, resolveDir: SOURCE, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    define: { __SDK_VERSION__: '"0.0.0"' },
  });
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module'], {
    input: bundle.outputFiles[0]!.text,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout) as T;
}

describe('memory', () => {
  it.each(['tracesSampleRate: 0', 'enabled: false', 'tracesSampleRate: undefined', 'ignoreSpans: [/./]'])(
    'R8: a million spans that are not recorded leave no heap growth (%s)',
    { timeout: 60_000 },
    (options) => {
      const { growth, ids } = run<{ growth: number; ids: number }>(`
      start({ ${options} });
      const spans = (count) => { for (let i = 0; i < count; i++) tracing.startSpan({ name: 'span' + i, attributes: { i } }, (span) => span.setAttribute('a', i).setName('b')); };
      spans(20_000);
      await turn();
      const before = used();
      spans(1_000_000);
      await turn();
      const ids = tracing.startSpan({ name: 'x', active: false }).spanContext().spanId.length;
      console.log(JSON.stringify({ growth: used() - before, ids }));
    `);
      expect(growth).toBeLessThan(MEBIBYTE / 2);
      expect(ids).toBe(16);
    },
  );

  it('R16: names that a program makes up take at most a thirty-second of the budget', { timeout: 60_000 }, () => {
    const { growth, delivered } = run<{ growth: number; delivered: number }>(`
      const client = start({});
      const spans = async (nameOf) => {
        for (let i = 0; i < 5000; i++) {
          tracing.startSpan({ name: nameOf(i), active: false, attributes: { [nameOf(i)]: i } }).end();
          if (i % 500 === 0) await client.flush();
        }
        await client.flush();
      };
      // Too long to be kept. Three times: the code that V8 makes for the spans of the first ones is no growth by names.
      for (let round = 0; round < 3; round++) await spans((i) => String(i).padEnd(101, '\\u0001'));
      const before = used();
      await spans((i) => String(i).padEnd(100, '\\u0001'));
      console.log(JSON.stringify({ growth: used() - before, delivered: client.stats().delivered }));
    `);
    expect(delivered).toBe(20_000);
    // The last round leaves a few KiB of its own.
    expect(growth).toBeLessThan(MEBIBYTE * 1.25);
  });

  it('R9: a million ended and sent children under one open parent cost less than 1 MiB', { timeout: 120_000 }, () => {
    const { growth, stats } = run<{ growth: number; stats: { delivered: number; open: number; started: number } }>(`
      const client = start({});
      const parent = tracing.startSpan({ name: 'parent', active: false });
      const children = async (count) => {
        for (let i = 0; i < count; i++) {
          tracing.startSpan({ name: 'child', parentSpan: parent, active: false, attributes: { i } }).end();
          if (i % 5000 === 0) await turn();
        }
        await client.flush(10_000);
      };
      await children(50_000);
      const before = used();
      await children(1_000_000);
      console.log(JSON.stringify({ growth: used() - before, stats: client.stats() }));
    `);
    expect(stats).toMatchObject({ started: 1_050_001, delivered: 1_050_000, open: 1 });
    expect(growth).toBeLessThan(MEBIBYTE);
  });

  it('R10: 100,000 spans in one trace all arrive when the program yields', { timeout: 60_000 }, () => {
    const stats = run<{ started: number; delivered: number }>(`
      const client = start({});
      const root = tracing.startSpan({ name: 'root', active: false });
      for (let i = 1; i < 100_000; i++) {
        tracing.startSpan({ name: 'child', parentSpan: root, active: false, attributes: { text: 'x'.repeat(200) } }).end();
        if (i % 1000 === 0) await turn();
      }
      root.end();
      await client.flush(20_000);
      console.log(JSON.stringify(client.stats()));
    `);
    expect(stats).toMatchObject({ started: 100_000, delivered: 100_000 });
  });

  it('R16: memory stays flat while the backend is down', { timeout: 120_000 }, () => {
    const {
      growth,
      used: bytes,
      dropped,
    } = run<{ growth: number; used: number; dropped: number }>(`
      platform.createTransport = () => ({ send: () => new Promise(() => {}) });
      const client = start({ maxMemoryBytes: 4 * 1024 * 1024 });
      const spans = async (count) => {
        for (let i = 0; i < count; i++) {
          const root = tracing.startSpan({ name: 'root', active: false, attributes: { text: 'x'.repeat(i % 100 === 0 ? 7000 : 100) } });
          tracing.startSpan({ name: 'child', parentSpan: root, active: false }).setStatus(i % 50 === 0 ? 'error' : 'ok').end();
          root.end();
          if (i % 1000 === 0) await turn();
        }
      };
      const empty = used();
      await spans(30_000);
      const before = used();
      await spans(300_000);
      const after = used();
      console.log(JSON.stringify({ growth: after - before, used: after - empty, dropped: client.stats().dropped.memory_budget }));
      process.exit(0);
    `);
    expect(dropped).toBeGreaterThan(300_000);
    expect(growth).toBeLessThan(2 * MEBIBYTE);
    expect(bytes).toBeLessThan(8 * MEBIBYTE);
  });
});
