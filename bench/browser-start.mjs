#!/usr/bin/env node
/**
 * node bench/browser-start.mjs [--rounds N]
 *
 * What a page's main thread pays for having the SDK: the time Chromium takes to compile and run the script, `init` included, in a
 * fresh profile each time (no code cache), the two SDKs in turn. Prints medians.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const TARGET_MS = 5;
const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });

const SCRIPTS = {
  spanstream: `import * as SpanStream from '@spanstream/browser';
    SpanStream.init({ dsn: globalThis.dsn, traceLifecycle: 'stream', tracesSampleRate: 1 });`,
  'sentry with tracing': `import * as Sentry from '@sentry/browser';
    Sentry.init({ dsn: globalThis.dsn, tracesSampleRate: 1, integrations: [Sentry.browserTracingIntegration()] });`,
  'empty script': 'globalThis.dsn;',
};

const bundles = new Map();
for (const [name, contents] of Object.entries(SCRIPTS)) bundles.set(name, await bundle(contents));
const { server, url } = await startServer();
const samples = new Map([...bundles.keys()].map((name) => [name, []]));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'],
});

// The first round warms the browser up and does not count.
for (let round = 0; round <= Number(flags.rounds); round++) {
  for (const name of bundles.keys()) {
    const sample = await measure(name);
    if (round > 0) samples.get(name).push(sample);
  }
}
await browser.close();
server.close();
server.closeAllConnections();
report();

async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dirname(fileURLToPath(import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    // Not the sources, to which the repository's own paths lead.
    tsconfigRaw: {},
  });
  return Buffer.from(outputFiles[0].contents);
}

/** Pages and scripts; takes whatever the SDKs send. */
async function startServer() {
  const started = createServer((request, response) => {
    const [, kind, name] = decodeURIComponent(request.url).split('/');
    if (kind === 'script') response.writeHead(200, { 'content-type': 'text/javascript' }).end(bundles.get(name));
    else if (kind === 'page') {
      const dsn = `http://0123456789abcdef0123456789abcdef@${request.headers.host}/42`;
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        `<!doctype html><title>${name}</title><script>dsn=${JSON.stringify(dsn)}</script><script src="/script/${encodeURIComponent(name)}"></script>`,
      );
    } else response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(started, 'listening');
  return { server: started, url: `http://127.0.0.1:${started.address().port}` };
}

/** Milliseconds of the `EvaluateScript` of our script: wall clock and, which other programs do not disturb, CPU time of the thread. */
async function measure(name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await browser.startTracing(page, { categories: ['devtools.timeline', 'v8', 'disabled-by-default-v8.compile'] });
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(`${url}/page/${encodeURIComponent(name)}`);
  if (errors.length > 0) throw errors[0];
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  await context.close();
  const found = traceEvents.filter((event) => event.name === 'EvaluateScript' && event.args?.data?.url?.includes('/script/'));
  if (found.length !== 1) throw new Error(`${found.length} evaluations of the script of ${name}`);
  const [{ dur, tdur }] = found;
  return { wallMs: dur / 1000, cpuMs: (tdur ?? Number.NaN) / 1000 };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function report() {
  const show = (numbers) => `${median(numbers).toFixed(2)} (${Math.min(...numbers).toFixed(2)}–${Math.max(...numbers).toFixed(2)})`;
  console.log(`Script evaluation, init included, Chromium ${browser.version()}, ${flags.rounds} rounds, in turn; median (least–most), ms`);
  console.log('| script | bytes, gzip | wall clock | CPU time |');
  console.log('| --- | --: | --: | --: |');
  for (const [name, all] of samples) {
    const [wall, cpu] = [all.map(({ wallMs }) => wallMs), all.map(({ cpuMs }) => cpuMs)];
    console.log(`| ${name} | ${gzipSync(bundles.get(name), { level: 9 }).length.toLocaleString('en')} | ${show(wall)} | ${show(cpu)} |`);
  }
  const ours = median(samples.get('spanstream').map(({ cpuMs }) => cpuMs));
  console.log(`\ntarget: at most ${TARGET_MS} ms; ${ours <= TARGET_MS ? 'met' : 'MISSED'} (${ours.toFixed(2)} ms of CPU time)`);
}
