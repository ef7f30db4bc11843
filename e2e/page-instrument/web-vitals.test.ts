import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site, type WireSpan } from './start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

const value = (span: WireSpan, key: string): unknown => span.attributes[key]?.value;
const durationMs = (span: WireSpan): number => (span.end_timestamp - span.start_timestamp) * 1000;

const HIDE = `Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true })); SpanStream.flush()`;
/** A button whose handler takes 120 ms and pushes the page down, and a picture. */
const BODY = `<style>body { margin: 0 } main { display: flow-root }</style><main id="shop"><div class="top"></div><h1 class="title">Welcome to this rather long title of a shop</h1>
  <button class="buy now">Buy</button><input value="hunter2"></main>
  <script>document.querySelector('button').onclick = () => { const end = performance.now() + 120; while (performance.now() < end); };
  requestAnimationFrame(() => setTimeout(() => { document.querySelector('.top').style.height = '200px'; }, 50));</script>`;

test('web vitals are spans below the page load and attributes of it, with the element that made them', async () => {
  const page = await site.open({ body: BODY });
  const root = await site.span('pageload');
  await page.click('button');
  // The entry of the slow handler comes with a later frame; those of pressing and letting go may come before.
  await page.evaluate(`new Promise((resolve) => new PerformanceObserver((list) => {
    if (list.getEntriesByName('click').length > 0) resolve();
  }).observe({ type: 'event', durationThreshold: 16, buffered: true }))`);
  await page.evaluate(HIDE);
  const [lcp, fcp, ttfb, cls, inp] = await Promise.all(
    ['lcp', 'fcp', 'ttfb', 'cls', 'inp'].map((name) => site.span(`ui.webvital.${name}`)),
  );
  for (const span of [lcp, fcp, ttfb, cls, inp]) expect(span).toMatchObject({ trace_id: root.trace_id, parent_span_id: root.span_id });
  expect(value(lcp!, 'browser.web_vital.lcp.element')).toBe('main#shop > h1.title');
  expect(value(lcp!, 'browser.web_vital.lcp.size')).toBeGreaterThan(100);
  for (const [name, span] of Object.entries({ lcp, fcp, ttfb })) {
    expect(durationMs(span!)).toBeCloseTo(Number(value(span!, `browser.web_vital.${name}.value`)), 0);
    expect(Math.abs(span!.start_timestamp - root.start_timestamp)).toBeLessThan(0.005);
    expect(value(root, `browser.web_vital.${name}.value`)).toBeGreaterThan(0);
  }
  expect(value(cls!, 'browser.web_vital.cls.value')).toBeGreaterThan(0);
  expect(value(cls!, 'browser.web_vital.cls.source.1')).toContain('main#shop');
  expect(value(inp!, 'browser.web_vital.inp.target')).toBe('main#shop > button.buy.now');
  expect(value(inp!, 'browser.web_vital.inp.interaction_type')).toBe('pointer');
  const parts = ['input_delay', 'processing_duration', 'presentation_delay'].map((part) =>
    Number(value(inp!, `browser.web_vital.inp.${part}`)),
  );
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(Number(value(inp!, 'browser.web_vital.inp.value')), 0);
  expect(durationMs(inp!)).toBeCloseTo(Number(value(inp!, 'browser.web_vital.inp.value')), 0);
  expect(root.end_timestamp).toBeGreaterThanOrEqual(lcp!.end_timestamp - 0.002);
  expect(site.refusals).toEqual([]);
});

test('a metric is told once for each time that the page is hidden after it changed', async () => {
  const page = await site.open({ body: BODY });
  await site.span('pageload');
  await page.evaluate(HIDE);
  await page.evaluate(HIDE);
  await site.span('ui.webvital.lcp');
  expect(['lcp', 'fcp', 'ttfb', 'cls'].map((name) => site.withOp(`ui.webvital.${name}`).length)).toEqual([1, 1, 1, 1]);
});

test('R35: long frames and interactions name scripts and elements, never values', async () => {
  const page = await site.open({
    options: 'integrations: [SpanStream.longTasksIntegration(), SpanStream.interactionsIntegration()]',
    body: BODY,
  });
  await site.span('pageload');
  await page.click('button');
  await page.click('input');
  await page.keyboard.type('s');
  const click = await site.span('ui.interaction.click');
  expect(click.name).toBe('main#shop > button.buy.now');
  expect(durationMs(click)).toBeGreaterThanOrEqual(110);
  const frame = await site.span('ui.long_animation_frame', (one) => String(value(one, 'browser.script.invoker')).includes('BUTTON'));
  expect(frame.name).toBe('long_animation_frame');
  expect(durationMs(frame)).toBeGreaterThanOrEqual(110);
  expect(value(frame, 'browser.script.invoker_type')).toBe('event-listener');
  expect(value(frame, 'browser.long_animation_frame.blocking_ms')).toBeGreaterThan(0);
  expect(JSON.stringify(site.spans)).not.toContain('hunter2');
});

test.each([
  ['/none?token=hunter2', 'IMG[src="/none?token=[Filtered]"].onerror'],
  ['data:image/png;base64,hunter2', 'IMG[src="data:image/png"].onerror'],
])('R35: a long frame that names an image by its address names it without values: %s', async (address, invoker) => {
  const page = await site.open({ options: 'integrations: [SpanStream.longTasksIntegration()]' });
  await page.evaluate(`(() => {
    const image = new Image();
    image.onerror = () => { const start = performance.now(); while (performance.now() - start < 100); };
    image.src = '${address}';
  })()`);
  const frame = await site.span('ui.long_animation_frame', (one) => String(value(one, 'browser.script.invoker')).startsWith('IMG'));
  expect(value(frame, 'browser.script.invoker')).toBe(invoker);
});
