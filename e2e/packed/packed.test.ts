import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCommand, startProgram } from '../process/start-program.mjs';
import { formatTree, traceRows, traceSpans } from '../demo/viewer-client.ts';
import { bundleWithEsbuild, bundleWithRollup } from './bundle.ts';
import { type Application, installPacks } from './install-packs.ts';

const INIT = "SpanStream.init({ release: 'packed@1.0.0', traceLifecycle: 'stream', tracesSampleRate: 1 });";
const WORK = `
SpanStream.tracing.startSpan({ name: \`\${process.argv[2] ?? 'application'} work\` }, (span) => {
  console.log(span.spanContext().traceId);
  SpanStream.tracing.startSpan({ name: 'step' }, () => {});
});
`;
const ESM = "import * as SpanStream from '@spanstream/node';\n";
const CJS = "const SpanStream = require('@spanstream/node');\n";
const ENVIRONMENT = {
  SENTRY_TRACES_SAMPLE_RATE: '1',
  SENTRY_TRACE_LIFECYCLE: 'stream',
  SENTRY_RELEASE: 'registered@2.0.0',
  SENTRY_ENVIRONMENT: 'test',
};

let esm: Application;
let cjs: Application;
let viewer: ReturnType<typeof startCommand>;
let viewerUrl: string;
let dsn: string;

beforeAll(async () => {
  [esm, cjs] = await Promise.all([
    installPacks('module', ['core', 'node', 'otlp', 'viewer']),
    installPacks('commonjs', ['core', 'node', 'otlp']),
  ]);
  viewer = startCommand(join(esm.directory, 'node_modules/.bin/spanstream-viewer'), ['--port', '0'], { timeoutMs: 600_000 });
  await viewer.said('/v1/traces');
  [dsn = ''] = /http:\/\/\w+@\S+/.exec(viewer.stdout) ?? [];
  viewerUrl = new URL(dsn).origin;
  // A registry that is far away, with nothing kept from before.
}, 300_000);

afterAll(async () => {
  viewer.kill('SIGTERM');
  await viewer.ended;
  esm.remove();
  cjs.remove();
});

/** Expects that the program ended well and that the viewer shows the trace whose id it printed. */
async function expectShown({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }, service = 'packed') {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const traceId = stdout.trim();
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  const spans = await traceSpans(viewerUrl, traceId);
  expect(formatTree(spans)).toEqual([expect.stringMatching(` work \\[${service}\\]$`), `  step [${service}]`]);
  expect((await traceRows(viewerUrl)).some((row) => row.trace_id === traceId && row.complete)).toBe(true);
  return spans;
}

describe('an application with the packages from their tarballs', () => {
  test('as ES module', async () => {
    esm.write('application.js', ESM + INIT + WORK);
    await expectShown(await esm.run('application.js', { env: { SENTRY_DSN: dsn } }));
  });

  test('as CommonJS', async () => {
    cjs.write('application.js', CJS + INIT + WORK);
    await expectShown(await cjs.run('application.js', { env: { SENTRY_DSN: dsn } }));
  });

  test('that sends OTLP, as ES module and as CommonJS', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: viewerUrl };
    const start = INIT.replace('init({', 'init({ sinks: [otlpSink()],');
    esm.write('otlp.js', `${ESM}import { otlpSink } from '@spanstream/otlp';\n${start}${WORK}`);
    await expectShown(await esm.run('otlp.js', { env }));
    cjs.write('otlp.js', `${CJS}const { otlpSink } = require('@spanstream/otlp');\n${start}${WORK}`);
    await expectShown(await cjs.run('otlp.js', { env: { ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' } }));
  });

  test('whose process.exit() hands over', async () => {
    cjs.write('exiting.js', `${CJS}${INIT}${WORK}process.exit(0);`);
    await expectShown(await cjs.run('exiting.js', { env: { SENTRY_DSN: dsn } }));
  });
});

describe('a bundled application, run where no package is installed', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'spanstream-bundled-'));
  afterAll(() => rmSync(elsewhere, { recursive: true }));

  test.each([
    ['esbuild, CommonJS', 'esbuild.cjs', bundleWithEsbuild],
    ['esbuild, ES module', 'esbuild.mjs', bundleWithEsbuild],
    ['rollup, ES module', 'rollup.mjs', bundleWithRollup],
    ['rollup, CommonJS', 'rollup.cjs', bundleWithRollup],
  ])('%s', async (_what, file, bundle) => {
    const input = esm.write('to-bundle.js', `${ESM}${INIT}${WORK}if (process.argv[2] === 'exiting') process.exit(0);`);
    await bundle(input, join(elsewhere, file));
    for (const args of [[], ['exiting']]) {
      await expectShown(await startProgram(join(elsewhere, file), { args, cwd: elsewhere, env: { SENTRY_DSN: dsn } }).ended);
    }
  });
});

describe('@spanstream/node/register starts from the environment', () => {
  test.each([
    ['--import', 'an ES module', 'registered.mjs', ESM],
    ['--import', 'CommonJS', 'registered.cjs', CJS],
    ['--require', 'an ES module', 'registered.mjs', ESM],
    ['--require', 'CommonJS', 'registered.cjs', CJS],
  ])('%s for %s: one client for both', async (flag, _what, file, head) => {
    esm.write(file, `${head}if (SpanStream.getClient() === undefined) throw new Error('no client');${WORK}`);
    const nodeArgs = [flag, '@spanstream/node/register'];
    const spans = await expectShown(await esm.run(file, { nodeArgs, env: { ...ENVIRONMENT, SENTRY_DSN: dsn } }), 'registered');
    expect(spans[0]?.attributes).toMatchObject({ 'sentry.release': 'registered@2.0.0', 'sentry.environment': 'test' });
  });

  test('a variable that is wrong is one warning', async () => {
    esm.write('registered.mjs', ESM + WORK);
    const env = { ...ENVIRONMENT, SENTRY_DSN: dsn, SENTRY_TRACES_SAMPLE_RATE: 'many' };
    const { code, stderr } = await esm.run('registered.mjs', { nodeArgs: ['--import', '@spanstream/node/register'], env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^\[spanstream\].*SENTRY_TRACES_SAMPLE_RATE.*\n$/);
  });
});
