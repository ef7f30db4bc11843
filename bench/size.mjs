/**
 * What SDKs for pages weigh, each built the same way in one run: bundled and minified for production, gzip level 9.
 * `node bench/size.mjs` prints the table, `--write` puts it into docs/size.md, `--files <name>` lists what a bundle is made of.
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

const gzip = (code) => gzipSync(code, { level: 9 }).length;
const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

async function withEsbuild(entry) {
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
    write: false,
    logLevel: 'error',
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
  const { code, inputs } = await withEsbuild(`${here}/size/${name}.mjs`);
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

const filesOf = process.argv.indexOf('--files');
if (filesOf > 0) {
  await printInputs(process.argv[filesOf + 1]);
} else {
  const rows = [];
  for (const bundle of BUNDLES) rows.push(await measure(bundle));
  const text = table(rows);
  console.log(`\n${text}`);
  if (process.argv.includes('--write')) {
    const document = readFileSync(DOCUMENT, 'utf8');
    writeFileSync(
      DOCUMENT,
      document.replace(/(?<=<!-- table -->\n)[^]*(?=<!-- end of table -->)/, () => `\n${text}\n\n`),
    );
  }
}
