import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Site, type WireSpan } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const value = (span: WireSpan, key: string): unknown => span.attributes[key]?.value;

/** `init` only attaches; the rest starts in the next task. Whatever the script goes on with has to be as if all were there. */
describe('what comes right behind init in the same script', () => {
  test('an error marks the page load', async () => {
    const page = await site.open({ script: `throw new RangeError('at once')` });
    const root = await site.span('pageload');
    expect(root.status).toBe('error');
    expect(value(root, 'error.type')).toBe('RangeError');
    expect(await page.evaluate('globalThis.errors')).toEqual(['Uncaught RangeError: at once']);
  });

  test('a navigation leaves the page load its address', async () => {
    await site.open({ script: `history.pushState(null, '', '/next?a=1')` }, '/?first');
    const load = await site.span('pageload');
    const navigation = await site.span('navigation');
    expect(value(load, 'url.path')).toBe('/');
    expect(value(navigation, 'url.path')).toBe('/next');
    expect(navigation.links).toMatchObject([{ trace_id: load.trace_id, span_id: load.span_id }]);
  });

  test.each([
    ['fetch', `globalThis.asked = fetch('/data').then((response) => response.text())`],
    [
      'xhr',
      `const xhr = new XMLHttpRequest(); xhr.open('GET', '/data'); globalThis.asked = new Promise((resolve) => (xhr.onload = resolve)); xhr.send()`,
    ],
  ])('a request is below the page load: %s', async (_library, script) => {
    site.routes.set('/data', (_request, response) => response.end('data'));
    const page = await site.open({ script });
    await page.evaluate('asked.then(() => undefined)');
    const root = await site.span('pageload');
    const request = await site.span('http.client');
    expect(request).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id });
    expect(site.seen.find(({ path }) => path === '/data')?.headers['sentry-trace']).toBe(`${root.trace_id}-${request.span_id}-1`);
  });

  test('what the client says of itself is what it says later', async () => {
    const page = await site.open({
      script: `globalThis.found = { open: SpanStream.getClient().openSpans().map(({ name }) => name), started: SpanStream.getClient().stats().started };`,
    });
    expect(await page.evaluate('found')).toEqual({ open: ['Pageload'], started: 1 });
  });

  test('scope, route and active span', async () => {
    await site.open({
      script: `SpanStream.setAttribute('of.scope', 'set'); SpanStream.setRoute('/users/:id');
        SpanStream.tracing.startSpan({ name: 'early' }, () => undefined);`,
    });
    const root = await site.span('pageload');
    expect(root.name).toBe('/users/:id');
    expect(value(root, 'of.scope')).toBe('set');
    expect(await site.named('early')).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id });
  });

  test('a page that is left at once tells of its load', async () => {
    const page = await site.open({
      script: `dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));`,
    });
    expect(value(await site.span('pageload'), 'sentry.idle_span_finish_reason')).toBe('documentHidden');
    await page.close();
  });

  test('R28: what wraps fetch later is not for envelopes, nor is what traces it', async () => {
    const page = await site.open({
      before: `globalThis.native = fetch; globalThis.direct = []; fetch = (...args) => (direct.push(String(args[0])), native(...args));`,
      script: `const wrapped = fetch; globalThis.later = []; fetch = (...args) => (later.push(String(args[0])), wrapped(...args));`,
    });
    await site.span('pageload');
    const urls = (await page.evaluate('({ direct, later })')) as Record<'direct' | 'later', string[]>;
    expect(urls.direct.filter((url) => url.includes('/envelope/')).length).toBeGreaterThan(0);
    expect(urls.later).toEqual([]);
  });

  test('R36: close undoes everything', async () => {
    const page = await site.open({
      before: `globalThis.before = [fetch, XMLHttpRequest.prototype.open, history.pushState];`,
      script: `globalThis.undone = SpanStream.close().then((isDone) => [isDone, before.every((one, at) => one === [fetch, XMLHttpRequest.prototype.open, history.pushState][at])]);`,
    });
    expect(await page.evaluate('undone')).toEqual([true, true]);
    expect(value(await site.span('pageload'), 'sentry.idle_span_finish_reason')).toBe('externalFinish');
  });
});
