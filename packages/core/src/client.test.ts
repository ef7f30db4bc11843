import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from './client.ts';
import { StackContextManager } from './context/context-manager.ts';
import { type CarryingSink, createSinks } from './delivery/create-sinks.ts';
import { DROP_REASONS, type DropReason } from './delivery/drop-reason.ts';
import type { Sink } from './delivery/sink.ts';
import type { Integration, IntegrationClient } from './integration.ts';
import type { Options } from './options.ts';
import { setAttribute, setGlobalAttributes } from './scope-api.ts';
import { getClient, init } from './setup.ts';
import type { Span, SpanJSON } from './span/span-data.ts';
import * as tracing from './trace/public.ts';
import { createTestClient, type TestClient, type TestClientOptions } from './testing.ts';

afterEach(() => createTestClient().close());

const fail = (): never => {
  throw new Error('hostile');
};
const hostile = new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });

describe('client', () => {
  /** What makes one span be lost for the reason; answers with the span. */
  const ways: Partial<Record<DropReason, [options: TestClientOptions, lose: (test: TestClient) => Span | Promise<Span>]>> = {
    unsampled: [{ tracesSampleRate: 0 }, ({ tracing }) => tracing.startSpan({ name: 'x' })],
    ignored: [{ ignoreSpans: ['x'] }, ({ tracing }) => tracing.startSpan({ name: 'x' })],
    no_parent: [{}, ({ tracing }) => tracing.startSpan({ name: 'x', onlyIfParent: true })],
    suppressed: [{}, ({ tracing }) => tracing.suppressTracing(() => tracing.startSpan({ name: 'x' }))],
    memory_budget: [
      { maxMemoryBytes: 1000 },
      ({ tracing }) => (tracing.startSpan({ name: 'open', active: false }), tracing.startSpan({ name: 'x', parentSpan: null })),
    ],
    filtered: [{ holdback: { maxMs: 1000 }, filterSegment: () => false }, (test) => ended(test)],
    no_destination: [{ dsn: '' }, (test) => ended(test)],
    throttled: [{}, (test) => answered(test, 429)],
    rejected: [{}, (test) => answered(test, 400)],
    network: [
      {},
      async (test) => {
        test.respondWith('never');
        const span = ended(test);
        await test.flush(40_000);
        return span;
      },
    ],
    rate_limited: [
      {},
      async (test) => {
        await answered(test, 429);
        return ended(test);
      },
    ],
    shutdown: [
      {},
      async (test) => {
        test.respondWith('never');
        const span = ended(test);
        await test.close(10);
        return span;
      },
    ],
    closed: [
      {},
      async (test) => {
        const span = test.tracing.startSpan({ name: 'x', active: false });
        await test.close();
        span.end();
        return span;
      },
    ],
  };
  const elsewhere: DropReason[] = ['transaction_limit', 'storage'];

  function ended({ tracing }: TestClient): Span {
    const span = tracing.startSpan({ name: 'x', active: false });
    span.end();
    return span;
  }

  async function answered(test: TestClient, status: number): Promise<Span> {
    test.respondWith(status);
    const span = ended(test);
    await test.flush();
    return span;
  }

  it('every reason of a lost span is reachable; two belong to the static lifecycle and to browsers', () => {
    expect([...Object.keys(ways), ...elsewhere].sort()).toEqual([...DROP_REASONS].sort());
  });

  it.each(Object.entries(ways))('R30: a span is lost as %s, counted once, explained and told', async (reason, [options, lose]) => {
    const test = createTestClient(options);
    const heard: unknown[] = [];
    test.client.on('outcome', ({ state, reason: why }) => heard.push([state, why]));
    const span = await lose(test);
    const { dropped, ...stats } = test.client.stats();
    expect(dropped[reason as DropReason]).toBe(1);
    expect(Object.keys(dropped)).toEqual([...DROP_REASONS]);
    expect(stats.started).toBe(stats.open + stats.delivered + Object.values(dropped).reduce((sum, count) => sum + count));
    expect(heard).toContainEqual(['dropped', reason]);
    expect(test.client.explain(span)).toMatchObject({ state: 'dropped', reason, hint: expect.stringMatching(/\.$/) });
    expect(test.client.explain(span.spanContext().spanId)).toMatchObject({ state: 'dropped', reason });
  });

  it('explains a span at each station of its way', async () => {
    const test = createTestClient();
    const span = test.tracing.startSpan({ name: 'x', active: false });
    const { spanId } = span.spanContext();
    const state = (): string => test.client.explain(spanId).state;
    const states = [state()];
    span.end();
    states.push(state());
    test.respondWith('never');
    test.flatSpans();
    states.push(state());
    await test.flush(40_000);
    expect([...states, state()]).toEqual(['open', 'buffered', 'in_flight', 'dropped']);
  });

  it('explains delivered spans, held ones, inert ones and rubbish', async () => {
    const test = createTestClient({ holdback: { maxMs: 1000 }, filterSegment: () => true });
    const root = test.tracing.startSpan({ name: 'root', active: false });
    const child = test.tracing.startSpan({ name: 'child', parentSpan: root });
    child.end();
    expect(test.client.explain(child).state).toBe('buffered');
    root.end();
    await test.flush();
    expect(test.client.explain(child).state).toBe('delivered');
    for (const rubbish of ['', 'x', undefined, null, 5, hostile]) expect(test.client.explain(rubbish as never).state).toBe('unknown');
    await test.close();
    expect(test.client.explain(test.tracing.startSpan({ name: 'late' })).state).toBe('inert');
    const off = createTestClient({ tracesSampleRate: undefined });
    expect(off.client.explain(off.tracing.startSpan({ name: 'x' }))).toMatchObject({
      state: 'inert',
      hint: expect.stringContaining('tracesSampleRate'),
    });
  });

  it('lists open spans, newest first, with their ages', () => {
    const test = createTestClient();
    const old = test.tracing.startSpan({ name: 'old', active: false });
    test.clock.advance(100);
    test.tracing.startSpan({ name: 'gone', active: false }).end();
    const young = test.tracing.startSpan({ name: 'young', active: false, parentSpan: old });
    test.clock.advance(5);
    expect(test.client.openSpans()).toEqual([
      { name: 'young', ...idsOf(young), ageMs: 5 },
      { name: 'old', ...idsOf(old), ageMs: 105 },
    ]);
  });

  const idsOf = (span: Span): object => ({ spanId: span.spanContext().spanId, traceId: span.spanContext().traceId });

  it('R30: two segments, one delivered and one open, leave the budget of the open one alone', async () => {
    const test = createTestClient();
    test.tracing.startSpan({ name: 'open', active: false });
    ended(test);
    await test.flush();
    const { retained } = test.client.parts.budget;
    expect(retained).toBeGreaterThan(0);
    test.tracing.startSpan({ name: 'again', active: false }).end();
    await test.flush();
    expect(test.client.parts.budget.retained).toBe(retained);
  });

  it('R29: flush with nothing is true at once', async () => {
    expect(await createTestClient().client.flush()).toBe(true);
    expect(await createTestClient({ dsn: '' }).client.flush(0)).toBe(true);
  });

  it.each([NaN, -1, 'soon', null, undefined])('R34: a timeout of %s is the default', async (timeoutMs) => {
    const test = createTestClient();
    ended(test);
    expect(await test.flush(timeoutMs as never)).toBe(true);
  });

  it('R34: listeners that throw, or are none, harm nobody', async () => {
    const test = createTestClient();
    const heard: string[] = [];
    test.client.on('outcome', fail);
    test.client.on('outcome', 'none' as never);
    const off = test.client.on('outcome', ({ state }) => heard.push(state));
    ended(test);
    await test.flush();
    off();
    ended(test);
    await test.flush();
    expect(heard).toEqual(['delivered']);
  });
});

describe('close', () => {
  it('spans that teardowns end are delivered, those that end while it runs are closed, later ones inert', async () => {
    const idle: Span[] = [];
    const test = createTestClient({
      integrations: [{ name: 'Idle', setup: () => () => idle[0]?.end() }],
    });
    idle.push(test.tracing.startSpan({ name: 'idle', active: false }));
    const running = test.tracing.startSpan({ name: 'running', active: false });
    const closing = test.close();
    running.end();
    expect(test.tracing.startSpan({ name: 'late', active: false }).isRecording()).toBe(false);
    expect(await closing).toBe(true);
    expect(test.client.stats()).toMatchObject({ started: 2, delivered: 1, dropped: { closed: 1 } });
    expect(test.client.parts.budget.retained).toBe(0);
  });

  it('closing twice is closing once', () => {
    const { client } = createTestClient();
    expect(client.close()).toBe(client.close());
    expect(client.isClosed).toBe(true);
  });

  it('R27: after it requests still carry the trace', async () => {
    const test = createTestClient();
    await test.close();
    expect(test.tracing.startNewTrace(() => test.tracing.getTraceHeaders())).toHaveProperty('sentry-trace');
  });

  it('close waits for what a teardown promises, within its time', async () => {
    let finish = (): void => undefined;
    const slow = (): Integration => ({ name: 'Slow', setup: () => () => new Promise<void>((resolve) => (finish = resolve)) });
    const patient = createTestClient({ integrations: [slow()] });
    let isClosed = false;
    const closing = patient.client.close(1000).then((answer) => ((isClosed = true), answer));
    await Promise.resolve();
    expect(isClosed).toBe(false);
    finish();
    expect(await closing).toBe(true);
    expect(await createTestClient({ integrations: [slow()] }).close(1000)).toBe(false);
  });

  it('R34: teardowns that throw or reject do not keep the others from running', async () => {
    const ran: string[] = [];
    const integrations: Integration[] = [
      { name: 'A', setup: () => () => void ran.push('a') },
      { name: 'B', setup: () => fail },
      { name: 'C', setup: () => () => Promise.reject(new Error('async')) as never },
    ];
    const test = createTestClient({ integrations });
    test.client.addTeardown(() => void ran.push('added'));
    await test.close();
    expect(ran).toEqual(['added', 'a']);
  });
});

describe('a client that starts late', () => {
  /** Its backend, and what it was asked to start with. */
  function startLate(options: Options = {}): { client: Client; timers: (() => void)[]; log: string[] } {
    const { platform } = createTestClient().client.parts;
    void getClient()?.close();
    const timers: (() => void)[] = [];
    const log: string[] = [];
    const client = init(
      { dsn: 'https://00000000000000000000000000000000@ingest.test/1', traceLifecycle: 'stream', tracesSampleRate: 1, ...options },
      {
        platform: {
          ...platform,
          startsLate: true,
          contextManager: new StackContextManager(),
          log: (level, message) => void log.push(`${level} ${message}`),
          setTimer: (callback) => timers.push(callback),
        },
        env: {},
        defaultIntegrations: () => [],
      },
    );
    return { client, timers, log };
  }

  const uses: [use: string, use: (client: Client) => unknown][] = [
    ['a span', () => tracing.startSpan({ name: 'x' }).end()],
    ['a context', () => tracing.withActiveSpan(null, () => undefined)],
    ['headers', () => tracing.getTraceHeaders()],
    ['stats', (client) => client.stats()],
    ['flush', (client) => client.flush()],
    ['close', (client) => client.close()],
    ['its URLs', (client) => client.isOwnUrl('https://ingest.test/')],
  ];

  it.each(uses)('starts when it is needed, once: %s', (_name, use) => {
    const started: string[] = [];
    const { client, timers } = startLate({
      integrations: [{ name: 'A', setup: (given) => given.whenNeeded(() => void started.push('A')) }],
    });
    expect(started).toEqual([]);
    use(client);
    expect(started).toEqual(['A']);
    for (const timer of [...timers]) timer();
    expect(started).toEqual(['A']);
  });

  it('starts with the next task, and not for the scope', () => {
    const started: string[] = [];
    const { timers } = startLate({ integrations: [{ name: 'A', setup: (client) => client.whenNeeded(() => void started.push('A')) }] });
    setAttribute('of.scope', 1);
    setGlobalAttributes({ 'of.all': 1 });
    expect(started).toEqual([]);
    expect(timers).toHaveLength(1);
    timers[0]!();
    expect(started).toEqual(['A']);
  });

  it('what starts first is the parent of the span that made it start', () => {
    let root: Span | undefined;
    startLate({
      integrations: [
        {
          name: 'Root',
          setup: (client) =>
            client.whenNeeded(() => {
              root = tracing.startSpan({ name: 'root', active: false });
              client.current.tracer.rootContext = { ...client.current.tracer.rootContext, trace: client.current.tracer.newTrace() };
            }),
        },
      ],
    });
    const span = tracing.startSpan({ name: 'x' });
    expect(root?.isRecording()).toBe(true);
    expect(span.spanContext().traceId).toBe(getClient()?.current.tracer.rootContext.trace?.traceId);
  });

  it('undoes what has started, also what starts with close', async () => {
    const ran: string[] = [];
    const { client } = startLate({
      integrations: [{ name: 'A', setup: (given) => given.whenNeeded(() => (ran.push('start'), () => void ran.push('stop'))) }],
    });
    await client.close(0);
    expect(ran).toEqual(['start', 'stop']);
  });

  it('R34: a start that throws is a line, and the others go on', () => {
    const started: string[] = [];
    const { client, log } = startLate({
      debug: true,
      integrations: [
        { name: 'A', setup: (given) => given.whenNeeded(fail) },
        { name: 'B', setup: (given) => given.whenNeeded(() => void started.push('B')) },
      ],
    });
    client.stats();
    expect(started).toEqual(['B']);
    expect(log.filter((line) => line.includes('hostile'))).toHaveLength(1);
  });

  it("R34: an application's own transport and sinks find what is there at init", () => {
    const seen: unknown[] = [];
    const integrations = [{ name: 'A', setup: (client: IntegrationClient) => client.whenNeeded(() => void seen.push('A')) }];
    startLate({
      transport: () => {
        seen.push(tracing.startSpan({ name: 'inert' }).isRecording());
        return { send: () => Promise.reject(new Error('down')) };
      },
      integrations,
    });
    expect(seen).toEqual([false, 'A']);
    expect(tracing.startSpan({ name: 'x' }).isRecording()).toBe(true);
    startLate({ sinks: [{ name: 'own', send: () => undefined } as never], integrations });
    expect(seen).toEqual([false, 'A', 'A']);
  });

  it('a second one starts at once: the contexts of the first are there', () => {
    startLate();
    const { platform } = getClient()!.parts;
    const started: string[] = [];
    init(
      { traceLifecycle: 'stream', integrations: [{ name: 'A', setup: (client) => client.whenNeeded(() => void started.push('A')) }] },
      { platform, env: {}, defaultIntegrations: () => [] },
    );
    expect(started).toEqual(['A']);
  });

  it('does nothing when it is not enabled', () => {
    const { client, timers } = startLate({ enabled: false });
    expect(tracing.startSpan({ name: 'x' }).isRecording()).toBe(false);
    expect(timers).toEqual([]);
    expect(client.stats().started).toBe(0);
  });
});

it('R26: the trace header of an envelope has no lone surrogates, whatever the caller sent', async () => {
  const test = createTestClient();
  const carrier = { 'sentry-trace': `${'a'.repeat(32)}-${'b'.repeat(16)}-1`, baggage: 'sentry-x\ud800=y\ud800,sentry-public_key=k' };
  test.tracing.continueTrace(carrier, () => test.tracing.startSpan({ name: 'x' }, () => undefined));
  await test.flush();
  const [header = ''] = test.envelopes()[0]!.split('\n');
  expect(JSON.parse(header)).toMatchObject({ trace: { 'x\ufffd': 'y\ufffd', public_key: 'k' } });
  expect(header).not.toContain('\\ud800');
});

describe('init', () => {
  const platform = createTestClient().client.parts.platform;
  const start = (options: unknown, log: string[] = []): ReturnType<typeof init> =>
    init(options as Options, {
      platform: { ...platform, contextManager: new StackContextManager(), log: (level, message) => void log.push(`${level} ${message}`) },
      env: {},
      defaultIntegrations: () => [],
    });

  it('a second one closes the first client and replaces it, with one warning', async () => {
    const first = createTestClient();
    const span = first.tracing.startSpan({ name: 'first', active: false });
    ended(first.tracing);
    const log: string[] = [];
    const second = start({ traceLifecycle: 'stream' }, log);
    expect(getClient()).toBe(second);
    expect(first.client.isClosed).toBe(true);
    expect(log).toEqual(['warn [spanstream] init was called again: the first client is closed and replaced.']);
    await first.flush();
    span.end();
    expect(first.client.stats()).toMatchObject({ delivered: 1, dropped: { closed: 1 } });
  });

  const ended = (tracing: TestClient['tracing']): void => tracing.startSpan({ name: 'x', active: false }).end();

  it('one after close() is no second one', async () => {
    await createTestClient().close();
    const log: string[] = [];
    start({ traceLifecycle: 'stream' }, log);
    expect(log).toEqual([]);
  });

  it('a wrong option throws and leaves the running client alone', () => {
    const { client } = createTestClient();
    for (const wrong of [{ tracesSampleRate: 2 }, { dsn: 'x' }, { traceLifecycle: 'both' }]) expect(() => start(wrong)).toThrow(/must be/);
    expect(getClient()).toBe(client);
    expect(client.isClosed).toBe(false);
  });

  it('R34: options with getters that throw fail init and nothing else', () => {
    const { client } = createTestClient();
    for (const options of [
      hostile,
      {
        get dsn() {
          return fail();
        },
      },
      {
        get debug() {
          return fail();
        },
      },
    ])
      expect(() => start(options)).toThrow('hostile');
    expect(getClient()).toBe(client);
  });

  it.each<[string, unknown]>([
    ['throws', fail],
    ['answers with nothing', () => undefined],
    ['answers with an empty object', () => ({})],
  ])('R34: a transport option that %s is one warning and a network that is down', async (_how, transport) => {
    const test = createTestClient();
    const log: string[] = [];
    const client = start({ dsn: 'https://a@b.test/1', traceLifecycle: 'stream', tracesSampleRate: 1, transport }, log);
    test.tracing.startSpan({ name: 'x' }, () => 1);
    expect(log.filter((line) => line.includes('transport'))).toHaveLength(1);
    expect(client.stats()).toMatchObject({ started: 1, buffered: 1 });
  });

  it('enabled: false is inert: no transport, no integrations, no warning, nothing counted', () => {
    const log: string[] = [];
    const client = start(
      {
        enabled: false,
        dsn: 'https://a@b.test/1',
        debug: true,
        tracesSampleRate: 1,
        transport: fail,
        integrations: [{ name: 'X', setup: fail }],
        sinks: [{ name: 'sink', send: fail }],
      },
      log,
    );
    const { tracing } = createTestClient({ enabled: false });
    const span = tracing.startSpan({ name: 'x' });
    span.setAttribute('a', 1).end();
    expect(tracing.startSpan({ name: 'y' }, () => 5)).toBe(5);
    expect(span.isRecording()).toBe(false);
    expect(client.stats().started).toBe(0);
    expect(log.filter((line) => !line.includes('again'))).toEqual([]);
  });

  it('without a DSN, debug says so once', () => {
    const test = createTestClient({ dsn: '', debug: true });
    for (let i = 0; i < 3; i++) test.tracing.startSpan({ name: 'x' }, () => 1);
    expect(test.logLines().filter((line) => line.includes('no DSN'))).toHaveLength(1);
    expect(test.client.stats().dropped.no_destination).toBe(3);
  });

  it('R12: an entry that has not got the mode says so, propagates and records nothing', () => {
    const log: string[] = [];
    const client = start({ traceLifecycle: 'static', dsn: 'https://a@b.test/1', tracesSampleRate: 1 }, log);
    expect(client.current.tracer.begin({ name: 'x' }).span.isRecording()).toBe(false);
    expect(client.stats().started).toBe(0);
    expect(log.filter((line) => line.includes("has not got traceLifecycle 'static'"))).toHaveLength(1);
  });

  describe('an entry without sinks', () => {
    const options = { traceLifecycle: 'stream', tracesSampleRate: 1 } as const;
    const work = async (client: ReturnType<typeof start>): Promise<void> => {
      client.current.tracer.begin({ name: 'x' }).span.end();
      await client.flush();
    };

    it('says that own ones get nothing', async () => {
      const log: string[] = [];
      const client = start({ ...options, sinks: [{ name: 'own', send: fail }] }, log);
      await work(client);
      expect(client.stats()).toMatchObject({ started: 1, dropped: { no_destination: 1 } });
      expect(client.sinkStats()).toEqual([]);
      expect(log.filter((line) => line.includes('sinks of your own'))).toHaveLength(1);
    });

    it('serves all of them once one brings along what it takes', async () => {
      const taken: string[] = [];
      const note = (spans: readonly SpanJSON[]): void => void taken.push(...spans.map(({ name }) => name));
      const carrying: CarryingSink = { name: 'carrying', createSinks, send: note };
      const log: string[] = [];
      const client = start({ ...options, sinks: [{ name: 'own', send: note }, carrying] }, log);
      await work(client);
      expect(taken).toEqual(['x', 'x']);
      expect(client.stats()).toMatchObject({ started: 1, delivered: 1 });
      expect(log.filter((line) => line.includes('sinks'))).toEqual([]);
    });
  });

  it('sinks alone are a destination', async () => {
    const taken: string[] = [];
    const good: Sink = { name: 'good', send: (spans) => void taken.push(...spans.map(({ name }) => name)) };
    const test = createTestClient({ dsn: '', sinks: [{ name: 'bad', send: fail }, good] });
    test.tracing.startSpan({ name: 'x' }, () => 1);
    await test.flush();
    expect(taken).toEqual(['x']);
    expect(test.client.stats()).toMatchObject({ started: 1, delivered: 1 });
    expect(test.client.parts.budget.retained).toBe(0);
  });
});

describe('integrations', () => {
  it('R34: those that fail are one warning each and are left out', () => {
    const seen: string[] = [];
    const broken = {
      get name() {
        return fail();
      },
      setup: fail,
    } as unknown as Integration;
    const integrations = (): Integration[] => [
      { name: 'A', setup: fail },
      broken,
      null as never,
      7 as never,
      { name: 'B', setup: () => void seen.push('b') },
      { name: 'C', setup: () => Promise.reject(new Error('async')) as never },
    ];
    const test = createTestClient({ integrations });
    expect(seen).toEqual(['b']);
    expect(test.logLines().filter((line) => line.startsWith('warn') && line.includes('left out')).length).toBeGreaterThanOrEqual(2);
  });

  it.each([fail, () => 'none', () => undefined])('R34: a list that cannot be made leaves the defaults', (integrations) => {
    const test = createTestClient({ integrations: integrations as never });
    expect(test.tracing.startSpan({ name: 'x' }, (span) => span.isRecording())).toBe(true);
  });

  it('the client is of use to them', async () => {
    const test = createTestClient({
      integrations: [
        {
          name: 'A',
          setup: (client) =>
            void urls.push(client.isOwnUrl('https://ingest.test/api/1/envelope/'), client.isOwnUrl('https://ingest.test/other')),
        },
      ],
    });
    expect(urls).toEqual([true, false]);
    expect(test.client.settings.sendDefaultPii).toBe(false);
  });

  const urls: boolean[] = [];
});
