import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { integrity, readDist, Site } from './start-site.ts';

const CHROMIUM = '/usr/bin/chromium';
const OPTIONS =
  "{ dsn: location.origin.replace('//', '//' + 'a'.repeat(32) + '@') + '/1', tunnel: '/tunnel', traceLifecycle: 'stream', tracesSampleRate: 1, integrations: () => [] }";
const INIT = `SpanStream.init(${OPTIONS});`;
const loader = readDist('loader.min.js');

/** The loader as a page has it, with what its tag says. */
const head = (data: string): string => `<script nonce="NONCE" data-src="/spanstream.min.js" ${data}>${loader}</script>`;
const inline = (code: string): string => `<script nonce="NONCE">${code}</script>`;

describe('the files of the build', () => {
  it('the loader takes less than 1 KB', () => {
    expect(gzipSync(loader, { level: 9 }).length).toBeLessThanOrEqual(1000);
  });

  it('neither script evaluates text as code', () => {
    for (const file of Object.keys(integrity)) expect(readDist(file)).not.toMatch(/\beval\s*\(|\bnew Function\b|setTimeout\(["'`]/);
  });

  it('the hashes are those of the files, and the script has its source map', () => {
    for (const [file, hash] of Object.entries(integrity))
      expect(`sha384-${createHash('sha384').update(readDist(file)).digest('base64')}`).toBe(hash);
    expect(Object.keys(integrity)).toEqual(expect.arrayContaining(['loader.min.js', 'spanstream.min.js']));
    expect(readDist('spanstream.min.js')).toContain('//# sourceMappingURL=spanstream.min.js.map');
    expect(JSON.parse(readDist('spanstream.min.js.map'))).toMatchObject({ version: 3 });
  });
});

describe.skipIf(!existsSync(CHROMIUM))('in Chromium, under a policy that allows scripts by nonce only', () => {
  let browser: Browser;
  let page: Page;
  let site: Site;
  const errors: string[] = [];

  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    errors.length = 0;
    site = await new Site().start();
    page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
  });
  afterEach(async () => {
    await page.close();
    await site.stop();
  });

  it.each(['spanstream.min.js', 'spanstream.stream.min.js'])(
    '%s defines SpanStream and sends a span, checked by its hash',
    async (file) => {
      const tag = `<script nonce="NONCE" src="/${file}" integrity="${integrity[file]}"></script>`;
      const work = "SpanStream.tracing.startSpan({ name: 'plain' }, (span) => span.setAttribute('a', 1)); SpanStream.flush();";
      await page.goto(site.page('/', tag + inline(INIT + work)));
      await site.until(() => site.spans.length === 1);
      expect(site.span('plain').attributes).toMatchObject({ a: { value: 1 }, 'sentry.sdk.name': { value: 'spanstream.browser' } });
      expect([site.violations, errors]).toEqual([[], []]);
    },
  );

  it('the loader hands its nonce and the hash on to the script, which a policy and the browser check', async () => {
    const work = `${INIT} SpanStream.ready(() => { SpanStream.tracing.startSpan({ name: 'late' }, () => 1); SpanStream.flush(); });`;
    await page.goto(site.page('/', head(`data-integrity="${integrity['spanstream.min.js']}"`) + inline(work)));
    await site.until(() => site.spans.length === 1);
    expect([site.asked, site.violations, errors]).toEqual([['/spanstream.min.js'], [], []]);
  });

  it('spans from before the script arrives keep parent, times, attributes and failure', async () => {
    const release = site.holdScripts();
    const work = `${INIT}
      const { startSpan } = SpanStream.tracing;
      window.value = startSpan({ name: 'outer' }, (outer) => {
        outer.setAttributes({ cart: 3 });
        startSpan({ name: 'inner', attributes: { b: true } }, () => 1);
        return 42;
      });
      window.hand = startSpan({ name: 'by hand' });
      window.done = startSpan({ name: 'async' }, async () => { await 0; throw new TypeError('no'); }).catch((error) => error.message);`;
    await page.goto(site.page('/', head('') + inline(work)), { waitUntil: 'commit' });
    expect(await page.evaluate('Promise.all([window.value, window.done])')).toEqual([42, 'no']);
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 30)).then(() => window.hand.setName('renamed').end())");
    const before = Date.now() / 1000;
    release();
    await page.evaluate('SpanStream.flush()');
    await site.until(() => site.spans.length === 4);
    expect(site.span('inner')).toMatchObject({ parent_span_id: site.span('outer').span_id, attributes: { b: { value: true } } });
    expect(site.span('outer').attributes).toMatchObject({ cart: { value: 3 } });
    expect(site.span('async').status).toBe('error');
    const { start_timestamp, end_timestamp } = site.span('renamed');
    expect(end_timestamp - start_timestamp).toBeGreaterThan(0.02);
    expect(end_timestamp).toBeLessThanOrEqual(before + 0.001);
    expect([site.violations, errors]).toEqual([[], []]);
  });

  it('data-load="use" asks for the script on the first use, init aside', async () => {
    await page.goto(site.page('/', head('data-load="use"') + inline(INIT)));
    expect(site.asked).toEqual([]);
    await page.evaluate("SpanStream.tracing.startSpan({ name: 'first' }, () => 1)");
    await page.evaluate('SpanStream.flush()');
    await site.until(() => site.spans.length === 1);
    expect(site.span('first').status).toBe('ok');
  });

  it('each verb answers while the script is awaited, and what was taken hold of then works afterwards', async () => {
    const release = site.holdScripts();
    const work = `${INIT}
      const { tracing } = SpanStream;
      window.early = { tracing, traced: tracing.traced(function double(a) { return a * 2; }), setUser: SpanStream.setUser };
      window.answers = [
        tracing.continueTrace({}, () => 1), tracing.startNewTrace(() => 2), tracing.suppressTracing(() => 3), tracing.runDetached(() => 4),
        SpanStream.withIsolationScope(() => 5), tracing.withActiveSpan(null, () => 6), tracing.bind(() => 7)(), early.traced(4),
        tracing.getActiveSpan(), tracing.getTraceHeaders(), tracing.getTraceMetaTags(), SpanStream.getClient(),
        tracing.suppressTracing(() => tracing.startSpan({ name: 'never' }, () => 9)),
      ];
      SpanStream.setAttribute('page', 'home');`;
    await page.goto(site.page('/', head('') + inline(work)), { waitUntil: 'commit' });
    expect(await page.evaluate('JSON.stringify(window.answers)')).toBe('[1,2,3,4,5,6,7,8,null,{},"",null,9]');
    release();
    await page.evaluate('SpanStream.flush()');
    expect(await page.evaluate('early.traced(5) + early.tracing.startSpan({ name: "after" }, () => 1)')).toBe(11);
    await page.evaluate('SpanStream.flush()');
    await site.until(() => site.spans.length === 3);
    expect(site.spans.map(({ name }) => name).sort()).toEqual(['after', 'double', 'double']);
    expect(site.span('after').attributes['page']).toEqual({ type: 'string', value: 'home' });
    expect([site.violations, errors]).toEqual([[], []]);
  });

  it('R34: options that are none, and a span taken for text, throw no sooner than the script is there', async () => {
    const release = site.holdScripts();
    const work = `${INIT}
      const { tracing } = SpanStream;
      window.answers = [
        tracing.startSpan(undefined, () => 1), tracing.startSpan(null, () => 2), typeof tracing.startSpan(), typeof tracing.startSpan({ name: 'a' }, 5),
        String(tracing.startSpan({ name: 'b' })), tracing.traceStream(3), JSON.stringify(tracing.startSpan({ name: 'c' })),
      ];`;
    await page.goto(site.page('/', head('') + inline(work)), { waitUntil: 'commit' });
    expect(await page.evaluate('window.answers')).toEqual([1, 2, 'object', 'object', '[object Object]', 3, '{"name":"c","status":"ok"}']);
    release();
    await page.evaluate('SpanStream.flush()');
    expect(errors).toEqual([]);
  });

  it('R34: a script that never comes leaves the page as it is', async () => {
    const work = `${INIT}
      window.lost = SpanStream.flush();
      window.value = SpanStream.tracing.startSpan({ name: 'a' }, () => 1);`;
    await page.goto(site.page('/', head('').replace('/spanstream.min.js', '/missing.js') + inline(work)));
    expect(await page.evaluate('Promise.all([window.value, window.lost])')).toEqual([1, false]);
    expect(await page.evaluate("SpanStream.tracing.startSpan({ name: 'b' }, (span) => span.setName('c').isRecording())")).toBe(true);
    expect(await page.evaluate('SpanStream.close()')).toBe(false);
    expect(errors).toEqual([]);
  });

  it('a script that is not the one of the hash is not run', async () => {
    const data = `data-integrity="sha384-${'A'.repeat(64)}"`;
    await page.goto(site.page('/', head(data) + inline(`${INIT} window.lost = SpanStream.flush();`)));
    expect(await page.evaluate('window.lost')).toBe(false);
  });
});
