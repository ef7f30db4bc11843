import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMongodb } from '../../packages/opentelemetry/test-programs/mongodb-server.mjs';
import { hasPostgres, startPostgres } from '../servers/start-postgres.mjs';
import { hasRedis, startRedis } from '../servers/start-redis.mjs';
import { runProgram, toTrees } from './run-program.mjs';

const isCI = process.env['CI'] !== undefined;

/** One program, three times: what the published instrumentation records in spanstream is what it records in OpenTelemetry's SDK. */
async function expectSameTrees(program: string, spansAtLeast: number, env: Record<string, string> = {}): Promise<void> {
  const peer = toTrees(await runProgram(program, { ...env, TRACING: 'peer' }));
  expect(JSON.stringify(peer).match(/"name"/g)!.length).toBeGreaterThanOrEqual(spansAtLeast);
  for (const lifecycle of ['stream', 'static'])
    expect(toTrees(await runProgram(program, { ...env, TRACING: 'ours', LIFECYCLE: lifecycle }))).toEqual(peer);
}

describe('published instrumentation records the same trees in both lifecycles as with OpenTelemetry’s own SDK', () => {
  test.each([
    ['http', 12],
    ['undici', 5],
    ['express', 9],
    ['koa', 7],
    ['fastify', 8],
  ])('%s', async (name, spansAtLeast) => expectSameTrees(`${name}.cjs`, spansAtLeast));

  describe.skipIf(!hasPostgres() && !isCI)('with PostgreSQL', () => {
    let server: Awaited<ReturnType<typeof startPostgres>>;
    beforeAll(async () => void (server = await startPostgres()));
    afterAll(() => server.stop());
    test('pg', async () => expectSameTrees('pg.cjs', 11, { POSTGRES_PORT: String(server.port) }));
  });

  describe.skipIf(!hasRedis() && !isCI)('with Redis', () => {
    let server: Awaited<ReturnType<typeof startRedis>>;
    beforeAll(async () => void (server = await startRedis()));
    afterAll(() => server.stop());
    test('ioredis', async () => expectSameTrees('ioredis.cjs', 10, { REDIS_PORT: String(server.port) }));
  });

  describe('with a server that speaks MongoDB’s protocol', () => {
    let server: Awaited<ReturnType<typeof startMongodb>>;
    beforeAll(async () => void (server = await startMongodb()));
    afterAll(() => server.stop());
    test('mongodb', async () => expectSameTrees('mongodb.cjs', 6, { MONGODB_PORT: String(server.port) }));
  });
});

describe('where an integration of spanstream and instrumentation of OpenTelemetry record the same', () => {
  const shapeOf = (spans: Awaited<ReturnType<typeof runProgram>>) => {
    const name = (id: string): string => spans.find((span) => span.spanId === id)?.name ?? 'none';
    return spans
      .map((span) => `${span.op ?? span.kind} ${span.name} < ${name(span.parentSpanId)} by ${span.scope ?? 'spanstream'}`)
      .toSorted();
  };
  const leadsTo = (spans: Awaited<ReturnType<typeof runProgram>>, header: string): string =>
    spans.find((span) => span.spanId === header.split('-')[2])?.op;

  test('the integration records, and routes and hooks of OpenTelemetry reach its span', async () => {
    const spans = await runProgram('both.cjs', { TRACING: 'ours', WINS: 'ours' });
    const { requested, fetched } = spans.find((span) => span.name === 'client').attributes;
    expect([leadsTo(spans, requested), leadsTo(spans, fetched)]).toEqual(['http.client', 'http.client']);
    expect(spans.filter((span) => span.op === 'http.server').map((span) => span.attributes['hooked'])).toEqual([true, true]);
    expect(shapeOf(spans)).toMatchInlineSnapshot(`
      [
        "handler /users/:id < GET /users/:id by spanstream",
        "handler /users/:id < GET /users/:id by spanstream",
        "http.client GET 127.0.0.1 < client by spanstream",
        "http.client GET 127.0.0.1 < client by spanstream",
        "http.server GET /users/:id < GET 127.0.0.1 by spanstream",
        "http.server GET /users/:id < GET 127.0.0.1 by spanstream",
        "internal client < none by program",
        "internal load user < /users/:id by program",
        "internal load user < /users/:id by program",
      ]
    `);
  });

  test('OpenTelemetry’s records where the integrations are left out', async () => {
    const spans = await runProgram('both.cjs', { TRACING: 'ours', WINS: 'theirs' });
    const { requested, fetched } = spans.find((span) => span.name === 'client').attributes;
    expect([leadsTo(spans, requested), leadsTo(spans, fetched)]).toEqual(['http.client', 'http.client']);
    expect(shapeOf(spans)).toMatchInlineSnapshot(`
      [
        "http.client GET < client by @opentelemetry/instrumentation-http",
        "http.client GET < client by @opentelemetry/instrumentation-undici",
        "http.server GET /users/:id < GET by @opentelemetry/instrumentation-http",
        "http.server GET /users/:id < GET by @opentelemetry/instrumentation-http",
        "internal client < none by program",
        "internal load user < request handler by program",
        "internal load user < request handler by program",
        "internal request handler < GET /users/:id by @opentelemetry/instrumentation-express",
        "internal request handler < GET /users/:id by @opentelemetry/instrumentation-express",
      ]
    `);
  });
});

test('with version 1.9 of the API the trees are the same, too', async () => {
  await expectSameTrees('express.cjs', 9, { OLDER_API: 'all' });
});

describe('a second copy of the API', () => {
  const OURS = 'packages/opentelemetry/dist';
  const PROGRAM = 'test-programs/copies.cjs';
  const run = async (env: Record<string, string>): Promise<{ names: string[]; lines: string[] }> => {
    const spans = await runProgram('copies.cjs', env);
    return { names: [...spans], lines: (spans as unknown as { output: string }).output.trim().split('\n').filter(Boolean) };
  };

  test('of the same version is none', async () => {
    expect(await run({})).toEqual({ names: ['theirs', 'ours'], lines: [] });
  });

  test('that is older sees the bridge', async () => {
    expect(await run({ OLDER_API: PROGRAM })).toEqual({ names: ['theirs', 'ours'], lines: [] });
  });

  test('that is newer is told of in one line that names it', async () => {
    const { names, lines } = await run({ OLDER_API: OURS });
    expect(names).toEqual(['ours']);
    expect(lines).toEqual([
      expect.stringMatching(
        /^\[spanstream\] This SDK is registered with @opentelemetry\/api 1\.9\.1; spans made with 1\.10\.0 in .*@opentelemetry\/api do not reach it\.$/,
      ),
    ]);
  });

  test('that is newer and loaded later is told of when the first request comes in', async () => {
    const { names, lines } = await run({ OLDER_API: OURS, LATE: '1' });
    expect(names).toEqual(['entry', 'ours']);
    expect(lines).toEqual([expect.stringContaining('spans made with 1.10.0')]);
  });

  test.each([
    ['older', PROGRAM, '1.9.1'],
    ['newer', OURS, '1.10.0'],
  ])('that is %s and was first leaves no room, and is told of in one line', async (_, older, version) => {
    const { names, lines } = await run({ OLDER_API: older, FIRST: 'logger' });
    expect(names).toEqual(['ours']);
    expect(lines).toEqual([
      `[spanstream] The OpenTelemetry integration is left out: another copy of @opentelemetry/api (version ${version}) has registered something of its own first. Spans made with @opentelemetry/api do not reach this SDK.`,
    ]);
  });
});
