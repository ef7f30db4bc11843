/**
 * What SDKs for pages weigh, each built the same way in one run: bundled and minified for production, gzip level 9.
 * `node bench/size.mjs` prints the tables, `--write` puts them into docs/size.md, `--files <name>` lists what a bundle is made of.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build, transform } from 'esbuild';
import { rollup } from 'rollup';

const here = import.meta.dirname;
const require = createRequire(import.meta.url);
const DOCUMENT = `${here}/../docs/size.md`;

/** Entry, what it is, the package whose version is told. */
const BUNDLES = [
  ['spanstream-minimal', '**spanstream**: `init`, `tracing.startSpan`, stream delivery', '@spanstream/browser'],
  ['spanstream-page', '**spanstream**: `init` with the default integrations', '@spanstream/browser'],
  ['spanstream-both', '**spanstream**: the same, with the static lifecycle', '@spanstream/browser'],
  ['sentry-minimal', '@sentry/browser: `init`, `startSpan`', '@sentry/browser'],
  ['sentry-tracing', '@sentry/browser: `init` with `browserTracingIntegration`', '@sentry/browser'],
  ['otel-minimal', 'OpenTelemetry: web SDK, batch processor, OTLP/HTTP', '@opentelemetry/sdk-trace-web'],
  ['otel-page', 'OpenTelemetry: with document load, fetch and XHR', '@opentelemetry/sdk-trace-web'],
  ['otel-page-zone', 'OpenTelemetry: the same with zone.js as context', '@opentelemetry/sdk-trace-web'],
  ['elastic', 'Elastic RUM', '@elastic/apm-rum'],
  ['faro', 'Grafana Faro with tracing', '@grafana/faro-web-sdk'],
  ['datadog', 'Datadog RUM', '@datadog/browser-rum'],
  ['zone', 'zone.js alone', 'zone.js'],
];

const SOURCES = `${here}/../packages`;
/** For what a bundle is made of, since the built files are one. */
const FROM_SOURCES = {
  alias: {
    '@spanstream/browser/bare': `${SOURCES}/browser/src/bare.ts`,
    '@spanstream/browser': `${SOURCES}/browser/src/index.ts`,
    '@spanstream/core': `${SOURCES}/core/src/index.ts`,
  },
  define: { __SDK_VERSION__: '"0"' },
};

/** What the smallest bundle is made of, by the files of `packages/core/src`, and why it is there. The first that matches counts. */
const PARTS = [
  ['fetch-retry', /fetch-retry/, 'the package that repeats attempts'],
  [
    'delivery',
    /delivery\/(?!ledger|outcome-log|drop-reason|sink)/,
    'queue, retries, breaker, rate limits, 413, memory budget, client reports (R16, R19, R29, R30)',
  ],
  ['accounts', /ledger|outcome-log|drop-reason/, '`stats`, `explain`, outcomes (R30)'],
  [
    'batches and hooks',
    /stream\/|sink/,
    'batches, `beforeSendSpan`, `filterSegment` and `holdback`, sinks, spans that are too long (R14–R20)',
  ],
  ['text', /wire\/(?!dsn)/, 'spans and envelopes as JSON'],
  [
    'headers',
    /trace\/(propagation|traceparent|baggage|dynamic|trace-headers)/,
    'what requests carry, the `trace` header of envelopes (R23–R27)',
  ],
  [
    'results of callbacks',
    /settle|stream-span|trace-(stream|iterator|web|node)/,
    'promises, query builders, generators, streams and responses keep a span open (R7)',
  ],
  [
    'parents and decisions',
    /trace\/(tracer|sampling|ignore|current)|context\//,
    'parent, trace, sampling, `ignoreSpans` (R1–R3, R21, R22)',
  ],
  ['verbs', /trace\/(tracing|public)/, '`tracing.…`; with Rollup, webpack and Vite only those that are used'],
  ['spans', /core\/src\/span\//, 'attributes and their limits, status, links, ids, clocks (R4–R8)'],
  ['options', /option|constant-attributes|dsn/, 'checks with errors that name option and value (R34), defaults'],
  ['client', /./, '`init`, `flush`, `close`, integrations, diagnostics, the platform'],
];

const gzip = (code) => gzipSync(code, { level: 9 }).length;
const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

async function withEsbuild(entry, options = {}) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"', __SENTRY_DEBUG__: 'false' },
    legalComments: 'none',
    metafile: true,
    // Not the sources, to which the repository's own paths lead.
    tsconfigRaw: {},
    write: false,
    logLevel: 'error',
    ...options,
  });
  return { code: outputFiles[0].contents, inputs: Object.values(metafile.outputs)[0].inputs };
}

async function withRollup(entry) {
  const bundle = await rollup({
    input: entry,
    plugins: [nodeResolve({ browser: true }), commonjs()],
    onwarn: () => undefined,
  });
  const { output } = await bundle.generate({ format: 'es', inlineDynamicImports: true });
  await bundle.close();
  const { code } = await transform(output[0].code, {
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"', __SENTRY_DEBUG__: 'false' },
    legalComments: 'none',
  });
  return code;
}

function versionOf(name) {
  let folder = require.resolve(name).replaceAll('\\', '/');
  folder = folder.slice(0, folder.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length);
  const manifest = name.startsWith('@spanstream/') ? `${here}/../packages/browser/package.json` : `${folder}package.json`;
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

async function measure([name, what, versioned]) {
  const entry = `${here}/size/${name}.mjs`;
  const { code } = await withEsbuild(entry);
  const shaken = await withRollup(entry);
  const row = { what, version: versionOf(versioned), minified: code.length, esbuild: gzip(code), rollup: gzip(shaken) };
  console.log(`${row.esbuild} B esbuild, ${row.rollup} B rollup  ${name}`);
  return row;
}

async function printInputs(name) {
  const { code, inputs } = await withEsbuild(`${here}/size/${name}.mjs`, FROM_SOURCES);
  for (const [file, { bytesInOutput }] of Object.entries(inputs).sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput))
    console.log(`${String(bytesInOutput).padStart(7)}  ${file}`);
  console.log(`${code.length} minified, ${gzip(code)} gzip`);
}

function table(rows) {
  const lines = rows.map(
    ({ what, version, minified, esbuild, rollup: shaken }) =>
      `| ${what} | ${version} | ${kilobytes(minified)} | ${kilobytes(esbuild)} | ${kilobytes(shaken)} |`,
  );
  return ['| bundle | version | minified | esbuild, gzip | Rollup, gzip |', '| --- | --- | ---: | ---: | ---: |', ...lines].join('\n');
}

async function tableOfParts() {
  const { code, inputs } = await withEsbuild(`${here}/size/spanstream-minimal.mjs`, FROM_SOURCES);
  const sums = new Map(PARTS.map(([name]) => [name, 0]));
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    const [name] = PARTS.find(([, pattern]) => pattern.test(file));
    sums.set(name, sums.get(name) + bytesInOutput);
  }
  const ratio = gzip(code) / code.length;
  const lines = PARTS.map(([name, , why]) => `| ${name} | ${kilobytes(sums.get(name))} | ${kilobytes(sums.get(name) * ratio)} | ${why} |`);
  return ['| part | minified | about, gzip | what for |', '| --- | ---: | ---: | --- |', ...lines].join('\n');
}

const filesOf = process.argv.indexOf('--files');
if (filesOf > 0) {
  await printInputs(process.argv[filesOf + 1]);
} else {
  const rows = [];
  for (const bundle of BUNDLES) rows.push(await measure(bundle));
  const texts = { table: table(rows), parts: await tableOfParts() };
  console.log(`\n${texts.table}\n\n${texts.parts}`);
  if (process.argv.includes('--write')) {
    const document = readFileSync(DOCUMENT, 'utf8');
    const filled = document.replace(/(<!-- (table|parts) -->\n)[^]*?(?=<!-- end -->)/g, (_, start, name) => `${start}\n${texts[name]}\n\n`);
    writeFileSync(DOCUMENT, filled);
  }
}
