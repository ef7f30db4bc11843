import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site } from '../page-instrument/start-site.ts';

let site: Site;
beforeAll(async () => void (site = await Site.start()));
afterEach(() => site.reset());
afterAll(() => site.close());

interface PageTransaction {
  readonly transaction: string;
  readonly contexts: { readonly trace: { readonly op: string; readonly span_id: string } };
  readonly measurements?: Readonly<Record<string, { readonly value: number; readonly unit: string }>>;
  readonly spans: readonly { readonly op: string; readonly parent_span_id: string }[];
}

/** Keeps what would be sent in the page, where the test can read it. */
const STATIC = `traceLifecycle: 'static', batching: undefined, transport: () => ({ async send(_url, { body }) {
  (globalThis.sent ??= []).push(typeof body === 'string' ? body : new TextDecoder().decode(body));
  return { status: 200, headers: new Headers() };
} })`;
const TRANSACTIONS = `(globalThis.sent ?? []).map((text) => text.split('\\n')).filter(([, item]) => item === '{"type":"transaction"}')
  .map(([, , payload]) => JSON.parse(payload))`;
const BODY = `<main style="display: flow-root"><div class="top"></div><h1>Welcome to this rather long title of a shop</h1></main>
  <script>requestAnimationFrame(() => setTimeout(() => { document.querySelector('.top').style.height = '200px'; }, 50));
  fetch('/items');</script>`;

test('R12: a page load is a transaction with its requests, and carries the web vitals as measurements', async () => {
  const page = await site.open({ options: STATIC, body: BODY });
  await page.waitForFunction(`${TRANSACTIONS}.some(({ contexts }) => contexts.trace.op === 'pageload')`);
  const transactions = (await page.evaluate(TRANSACTIONS)) as PageTransaction[];
  const { contexts, measurements, spans } = transactions.find(({ contexts: { trace } }) => trace.op === 'pageload')!;
  for (const name of ['lcp', 'fcp', 'ttfb']) {
    expect(measurements?.[name]?.unit).toBe('millisecond');
    expect(measurements?.[name]?.value).toBeGreaterThan(0);
  }
  expect(measurements?.['cls']).toEqual({ value: expect.any(Number) as number, unit: '' });
  const request = spans.find(({ op }) => op === 'http.client');
  expect(request?.parent_span_id).toBe(contexts.trace.span_id);
});

test('the legacy API and transactions work in a page', async () => {
  const page = await site.open({ options: `${STATIC}, integrations: () => []` });
  await page.evaluate(`const transaction = SpanStream.startTransaction({ name: 'checkout', op: 'task' });
    transaction.startChild({ op: 'task', description: 'pay' }).finish(); transaction.finish(); SpanStream.flush()`);
  expect(await page.evaluate(TRANSACTIONS)).toMatchObject([
    {
      type: 'transaction',
      platform: 'javascript',
      transaction: 'checkout',
      spans: [{ description: 'pay' }],
      sdk: { name: 'spanstream.browser' },
    },
  ]);
});
