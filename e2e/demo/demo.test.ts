import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';
import { startViewer } from '@spanstream/viewer';
import { launchChromium } from './launch-chromium.ts';
import { eventually, formatTree, traceRows, traceSpans } from './viewer-client.ts';

const START = fileURLToPath(new URL('../../examples/shop/start.mjs', import.meta.url));
const RESULTS = fileURLToPath(new URL('../test-results', import.meta.url));

async function startDemo(...args: string[]) {
  const program = startProgram(START, { args: ['--port', '0', ...args], timeoutMs: 80_000 });
  await program.said('The shop is open');
  const [url = '', shopUrl = ''] = program.stdout.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  return { program, url, shopUrl };
}

/** The spans of the first trace that has a span of this name and satisfies the condition. */
function findTrace(url: string, name: string, isWanted: (spanCount: number, isComplete: boolean) => boolean) {
  const find = async () => {
    for (const row of await traceRows(url)) {
      if (!isWanted(row.span_count, row.complete)) continue;
      const spans = await traceSpans(url, row.trace_id);
      if (spans.some((span) => span.name === name)) return spans;
    }
    return undefined;
  };
  return eventually(find, `a trace with ${name}`);
}

describe('the demo', () => {
  let demo: Awaited<ReturnType<typeof startDemo>>;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(async () => {
    demo.program.kill('SIGINT');
    await demo.program.ended;
  });

  test('R10: the children of the report arrive while its root is open', async () => {
    const spans = await findTrace(demo.url, 'write page', (spanCount) => spanCount > 200);
    expect(spans.some((span) => span.name === 'monthly report')).toBe(false);
    const pages = spans.filter((span) => span.name === 'write page');
    const [reportId, ...others] = new Set(pages.map((span) => span.parent_span_id));
    expect(others).toEqual([]);
    expect(spans.some((span) => span.span_id === reportId)).toBe(false);
    expect(new Set(spans.map((span) => span.attributes['sentry.segment.name']))).toEqual(new Set(['monthly report']));
  });

  test('R24 R25: a checkout is one trace across both services, span by span', async () => {
    const spans = await findTrace(demo.url, 'POST /payments', (_spanCount, isComplete) => isComplete);
    expect(formatTree(spans)).toEqual([
      'POST /checkout [api]',
      '  price the cart [api]',
      '    SELECT prices [api]',
      '  POST 127.0.0.1 [api]',
      '    POST /payments [worker]',
      '      authorise payment [worker]',
      '      SELECT customers [worker]',
      '      INSERT payments [worker]',
      '  INSERT orders [api]',
    ]);
    const named = (name: string) => spans.find((span) => span.name === name);
    expect(spans.filter((span) => span.is_segment).map((span) => span.name)).toEqual(['POST /checkout', 'POST /payments']);
    expect(named('POST /checkout')?.attributes).toMatchObject({
      'sentry.op': 'http.server',
      'http.route': '/checkout',
      'http.response.status_code': 201,
    });
    expect(named('POST 127.0.0.1')?.attributes).toMatchObject({ 'sentry.op': 'http.client', 'http.request.method': 'POST' });
    expect(named('price the cart')?.attributes['cart.total']).toMatchObject({ unit: 'euro' });
    expect(named('INSERT orders')?.attributes['cart.items']).toBeGreaterThan(0);
  });

  test('R24 R25: from the click in the page to the database it is one trace, span by span, while the page is still open', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(demo.shopUrl);
      await page.getByRole('button', { name: 'Buy' }).first().click();
      await page.getByText('Thank you').waitFor();
      const spans = await eventually(async () => {
        for (const { trace_id: traceId } of await traceRows(demo.url)) {
          const found = await traceSpans(demo.url, traceId);
          // The last to leave of each process: the page, the worker, the API for the page itself and for the order.
          const lasts = ['show receipt', 'POST /payments', 'POST /checkout', 'GET /'];
          if (lasts.every((last) => found.some(({ name }) => name === last))) return found;
        }
        return undefined;
      }, 'the trace of the click');
      const bought = spans.find(({ name }) => name === 'buy')!;
      const below = (id: string): typeof spans =>
        spans.flatMap((span) => (span.parent_span_id === id ? [span, ...below(span.span_id)] : []));
      expect(formatTree([bought, ...below(bought.span_id)])).toEqual([
        'buy [page]',
        '  POST 127.0.0.1 [page]',
        '    POST /checkout [api]',
        '      price the cart [api]',
        '        SELECT prices [api]',
        '      POST 127.0.0.1 [api]',
        '        POST /payments [worker]',
        '          authorise payment [worker]',
        '          SELECT customers [worker]',
        '          INSERT payments [worker]',
        '      INSERT orders [api]',
        '  show receipt [page]',
      ]);
      // The page continues the trace of the request that brought it.
      expect(spans.map(({ name }) => name)).toContain('GET /');
      expect(new Set(spans.map(({ trace_id: traceId }) => traceId)).size).toBe(1);
    } finally {
      await browser.close();
    }
  });

  test('R7: the broken page is marked as an error, from the throw up to the request', async () => {
    const spans = await findTrace(demo.url, 'ask the model', (_spanCount, isComplete) => isComplete);
    expect(formatTree(spans)).toEqual(['GET /recommendations [api] error', '  ask the model [api] error', '    SELECT orders [api]']);
    expect(spans[1]?.attributes['error.type']).toBe('RangeError');
  });

  test('shows the report in the browser while it runs', async () => {
    mkdirSync(RESULTS, { recursive: true });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(demo.url);
      await page
        .getByRole('option', { name: /monthly report/ })
        .first()
        .click();
      await page.getByRole('row', { name: /monthly report.*still running/ }).waitFor();
      await page
        .getByRole('row', { name: /write page/ })
        .first()
        .waitFor();
      expect(await page.getByRole('row').count()).toBeGreaterThan(10);
      await page.screenshot({ path: `${RESULTS}/demo.png` });
    } finally {
      await browser.close();
    }
  });
});

test('the demo ends by itself, and takes another port when its own is taken', async () => {
  const viewer = await startViewer({ port: 0 });
  const { port } = new URL(viewer.url);
  const { ended } = startProgram(START, { args: ['--seconds', '3', '--port', port] });
  const { code, stdout, stderr } = await ended;
  await viewer.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Port ${port} is taken`);
  const [, traces, spans] = /(\d+) traces, ([\d,]+) spans\n$/.exec(stdout) ?? [];
  expect(Number(traces)).toBeGreaterThan(3);
  expect(Number(spans?.replace(',', ''))).toBeGreaterThan(50);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops the demo and its services', async (signal) => {
  const { program } = await startDemo();
  const children = childrenOf(program.pid);
  expect(children).toHaveLength(2);
  program.kill(signal);
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const pid of children) expect(existsSync(`/proc/${pid}`)).toBe(false);
});

function childrenOf(pid: number | undefined): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
}
