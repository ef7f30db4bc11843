import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Site, type WireSpan } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const value = (span: WireSpan, key: string): unknown => span.attributes[key]?.value;
const to = (path: string) => (span: WireSpan) => value(span, 'url.path') === path;

const HOLD = `const held = ['pushState', 'replaceState'].map((name) => history[name]);`;

describe.each([
  ['the Navigation API', ''],
  ['the History API', 'delete globalThis.navigation; Object.defineProperty(globalThis, "navigation", { value: undefined });'],
])('navigation with %s', (_api, without) => {
  const before = `${without} ${HOLD}`;

  test('a push is a root span in a trace of its own, linked to the one before', async () => {
    const page = await site.open({ before });
    const load = await site.span('pageload');
    site.routes.set('/data', (_request, response) => response.end('ok'));
    await page.evaluate(`history.pushState({}, '', '/items/1?q=secret'); fetch('/data').then((r) => r.text())`);
    const root = await site.span('navigation');
    expect(root).toMatchObject({ name: 'Navigation', is_segment: true });
    expect(root.trace_id).not.toBe(load.trace_id);
    expect(root.links).toMatchObject([
      { trace_id: load.trace_id, span_id: load.span_id, sampled: true, attributes: { 'sentry.link.type': { value: 'previous_trace' } } },
    ]);
    expect(value(root, 'url.full')).toBe(`${site.origin}/items/1?q=[Filtered]`);
    expect(value(root, 'navigation.type')).toBe('push');
    expect(await site.span('http.client')).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id });
    expect(site.seen.find(({ path }) => path === '/data')!.headers['sentry-trace']).toContain(root.trace_id);
    expect(site.refusals).toEqual([]);
  });

  test('the way back is one; the next one ends the one before', async () => {
    const page = await site.open({ before });
    await page.evaluate(`(async () => {
      history.pushState({}, '', '/a'); SpanStream.setRoute('/:first');
      history.pushState({}, '', '/b'); SpanStream.setRoute('/:second');
      const moved = new Promise((resolve) => addEventListener('popstate', resolve, { once: true }));
      history.back(); await moved; setTimeout(() => SpanStream.setRoute('/:third'));
    })()`);
    const [first, second, third] = await Promise.all(
      ['/:first', '/:second', '/:third'].map((name) => site.span('navigation', (one) => one.name === name)),
    );
    expect([first, second].map((span) => value(span!, 'sentry.idle_span_finish_reason'))).toEqual([
      'interactionInterrupted',
      'interactionInterrupted',
    ]);
    expect(value(third!, 'navigation.type')).toBe('traverse');
    expect(second!.links![0]!.span_id).toBe(first!.span_id);
    expect(third!.links![0]!.span_id).toBe(second!.span_id);
  });

  test('fragments, the same address and replacements while something goes on are none; routes in the fragment are', async () => {
    const page = await site.open({ before });
    await page.evaluate(`
      history.pushState({}, '', location.href); history.pushState({}, '', '#part'); location.hash = 'other';
      history.replaceState({}, '', '/redirected');`);
    const load = await site.span('pageload');
    expect(value(load, 'url.path')).toBe('/redirected');
    await page.evaluate(`SpanStream.flush()`);
    expect(site.withOp('navigation')).toEqual([]);
    await page.evaluate(`history.pushState({}, '', '#/users/1')`);
    await site.span('navigation');
  });

  test('a redirect leaves nothing of the address before', async () => {
    const page = await site.open({ before }, '/?next=1');
    await page.evaluate(`history.replaceState({}, '', '/home')`);
    const root = await site.span('pageload');
    expect([value(root, 'url.path'), value(root, 'url.query')]).toEqual(['/home', undefined]);
  });

  test('one navigation is one span, with what it loads after it is announced', async () => {
    site.routes.set('/loader', (_request, response) => response.end('ok'));
    const page = await site.open({
      before,
      script: `
        const listeners = new Set();
        globalThis.router = { state: { navigation: { state: 'idle' }, matches: [{ route: { path: '/' } }] }, subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); } };
        globalThis.go = (state, ...paths) => { router.state = { navigation: { state }, matches: paths.map((path) => ({ route: { path } })) }; listeners.forEach((tell) => tell(router.state)); };
        SpanStream.traceReactRouter(router);`,
    });
    expect((await site.span('pageload')).name).toBe('/');
    await page.evaluate(`(async () => {
      go('loading', '/'); await fetch('/loader').then((r) => r.text());
      history.pushState({}, '', '/users/7'); go('idle', '/', 'users', ':id', undefined);
    })()`);
    const root = await site.span('navigation');
    expect(root.name).toBe('/users/:id');
    expect(value(root, 'url.path')).toBe('/users/7');
    expect(await site.span('http.client', to('/loader'))).toMatchObject({ parent_span_id: root.span_id });
    expect(site.withOp('navigation')).toHaveLength(1);
  });

  test('Vue Router names page load and navigation', async () => {
    const page = await site.open({
      before,
      script: `
        const before = [], after = [];
        globalThis.router = { beforeEach(guard) { before.push(guard); return () => {}; }, afterEach(guard) { after.push(guard); return () => {}; } };
        globalThis.go = (to, from, failure) => { before.forEach((guard) => guard(to, from)); if (from.matched.length) history.pushState({}, '', to.path); after.forEach((guard) => guard(to, from, failure)); };
        SpanStream.traceVueRouter(router); globalThis.home = { path: '/', matched: [{ path: '/' }] };
        go(home, { path: '/', matched: [] });`,
    });
    expect((await site.span('pageload')).name).toBe('/');
    await page.evaluate(`go({ path: '/items/7', matched: [{ path: '/items' }, { path: '/items/:id' }] }, home)`);
    expect((await site.span('navigation')).name).toBe('/items/:id');
    await page.evaluate('SpanStream.flush()');
    expect(site.withOp('navigation')).toHaveLength(1);
  });

  test('R36: history keeps name, length and identity, and close restores it', async () => {
    const page = await site.open({ before });
    const facts = await page.evaluate(`(async () => {
      const { pushState, replaceState } = history;
      const during = [pushState.name, pushState.length, replaceState.name, Object.hasOwn(history, 'pushState')];
      await SpanStream.close();
      return [...during, history.pushState === held[0], history.replaceState === held[1]];
    })()`);
    expect(facts).toEqual(['pushState', 2, 'replaceState', false, true, true]);
  });
});

test('coming back from the back/forward cache is a navigation', async () => {
  const page = await site.open();
  const load = await site.span('pageload');
  await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
  const root = await site.span('navigation');
  expect(value(root, 'navigation.type')).toBe('back_forward_cache');
  expect(root.links![0]!.trace_id).toBe(load.trace_id);
});

test.each([true, false])('with consistentTraceSampling the first decision holds (sampled: %s)', async (isSampled) => {
  const page = await site.open({
    options: `tracesSampleRate: undefined, tracesSampler: ({ name, inheritOrSampleWith }) => name === 'Pageload' ? ${isSampled} : inheritOrSampleWith(${isSampled ? 0 : 1}), integrations: [SpanStream.navigationIntegration({ consistentTraceSampling: true })]`,
  });
  const headers = await page.evaluate(
    `history.pushState({}, '', '/a'); history.pushState({}, '', '/b'); SpanStream.tracing.getTraceHeaders()`,
  );
  const { 'sentry-trace': trace, baggage } = headers as Record<string, string>;
  expect(trace!.endsWith(isSampled ? '-1' : '-0')).toBe(true);
  expect(baggage).toContain(`sentry-sampled=${isSampled}`);
  expect(baggage).toContain(`sentry-trace_id=${trace!.slice(0, 32)}`);
  if (isSampled) {
    await site.span('navigation', to('/b'));
    expect(site.refusals).toEqual([]);
  }
});
