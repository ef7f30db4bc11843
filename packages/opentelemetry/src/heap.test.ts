import { spawnSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const SOURCE = new URL('.', import.meta.url).pathname;
const MEBIBYTE = 1024 * 1024;

const PREAMBLE = `
import { context, trace, SpanKind } from '@opentelemetry/api';
import { flush, init } from '@spanstream/node';
import { openTelemetryIntegration } from './index.ts';
const start = (tracesSampleRate) => init({
  dsn: 'https://' + 'a'.repeat(32) + '@ingest.test/1', traceLifecycle: 'stream', tracesSampleRate,
  transport: () => ({ send: async () => ({ status: 200, headers: { get: () => null } }) }),
  integrations: () => [openTelemetryIntegration()],
});
const turn = () => new Promise((resolve) => setImmediate(resolve));
const used = () => { gc(); gc(); const { heapUsed, arrayBuffers } = process.memoryUsage(); return heapUsed + arrayBuffers; };
/** What the work leaves behind once it has been done before and everything was sent. */
const growthOf = async (work) => {
  await work(5_000);
  await flush();
  const before = used();
  await work(100_000);
  await flush();
  return used() - before;
};
`;

/** Runs a program on the sources in a process of its own, whose heap nobody else fills; answers with the bytes that it printed. */
function growthIn(program: string): number {
  const bundle = buildSync({
    stdin: { contents: `${PREAMBLE}${program}`, resolveDir: SOURCE, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    alias: { '@spanstream/core': `${SOURCE}../../core/src/index.ts`, '@spanstream/node': `${SOURCE}../../node/src/index.ts` },
    logLevel: 'error',
    define: { __SDK_VERSION__: '"0.0.0"' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/x.js');" },
  });
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module'], {
    input: bundle.outputFiles[0]!.text,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return Number(stdout);
}

describe('memory', () => {
  it('R8: spans that are not recorded leave nothing', { timeout: 60_000 }, () => {
    const growth = growthIn(`
      start(0);
      const tracer = trace.getTracer('heap');
      console.log(await growthOf(async (count) => {
        for (let i = 0; i < count; i++) tracer.startActiveSpan('span', { kind: SpanKind.SERVER, attributes: { i } }, (span) => span.setAttribute('a', i).end());
      }));
    `);
    expect(growth).toBeLessThan(MEBIBYTE / 2);
  });

  it('R9: ended children leave nothing at their open parent', { timeout: 60_000 }, () => {
    const growth = growthIn(`
      start(1);
      const tracer = trace.getTracer('heap');
      const parent = trace.setSpan(context.active(), tracer.startSpan('parent'));
      console.log(await growthOf(async (count) => {
        for (let i = 0; i < count; i++) {
          tracer.startSpan('child', {}, parent).addEvent('event').end();
          if (i % 500 === 0) { await turn(); await flush(); }
        }
      }));
    `);
    expect(growth).toBeLessThan(MEBIBYTE);
  });

  it('R2: work that starts itself anew for ever leaves nothing of its predecessors', { timeout: 60_000 }, () => {
    const growth = growthIn(`
      start(1);
      const tracer = trace.getTracer('heap');
      const poll = (left, done) => tracer.startActiveSpan('poll', (span) => {
        span.end();
        const next = context.active().setValue(Symbol.for('round'), left);
        if (left > 0) context.with(next, () => setImmediate(poll, left - 1, done));
        else done((globalThis.held = next));
      });
      console.log(await growthOf((count) => new Promise((resolve) => poll(count / 5, resolve))));
    `);
    expect(growth).toBeLessThan(MEBIBYTE);
  });
});
