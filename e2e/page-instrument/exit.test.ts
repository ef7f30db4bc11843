import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const PATIENT =
  'integrations: [SpanStream.pageLoadIntegration({ idleTimeoutMs: 20_000 }), SpanStream.navigationIntegration({ idleTimeoutMs: 20_000 })]';

test('R32: a page that is left for another one ends its load and tells its web vitals on the way', async () => {
  const page = await site.open({ options: PATIENT, body: '<h1>A title that is painted</h1>' });
  await page.evaluate(
    "new Promise((painted) => new PerformanceObserver(painted).observe({ type: 'largest-contentful-paint', buffered: true }))",
  );
  site.routes.set('/next', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('next'));
  await page.goto(`${site.origin}/next`);
  const root = await site.span('pageload');
  expect(root.attributes['sentry.idle_span_finish_reason']).toMatchObject({ value: 'documentHidden' });
  for (const name of ['lcp', 'cls', 'fcp', 'ttfb'])
    expect(await site.span(`ui.webvital.${name}`)).toMatchObject({ parent_span_id: root.span_id });
});

test('R32: a page that is closed during a navigation ends that', async () => {
  const page = await site.open({ options: PATIENT });
  await page.evaluate(`history.pushState({}, '', '/a')`);
  await page.close({ runBeforeUnload: true });
  expect((await site.span('navigation')).attributes['sentry.idle_span_finish_reason']).toMatchObject({ value: 'documentHidden' });
});
