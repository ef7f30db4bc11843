import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const APP = `
  addEventListener('message', (event) => {
    const answer = event.ports[0];
    SpanStream.tracing.startSpan({ name: 'work ' + event.data.job }, async () => {
      const text = await (await fetch('/x')).text();
      answer.postMessage([text, Object.keys(event.data)]);
    });
  });`;
const ASK = `(worker, job) => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => resolve(data);
  SpanStream.tracing.startSpan({ name: 'click ' + job }, () => worker.postMessage({ job }, [port2]));
})`;

const serve = (): void => {
  site.routes.set('/x', (_request, response) => response.end('ok'));
  site.routes.set('/worker.js', (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(`importScripts('/sdk.js');${site.start()}${APP}`),
  );
};

const expectOneTrace = async (job: string): Promise<void> => {
  const [click, work] = await Promise.all([site.named(`click ${job}`), site.named(`work ${job}`)]);
  expect(work).toMatchObject({ trace_id: click.trace_id, parent_span_id: click.span_id, is_segment: true });
  expect(await site.span('http.client', (span) => span.parent_span_id === work.span_id)).toMatchObject({ name: 'GET 127.0.0.1' });
};

test('a dedicated worker continues the trace in which a message was posted to it', async () => {
  serve();
  const page = await site.open();
  await page.evaluate(`globalThis.worker = new Worker('/worker.js'); globalThis.stop = SpanStream.propagateTo(worker)`);
  expect(await page.evaluate(`(${ASK})(worker, 'a')`)).toEqual(['ok', ['job']]);
  expect(await page.evaluate(`(${ASK})(worker, 'b')`)).toEqual(['ok', ['job']]);
  await expectOneTrace('a');
  await expectOneTrace('b');
  expect(await page.evaluate(`stop(); Object.hasOwn(worker, 'postMessage')`)).toBe(false);
  expect(site.refusals).toEqual([]);
});

test('R28: a service worker passes on what a tag asks for with the headers that the tag gave it', async () => {
  const data = Buffer.alloc(2048);
  const wave = Buffer.concat([
    Buffer.from('524946462408000057415645666d74201000000001000100401f0000803e0000020010006461746100080000', 'hex'),
    data,
  ]);
  site.routes.set('/sound.wav', (_request, response) => response.writeHead(200, { 'content-type': 'audio/wav' }).end(wave));
  site.routes.set('/worker.js', (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(`importScripts('/sdk.js');${site.start()}
      addEventListener('activate', (event) => event.waitUntil(clients.claim()));
      addEventListener('fetch', (event) => event.request.url.endsWith('.wav') && event.respondWith(fetch(event.request)));`),
  );
  const page = await site.open();
  await page.evaluate(`new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('controllerchange', resolve);
    navigator.serviceWorker.register('/worker.js');
  })`);
  await page.evaluate(`new Promise((resolve) => { const audio = new Audio('/sound.wav'); audio.onloadedmetadata = resolve; })`);
  expect(site.seen.find(({ path }) => path === '/sound.wav')!.headers['range']).toBe('bytes=0-');
});

test('so does a service worker', async () => {
  serve();
  const page = await site.open();
  await page.evaluate(`navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(({ active }) => {
    globalThis.worker = active; SpanStream.propagateTo(active);
  })`);
  expect(await page.evaluate(`(${ASK})(worker, 'a')`)).toEqual(['ok', ['job']]);
  await expectOneTrace('a');
});
