import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../demo/launch-chromium.ts';
import { eventually, formatTree, traceRows, traceSpans } from '../demo/viewer-client.ts';
import { startProgram } from '../process/start-program.mjs';
import { hasPostgres, startPostgres } from '../servers/start-postgres.mjs';
import { hasRedis, startRedis } from '../servers/start-redis.mjs';

const RESULTS = fileURLToPath(new URL('../test-results', import.meta.url));
const START = fileURLToPath(new URL('../../examples/polyglot-backend/start.mjs', import.meta.url));
const isMissing = !(hasPostgres() && hasRedis()) && process.env['CI'] !== 'true';

const MODES = [
  ['by envelopes', []],
  ['by OTLP', ['--otlp']],
] as const;

describe.skipIf(isMissing).each(MODES)('the polyglot backend, %s', (mode, args) => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let program: ReturnType<typeof startProgram>;
  let url = '';

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const env = {
      POSTGRES_URL: `postgres://postgres@127.0.0.1:${postgres.port}/postgres`,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    };
    program = startProgram(START, { args: ['--port', '0', ...args], env, timeoutMs: 80_000 });
    await program.said('Something was ordered');
    [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(program.stdout) ?? [];
  });

  afterAll(async () => {
    program.kill('SIGINT');
    const { code, stderr } = await program.ended;
    await Promise.all([postgres.stop(), redis.stop()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  /** The first trace that has a span of this name and of the last name. */
  const findTrace = (name: string, last: string) =>
    eventually(async () => {
      for (const row of await traceRows(url)) {
        const spans = await traceSpans(url, row.trace_id);
        const names = spans.map((span) => span.name);
        if (names.includes(name) && names.includes(last) && row.complete) return spans;
      }
      return undefined;
    }, `a trace with ${name}`);

  test('an order is one trace: route, cache, queries, queue and the worker’s part', async () => {
    const spans = await findTrace('POST /orders/:product', 'UPDATE orders');
    expect(formatTree(spans.filter((span) => span.attributes['sentry.origin'] !== 'auto.db.ioredis'))).toEqual([
      'POST /orders/:product [api]',
      '  jsonParser [api]',
      '  authenticate [api]',
      '  /orders/:product [api]',
      '    GET [api]',
      '    SELECT products [api]',
      '    SET [api]',
      '    INSERT orders [api]',
      '    publish mails [api]',
      '      process mails [worker]',
      '        SELECT orders products [worker]',
      '        UPDATE orders [worker]',
    ]);
    const ops = Object.fromEntries(spans.map((span) => [span.name, span.attributes['sentry.op']]));
    expect(ops).toMatchObject({
      'POST /orders/:product': 'http.server',
      '/orders/:product': 'handler',
      GET: 'cache.get',
      SET: 'cache.put',
      'SELECT products': 'db.query',
      'publish mails': 'queue.publish',
      'process mails': 'queue.process',
    });
    expect(JSON.stringify(spans)).not.toMatch(/somebody|example\.com|Bearer/);
  });

  test('the viewer shows it', async () => {
    mkdirSync(RESULTS, { recursive: true });
    await findTrace('POST /orders/:product', 'UPDATE orders');
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(url);
      await page
        .getByRole('option', { name: /POST \/orders\/:product/ })
        .first()
        .click();
      for (const name of [/POST \/orders\/:product/, /INSERT orders/, /publish mails/, /process mails/, /UPDATE orders/])
        await page.getByRole('row', { name }).first().waitFor();
      await page.screenshot({ path: `${RESULTS}/polyglot ${mode}.png` });
    } finally {
      await browser.close();
    }
  });

  test('the second request finds the product in the cache', async () => {
    const spans = await findTrace('GET /products/:id', 'GET');
    const cache = spans.find((span) => span.attributes['sentry.op'] === 'cache.get');
    expect(cache?.attributes['cache.hit']).toBe(true);
    expect(spans.some((span) => span.name === 'SELECT products')).toBe(false);
  });
});
