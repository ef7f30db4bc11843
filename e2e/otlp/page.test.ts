import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startViewer } from '@spanstream/viewer';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, formatTree, traceSpans } from '../demo/viewer-client.ts';
import { launchChromium } from '../page-delivery/chromium.ts';

/** What a page or a worker does: starts the SDK, makes a trace of three spans and says its id. */
const ENTRY = `
  import * as SpanStream from '@spanstream/browser/bare';
  import { otlpSink } from '@spanstream/otlp';
  globalThis.run = (options) => {
    globalThis.client = SpanStream.init({ release: 'page@1.0.0', tracesSampleRate: 1, traceLifecycle: 'stream', integrations: () => [], sinks: [otlpSink(options)] });
    const { startSpan } = SpanStream.tracing;
    return startSpan({ name: 'root' }, (span) => {
      for (const name of ['one', 'two']) startSpan({ name }, () => {});
      return span.spanContext().traceId;
    });
  };
  globalThis.onmessage = ({ data }) => postMessage(globalThis.run(data));
`;
const TREE = ['root [page]', '  one [page]', '  two [page]'];

let viewer: Awaited<ReturnType<typeof startViewer>>;
let site: Server;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    // Not the sources, to which the repository's own paths lead.
    tsconfigRaw: {},
    logLevel: 'error',
  });
  const script = outputFiles[0]!.text;
  site = createServer((request, response) => {
    if (request.url === '/script.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><script src="/script.js"></script>');
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  viewer = await startViewer({ port: 0 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await viewer.close();
  site.closeAllConnections();
  site.close();
});

/** Expects that the viewer gets the whole trace. */
async function expectShown(traceId: string): Promise<void> {
  const spans = await eventually(async () => {
    const found = await traceSpans(viewer.url, traceId);
    return found.length === TREE.length ? found : undefined;
  }, 'the trace in the viewer');
  expect(formatTree(spans)).toEqual(TREE);
  expect(spans[0]!.attributes).toMatchObject({ 'telemetry.sdk.language': 'webjs', 'service.version': '1.0.0' });
}

interface Globals {
  run(options: object): string;
  readonly client: { flush(): Promise<boolean>; stats(): object };
}

test.each([
  ['protobuf', 'none'],
  ['json', 'none'],
  ['protobuf', 'gzip'],
])('a page sends %s, compression %s', async (protocol, compression) => {
  const page = await browser.newPage();
  await page.goto(origin);
  const options = { url: `${viewer.url}/v1/traces`, protocol, compression };
  const traceId = await page.evaluate((given) => (globalThis as unknown as Globals).run(given), options);
  expect(await page.evaluate(() => (globalThis as unknown as Globals).client.flush())).toBe(true);
  expect(await page.evaluate(() => (globalThis as unknown as Globals).client.stats())).toMatchObject({ started: 3, delivered: 3 });
  await expectShown(traceId);
  await page.close();
});

test('R32: what a page has left when it is left arrives', async () => {
  const page = await browser.newPage();
  await page.goto(origin);
  const options = { url: `${viewer.url}/v1/traces`, flushIntervalMs: 60_000 };
  const traceId = await page.evaluate((given) => (globalThis as unknown as Globals).run(given), options);
  await page.goto('about:blank');
  await expectShown(traceId);
  await page.close();
});

test('a worker sends, too', async () => {
  const page = await browser.newPage();
  await page.goto(origin);
  const traceId = await page.evaluate(
    (given) =>
      new Promise<string>((resolve) => {
        const worker = new Worker('/script.js');
        worker.addEventListener('message', ({ data }) => resolve(String(data)));
        worker.postMessage(given);
      }),
    { url: `${viewer.url}/v1/traces`, flushIntervalMs: 50 },
  );
  await expectShown(traceId);
  await page.close();
});
