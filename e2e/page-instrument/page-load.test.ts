import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Site, type WireSpan } from './start-site.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const BAGGAGE = `sentry-trace_id=${TRACE_ID},sentry-sampled=true,sentry-release=shop%401`;

/** A page load that no timer ends during a test. */
const PATIENT = 'integrations: [SpanStream.pageLoadIntegration({ idleTimeoutMs: 20_000 })]';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const value = (span: WireSpan, key: string): unknown => span.attributes[key]?.value;

describe('page load', () => {
  test('the load of a page is a root span from its time origin, with its phases and resources below it', async () => {
    site.routes.set('/style.css', (_request, response) => response.writeHead(200, { 'content-type': 'text/css' }).end('p{color:red}'));
    const page = await site.open({ head: '<link rel="stylesheet" href="/style.css?secret=1">', body: '<p>Hi</p>' }, '/?token=abc');
    const root = await site.span('pageload');
    const timeOrigin = await page.evaluate('performance.timeOrigin');
    expect(root).toMatchObject({ name: 'Pageload', is_segment: true, status: 'ok' });
    expect(Math.abs(root.start_timestamp * 1000 - Number(timeOrigin))).toBeLessThan(5);
    expect(value(root, 'sentry.idle_span_finish_reason')).toBe('idleTimeout');
    expect(value(root, 'url.full')).toBe(`${site.origin}/?token=[Filtered]`);
    expect(value(root, 'sentry.origin')).toBe('auto.pageload.browser');
    const css = await site.span('resource.link');
    expect(css).toMatchObject({ name: 'link 127.0.0.1', parent_span_id: root.span_id, trace_id: root.trace_id });
    expect(css.attributes).toMatchObject({
      'url.full': { value: `${site.origin}/style.css?secret=[Filtered]` },
      'http.response.body.size': { value: 12 },
      'http.response.status_code': { value: 200 },
      'network.protocol.name': { value: 'http' },
      'network.protocol.version': { value: '1.1' },
    });
    for (const op of ['browser.request', 'browser.response', 'browser.dom_content_loaded_event']) {
      const phase = await site.span(op);
      expect(phase.parent_span_id).toBe(root.span_id);
      expect(phase.start_timestamp).toBeGreaterThanOrEqual(root.start_timestamp - 0.002);
      expect(phase.end_timestamp).toBeLessThanOrEqual(root.end_timestamp + 0.002);
    }
    expect(site.refusals).toEqual([]);
  });

  test('R24: it continues the trace of the meta tags', async () => {
    const head = `<meta name="sentry-trace" content="${TRACE_ID}-${PARENT_ID}-1"><meta name="baggage" content="${BAGGAGE}">`;
    await site.open({ head });
    const root = await site.span('pageload');
    expect(root).toMatchObject({ trace_id: TRACE_ID, parent_span_id: PARENT_ID, is_segment: true });
  });

  test.each([
    ['sentry-trace', { 'server-timing': `sentry-trace;desc="${TRACE_ID}-${PARENT_ID}-1", baggage;desc="${BAGGAGE}"` }],
    ['traceparent', { 'server-timing': `traceparent;desc="00-${TRACE_ID}-${PARENT_ID}-01"` }],
  ])('R24: it continues the trace of the Server-Timing entry %s', async (_name, headers) => {
    await site.open({ headers });
    expect(await site.span('pageload')).toMatchObject({ trace_id: TRACE_ID, parent_span_id: PARENT_ID });
  });

  test('R24: unreadable meta tags begin a new trace', async () => {
    await site.open({ head: '<meta name="sentry-trace" content="rubbish">' });
    expect((await site.span('pageload')).parent_span_id).toBeUndefined();
  });

  test('a page that is left ends its load at that moment, and says so', async () => {
    const page = await site.open({ options: PATIENT });
    // The page is kept, so what it had to say then it can still say.
    await page.evaluate(`dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })); SpanStream.flush()`);
    expect(value(await site.span('pageload'), 'sentry.idle_span_finish_reason')).toBe('documentHidden');
  });

  test('an uncaught error and an unhandled rejection mark the page load, and reach the page', async () => {
    const page = await site.open({ script: `setTimeout(() => { throw new RangeError('boom') }, 20)` });
    const root = await site.span('pageload');
    expect(root.status).toBe('error');
    expect(value(root, 'error.type')).toBe('RangeError');
    expect(await page.evaluate('globalThis.errors')).toEqual(['Uncaught RangeError: boom']);
  });

  test('an error that is none, as of a script of another origin, marks it too', async () => {
    const page = await site.open();
    await page.evaluate(`void Promise.reject()`);
    const root = await site.span('pageload');
    expect([root.status, value(root, 'error.type')]).toEqual(['error', 'Error']);
  });

  test('an unhandled rejection marks the page load', async () => {
    await site.open({ script: `setTimeout(() => Promise.reject(new TypeError('no')), 20)` });
    expect(value(await site.span('pageload'), 'error.type')).toBe('TypeError');
  });

  test('R1: what starts after the page load is in its trace, without being its child', async () => {
    const page = await site.open({ script: `setTimeout(() => SpanStream.tracing.startSpan({ name: 'in' }, () => {}), 20)` });
    const root = await site.span('pageload');
    await page.evaluate(`SpanStream.tracing.startSpan({ name: 'later' }, () => {}); SpanStream.flush()`);
    const named = (name: string) => site.spans.find((span) => span.name === name);
    expect(named('in')).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id, is_segment: false });
    expect(named('later')).toMatchObject({ trace_id: root.trace_id, is_segment: true });
    expect(named('later')!.parent_span_id).toBeUndefined();
  });

  test('the load of a prerendered page starts when somebody looks at it, in the trace that it had before', async () => {
    const before = `let activationStart = 0;
      Object.defineProperty(document, 'prerendering', { get: () => activationStart === 0 });
      const native = performance.getEntriesByType.bind(performance);
      const activated = (entry) => new Proxy(entry, { get: (target, key) => (key === 'activationStart' ? activationStart : Reflect.get(target, key, target)) });
      performance.getEntriesByType = (type) => (type === 'navigation' ? native(type).map(activated) : native(type));
      globalThis.activate = () => { activationStart = performance.now(); document.dispatchEvent(new Event('prerenderingchange')); return performance.timeOrigin + activationStart; };`;
    const page = await site.open({ before });
    await page.evaluate(`SpanStream.tracing.startSpan({ name: 'unseen' }, () => {})`);
    const activatedMs = Number(await page.evaluate('activate()'));
    const root = await site.span('pageload');
    expect(Math.abs(root.start_timestamp * 1000 - activatedMs)).toBeLessThan(5);
    expect(root.end_timestamp - root.start_timestamp).toBeLessThan(0.5);
    expect(value(root, 'sentry.idle_span_finish_reason')).toBe('idleTimeout');
    expect(value(root, 'browser.performance.navigation.activation_start')).toBeGreaterThan(0);
    expect(await site.named('unseen')).toMatchObject({ trace_id: root.trace_id, is_segment: true });
    expect(site.withOp('browser.request')).toEqual([]);
  });

  test('polling does not prolong a load that was over', async () => {
    site.routes.set('/poll', (_request, response) => response.end('ok'));
    await site.open({ script: `setInterval(() => fetch('/poll').then((r) => r.text()), 150)` });
    const root = await site.span('pageload');
    expect(value(root, 'sentry.idle_span_finish_reason')).toBe('idleTimeout');
    expect(root.end_timestamp - root.start_timestamp).toBeLessThan(3);
  });

  test('a page load is closed with the SDK', async () => {
    const page = await site.open({ options: PATIENT });
    await page.evaluate('SpanStream.close()');
    expect(value(await site.span('pageload'), 'sentry.idle_span_finish_reason')).toBe('externalFinish');
  });

  test('setRoute names it', async () => {
    await site.open({ script: `setTimeout(() => SpanStream.setRoute('/shop/:item'), 20)` });
    const root = await site.span('pageload');
    expect(root.name).toBe('/shop/:item');
    expect(value(root, 'url.template')).toBe('/shop/:item');
    expect(value(root, 'sentry.segment.name.source')).toBe('route');
  });
});
