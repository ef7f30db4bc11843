import { afterEach, describe, expect, it } from 'vitest';
import { withIsolationScope } from '../trace/tracing.ts';
import { createTestClient, type TestClientOptions } from '../testing.ts';
import type { SpanJSON } from '../span/span-data.ts';

afterEach(() => createTestClient().close());

const named = (spans: readonly SpanJSON[], name: string): SpanJSON => spans.find((span) => span.name === name)!;

/** What is the same in two runs. */
function withoutIds(span: SpanJSON): object {
  const { name, status, is_segment, start_timestamp, end_timestamp, links, attributes } = span;
  return { name, status, is_segment, start_timestamp, end_timestamp, links, attributes: { ...attributes, 'sentry.segment.id': '' } };
}

/** Envelopes with spans, parsed. */
function read(
  envelopes: readonly string[],
): { header: { trace: Record<string, string> }; item: { item_count: number }; payload: string; items: SpanJSON[] }[] {
  return envelopes
    .map((text) => text.split('\n') as [string, string, string])
    .filter(([, item]) => item.includes('"type":"span"'))
    .map(([header, item, payload]) => ({ header: JSON.parse(header), item: JSON.parse(item), payload, items: JSON.parse(payload).items }));
}

describe('names and frozen spans', () => {
  it.each<[string, TestClientOptions]>([
    ['spans', {}],
    ['hooks', { beforeSendSpan: (span) => span }],
    ['a holdback', { holdback: { maxMs: 60_000 }, filterSegment: () => true }],
  ])('R5: a renamed top-level span renames buffered children, also those that replace constants, with %s', (_what, options) => {
    const test = createTestClient(options);
    test.tracing.startSpan({ name: 'GET' }, (root) => {
      test.tracing.startSpan({ name: 'plain' }, () => 1);
      test.tracing.startSpan({ name: 'own release', attributes: { 'sentry.release': 'mine' } }, () => 1);
      root.setName('GET /users/:id');
    });
    const spans = test.flatSpans();
    expect(spans.map(({ attributes }) => attributes['sentry.segment.name'])).toEqual(Array(3).fill('GET /users/:id'));
    expect(named(spans, 'own release').attributes['sentry.release']).toBe('mine');
  });

  it('R5: what a hook makes of the top-level name holds for its children; what it says of the segment itself wins', () => {
    const test = createTestClient({
      beforeSendSpan: (span) => ({
        ...span,
        name: span.name.replace(/\d+/, '*'),
        attributes: span.name === 'own' ? { ...span.attributes, 'sentry.segment.name': 'mine' } : span.attributes,
      }),
    });
    test.tracing.startSpan({ name: 'user 17' }, () => {
      test.tracing.startSpan({ name: 'child' }, () => 1);
      test.tracing.startSpan({ name: 'own' }, () => 1);
    });
    const spans = test.flatSpans();
    expect(spans.map(({ name, attributes }) => [name, attributes['sentry.segment.name']])).toEqual([
      ['child', 'user *'],
      ['own', 'mine'],
      ['user *', 'user *'],
    ]);
    expect(test.envelopes().join('')).not.toContain('user 17');
  });

  it('R5: a hook may say where the name comes from', () => {
    const test = createTestClient({
      beforeSendSpan: (span) => ({
        ...span,
        attributes: { ...span.attributes, ...(span.is_segment && { 'sentry.segment.name.source': 'route' }) },
      }),
    });
    test.tracing.startSpan({ name: 'a' }, () => 1);
    expect(test.flatSpans()[0]!.attributes).toMatchObject({ 'sentry.segment.name.source': 'route', 'sentry.span.source': 'route' });
  });

  it('R3: a child of an ended parent is sent with its parent and its segment', () => {
    const test = createTestClient();
    const parent = test.tracing.startSpan({ name: 'parent', active: false });
    parent.end();
    test.flatSpans();
    test.tracing.startSpan({ name: 'late', parentSpan: parent }).end();
    const { traceId, spanId } = parent.spanContext();
    expect(named(test.flatSpans(), 'late')).toMatchObject({
      trace_id: traceId,
      parent_span_id: spanId,
      is_segment: false,
      attributes: { 'sentry.segment.id': spanId, 'sentry.segment.name': 'parent' },
    });
  });
});

describe('attributes on the way out', () => {
  it('attributes named like constants replace them, and those of others stay', () => {
    const own = { 'sentry.release': 'own', 'server.address': 'db', 'sentry.environment': 'lab', 'sentry.sdk.name': 'x' };
    const test = createTestClient({ release: 'r', serverName: 'host' });
    test.tracing.startSpan({ name: 'root', attributes: own }, () => test.tracing.startSpan({ name: 'child', attributes: own }, () => 1));
    test.tracing.startSpan({ name: 'plain' }, () => 1);
    const spans = test.flatSpans();
    for (const name of ['root', 'child']) expect(named(spans, name).attributes).toMatchObject(own);
    expect(named(spans, 'plain').attributes).toMatchObject({
      'sentry.release': 'r',
      'server.address': 'host',
      'sentry.environment': 'production',
    });
  });

  it('top-level spans carry source, rate and integrations, children do not', () => {
    const test = createTestClient({ tracesSampleRate: 1, integrations: [{ name: 'Mine', setup: () => undefined }] });
    test.tracing.startSpan({ name: 'root' }, () => test.tracing.startSpan({ name: 'child' }, () => 1));
    const facts = {
      'sentry.segment.name.source': 'custom',
      'sentry.span.source': 'custom',
      'sentry.sample_rate': 1,
      'sentry.sdk.integrations': ['Mine'],
    };
    const spans = test.flatSpans();
    expect(named(spans, 'root').attributes).toMatchObject(facts);
    for (const key of Object.keys(facts)) expect(named(spans, 'child').attributes).not.toHaveProperty([key]);
  });

  it('R6: limits on attributes do not touch the constants', () => {
    const test = createTestClient({ release: 'a-long-release', attributeLimits: { maxAttributes: 1, maxStringBytes: 4 } });
    test.tracing.startSpan({ name: 'a name', attributes: { a: 'too long', b: 1 } }, () => 1);
    expect(test.flatSpans()[0]).toMatchObject({
      name: 'a name',
      attributes: { a: 'too ', 'sentry.release': 'a-long-release', 'sentry.trace_lifecycle': 'stream', 'spanstream.truncated': ['a', 'b'] },
    });
    expect(test.client.stats().truncated).toBe(2);
  });

  it('R6: what a hook adds is cut and listed alike', () => {
    const test = createTestClient({
      attributeLimits: { maxStringBytes: 4 },
      beforeSendSpan: (span) => ({ ...span, attributes: { ...span.attributes, a: 'too long', b: NaN } }),
    });
    test.tracing.startSpan({ name: 'x' }, () => 1);
    const { attributes } = test.flatSpans()[0]!;
    expect(attributes).toMatchObject({ a: 'too ', 'spanstream.truncated': ['a'] });
    expect(attributes).not.toHaveProperty('b');
    expect(test.client.stats().truncated).toBe(1);
  });
});

describe('batching', () => {
  it('R14: a bucket leaves when its oldest span is flushIntervalMs old, or flushOnSegmentEndMs after its top-level span', () => {
    const test = createTestClient();
    const root = test.tracing.startSpan({ name: 'root', active: false });
    test.tracing.startSpan({ name: 'child', parentSpan: root }).end();
    test.clock.advance(4999);
    expect(test.envelopes()).toHaveLength(0);
    test.clock.advance(1);
    expect(read(test.envelopes()).map(({ items }) => items.map(({ name }) => name))).toEqual([['child']]);
    root.end();
    test.clock.advance(499);
    expect(test.envelopes()).toHaveLength(1);
    test.clock.advance(1);
    expect(test.envelopes()).toHaveLength(2);
  });

  it('R14: spans whose end is given wait as long as any', () => {
    const test = createTestClient();
    const root = test.tracing.startSpan({ name: 'root', active: false });
    const spans = Array.from({ length: 10 }, () =>
      test.tracing.startSpan({ name: 'child', parentSpan: root, startTime: test.clock.nowMs }),
    );
    test.clock.advance(60_000);
    for (const span of spans) span.end(test.clock.nowMs);
    test.clock.advance(4999);
    expect(test.envelopes()).toHaveLength(0);
    test.clock.advance(1);
    expect(read(test.envelopes()).map(({ items }) => items.length)).toEqual([10]);
  });

  it('R14: two continued segments with different contexts share the trace and its first context', () => {
    const test = createTestClient();
    const traceId = 'a'.repeat(32);
    for (const release of ['one', 'two']) {
      const carrier = {
        'sentry-trace': `${traceId}-${'b'.repeat(16)}-1`,
        baggage: `sentry-trace_id=${traceId},sentry-public_key=key,sentry-release=${release}`,
      };
      test.tracing.continueTrace(carrier, () => test.tracing.startSpan({ name: release }, () => 1));
    }
    test.flatSpans();
    const [envelope, ...others] = read(test.envelopes());
    expect(others).toEqual([]);
    expect(envelope).toMatchObject({ header: { trace: { trace_id: traceId, release: 'one' } }, item: { item_count: 2 } });
    expect(envelope!.items.map((span) => [span.name, span.trace_id, span.is_segment])).toEqual([
      ['one', traceId, true],
      ['two', traceId, true],
    ]);
  });

  it('R14: a rename that makes a full bucket too long divides it', () => {
    const maxBytes = 20_000;
    const test = createTestClient({ batching: { maxBytes } });
    test.tracing.startSpan({ name: 'x' }, (root) => {
      for (let i = 0; i < 20; i++) test.tracing.startSpan({ name: 'child' }, () => 1);
      root.setName('é'.repeat(1500));
    });
    expect(test.flatSpans()).toHaveLength(21);
    for (const { payload, item, items } of read(test.envelopes())) {
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxBytes);
      expect(item.item_count).toBe(items.length);
    }
  });

  it('R14, R5: a rename after a bucket was sealed divides it, too, and reaches all its spans', async () => {
    const maxBytes = 20_000;
    const test = createTestClient({ batching: { maxBytes } });
    const name = 'é'.repeat(1500);
    test.tracing.startSpan({ name: 'x' }, (root) => {
      for (let i = 0; i < 100; i++) test.tracing.startSpan({ name: 'child' }, () => 1);
      root.setName(name);
    });
    expect(await test.flush()).toBe(true);
    expect(test.client.stats()).toMatchObject({ started: 101, delivered: 101 });
    const envelopes = read(test.envelopes());
    expect(envelopes.flatMap(({ items }) => items)).toHaveLength(101);
    for (const { payload, items } of envelopes) {
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxBytes);
      for (const span of items) expect(span.attributes['sentry.segment.name']).toMatchObject({ value: name });
    }
  });

  it('R17: 5,000 buffered traces of one span arrive after one flush', async () => {
    const test = createTestClient();
    for (let i = 0; i < 5000; i++) test.tracing.startSpan({ name: 'a', active: false }).end();
    expect(await test.flush(10_000)).toBe(true);
    expect(test.client.stats()).toMatchObject({ started: 5000, delivered: 5000 });
  });

  it.each<[string, Record<string, string | readonly string[]>]>([
    ['ASCII', { a: 'x'.repeat(8000), b: 'y'.repeat(7000) }],
    ['text of three bytes', { a: '中'.repeat(2600), b: 'y'.repeat(7000) }],
    ['what JSON escapes', { a: '\u0001'.repeat(8000), b: '"'.repeat(7000) }],
    ['lone surrogates', { a: '\ud800'.repeat(2600), b: 'x' }],
    ['arrays', { a: Array.from({ length: 900 }, () => '\ud800é'.repeat(50)), b: 'x' }],
    ['many keys', Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`${i}`.padEnd(1000, 'é'), 'v'.repeat(i)]))],
  ])('R18: a span too large is shortened, marked and sent: %s', (_what, attributes) => {
    const maxBytes = 8000;
    const test = createTestClient({ batching: { maxBytes } });
    test.tracing.startSpan({ name: 'x', attributes: { ...attributes, small: 1 } }, () => 1);
    const [span] = test.flatSpans();
    expect(span!.attributes['spanstream.truncated']).toBeInstanceOf(Array);
    for (const { payload } of read(test.envelopes())) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxBytes);
    expect(test.client.stats()).toMatchObject({ truncated: expect.any(Number), delivered: 0, started: 1 });
  });

  it('R18: only as much goes as must, longest first', () => {
    const test = createTestClient({ batching: { maxBytes: 8000 } });
    test.tracing.startSpan({ name: 'x', attributes: { long: 'x'.repeat(8000), short: 'y'.repeat(1000), n: 5 } }, () => 1);
    const { attributes } = test.flatSpans()[0]!;
    expect(attributes).toMatchObject({ short: 'y'.repeat(1000), n: 5, 'spanstream.truncated': ['long'] });
    expect((attributes['long'] as string).length).toBeGreaterThan(4000);
  });

  it('R18: a small span is left whole where the bound is small, too', () => {
    const test = createTestClient({ batching: { maxBytes: 1000 } });
    test.tracing.startSpan({ name: 'root', active: false });
    test.tracing.startSpan({ name: 'x', attributes: { a: 1 } }, () => 1);
    expect(test.flatSpans()[0]!.attributes).not.toHaveProperty(['spanstream.truncated']);
  });

  it('R18: links and the name go last', () => {
    const test = createTestClient({ batching: { maxBytes: 3000 } });
    const links = Array.from({ length: 40 }, () => ({ context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) } }));
    test.tracing.startSpan({ name: 'root' }, () =>
      test.tracing.startSpan({ name: 'n'.repeat(8000), links, attributes: { a: 'x' } }, () => 1),
    );
    const span = test.flatSpans().find(({ name }) => name.startsWith('nn'))!;
    expect(span.links).toBeUndefined();
    expect(span.attributes['spanstream.truncated']).toEqual(['a', 'links']);
    expect(Buffer.byteLength(read(test.envelopes())[0]!.payload)).toBeLessThanOrEqual(3000);
  });

  it('R19: spans of a limited category are counted, and not written', async () => {
    let asked = 0;
    const test = createTestClient({ beforeSendSpan: (span) => (asked++, span) });
    test.respondWith({ status: 200, headers: { 'X-Sentry-Rate-Limits': '60:span:organization' } });
    test.tracing.startSpan({ name: 'first' }, () => 1);
    await test.flush();
    test.tracing.startSpan({ name: 'second' }, () => 1);
    expect(asked).toBe(1);
    expect(test.client.stats()).toMatchObject({ delivered: 1, dropped: { rate_limited: 1 } });
  });

  it('R19: what the backend does not want, sinks still get', async () => {
    const taken: string[] = [];
    const test = createTestClient({ sinks: [{ name: 'sink', send: (spans) => void taken.push(...spans.map(({ name }) => name)) }] });
    test.respondWith({ status: 200, headers: { 'X-Sentry-Rate-Limits': '60:span:organization' } });
    for (const name of ['first', 'second']) {
      test.tracing.startSpan({ name }, () => 1);
      await test.flush();
    }
    expect(taken).toEqual(['first', 'second']);
    expect(test.client.stats()).toMatchObject({ delivered: 1, dropped: { rate_limited: 1 } });
  });
});

describe('memory budget', () => {
  it('R16: whole new traces are refused first, then spans, errors last', () => {
    const test = createTestClient({
      maxMemoryBytes: 100_000,
      batching: { maxSpans: 1000 },
      transport: () => ({ send: () => new Promise(() => undefined) }),
    });
    const root = test.tracing.startSpan({ name: 'root', active: false });
    const dropped = (): number => test.client.stats().dropped.memory_budget;
    const fill = (): number => {
      for (let count = 0; count < 5000; count++) {
        const span = test.tracing.startSpan({ name: 'child', parentSpan: root, active: false, attributes: { text: 'x'.repeat(500) } });
        const before = dropped();
        span.end();
        if (dropped() > before) return count;
      }
      return Infinity;
    };
    const parked = Array.from({ length: 5 }, () =>
      test.tracing.startSpan({ name: 'parked', parentSpan: root, active: false, attributes: { text: 'x'.repeat(500) } }),
    );
    for (let i = 0; i < 5000 && dropped() === 0; i++)
      test.tracing.startSpan({ name: 'top', active: false, attributes: { text: 'x'.repeat(500) } }).end();
    expect(test.tracing.startSpan({ name: 'new trace', active: false }).isRecording()).toBe(false);
    expect(test.tracing.startSpan({ name: 'child', parentSpan: root, active: false }).isRecording()).toBe(true);
    expect(fill()).toBeGreaterThan(1);
    for (const span of parked) {
      const before = test.client.stats();
      span.setStatus('error').end();
      expect(test.client.stats().buffered + test.client.stats().inFlight).toBe(before.buffered + before.inFlight + 1);
    }
  });

  it('R16: nothing is retained once all has been delivered', async () => {
    const test = createTestClient();
    for (let i = 0; i < 50; i++) test.tracing.startSpan({ name: 'a' }, () => test.tracing.startSpan({ name: 'b' }, () => 1));
    expect(test.client.parts.budget.retained).toBeGreaterThan(0);
    await test.flush();
    expect([test.client.parts.budget.retained, test.client.parts.budget.inFlight]).toEqual([0, 0]);
  });
});

describe('holdback', () => {
  it('R20: the hook sees all finished spans with final data and decides for all', () => {
    const seen: (readonly [string, readonly string[], unknown])[] = [];
    const test = createTestClient({
      holdback: { maxMs: 1000 },
      filterSegment: (segment, spans) => {
        seen.push([segment.name, spans.map(({ name }) => name), spans[0]!.attributes['sentry.segment.name']]);
        return segment.name !== 'drop';
      },
    });
    for (const name of ['keep', 'drop']) {
      test.tracing.startSpan({ name: 'early name' }, (root) => {
        test.tracing.startSpan({ name: 'child' }, () => 1);
        root.setName(name);
      });
    }
    expect(test.flatSpans().map(({ name }) => name)).toEqual(['child', 'keep']);
    expect(seen).toEqual([
      ['keep', ['child', 'keep'], 'keep'],
      ['drop', ['child', 'drop'], 'drop'],
    ]);
    expect(test.client.stats()).toMatchObject({ lateVerdicts: 0, dropped: { filtered: 2 } });
  });

  it('R20: spans that end after the verdict go the way of their trace', () => {
    const test = createTestClient({ holdback: { maxMs: 1000 }, filterSegment: ({ name }) => name !== 'drop' });
    for (const name of ['keep', 'drop']) {
      const root = test.tracing.startSpan({ name, active: false });
      const late = test.tracing.startSpan({ name: `late ${name}`, parentSpan: root });
      root.end();
      late.end();
    }
    expect(test.flatSpans().map(({ name }) => name)).toEqual(['keep', 'late keep']);
    expect(test.client.stats().dropped.filtered).toBe(2);
  });

  it('R20: past the window spans stream, and a late no is counted outside the balance', async () => {
    const test = createTestClient({ holdback: { maxMs: 1000 }, filterSegment: () => false });
    const root = test.tracing.startSpan({ name: 'root', active: false });
    test.tracing.startSpan({ name: 'child', parentSpan: root }).end();
    test.clock.advance(1000);
    test.clock.advance(5000);
    expect(read(test.envelopes()).flatMap(({ items }) => items.map(({ name }) => name))).toEqual(['child']);
    root.end();
    await test.flush();
    expect(test.client.stats()).toMatchObject({ lateVerdicts: 1, delivered: 2, dropped: { filtered: 0 } });
  });

  it('R15: a dropped trace leaves no timer behind', () => {
    let timers = 0;
    const test = createTestClient({ holdback: { maxMs: 1000 }, filterSegment: () => false });
    const { platform } = test.client.parts;
    const { setTimer, clearTimer } = platform;
    Object.assign(platform, {
      setTimer: (callback: () => void, ms: number) => (timers++, setTimer(callback, ms)),
      clearTimer: (timer: unknown) => (timers--, clearTimer(timer)),
    });
    test.tracing.startSpan({ name: 'root' }, () => 1);
    expect(timers).toBe(0);
    expect(test.client.parts.budget.retained).toBe(0);
  });

  it.each(['throws', 'answers with a promise', 'answers with nothing'])('R34: a filterSegment that %s keeps the trace', async (how) => {
    const filterSegment = (): boolean => {
      if (how === 'throws') throw new Error('no');
      return (how === 'answers with nothing' ? undefined : Promise.reject(new Error('async'))) as never;
    };
    const test = createTestClient({ holdback: { maxMs: 1000 }, filterSegment });
    test.tracing.startSpan({ name: 'root' }, () => 1);
    await test.flush();
    expect(test.client.stats().delivered).toBe(1);
  });

  it('what the segment sees and what leaves is not the same object', () => {
    const test = createTestClient({
      holdback: { maxMs: 1000 },
      filterSegment: (segment) => ((segment.name = 'changed'), (segment.attributes['a'] = 2), true),
    });
    test.tracing.startSpan({ name: 'root', attributes: { a: 1 } }, () => 1);
    expect(test.flatSpans()[0]).toMatchObject({ name: 'root', attributes: { a: 1 } });
  });
});

describe('hooks', () => {
  const hooks: [string, (span: SpanJSON) => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['answers with nothing', () => undefined],
    ['answers with null', () => null],
    ['answers with text', () => 'span'],
    ['takes the attributes away', (span) => ({ ...span, attributes: null })],
    ['answers with a list of attributes', (span) => ({ ...span, attributes: [] })],
    ['is async', (span) => Promise.resolve(span)],
    ['rejects', () => Promise.reject(new Error('async'))],
    ['freezes', (span) => Object.freeze(span)],
    [
      'answers with a proxy that throws',
      () =>
        new Proxy(
          {},
          {
            get: () => {
              throw new Error('no');
            },
          },
        ),
    ],
    [
      'answers with getters that throw',
      (span) => ({
        ...span,
        attributes: {
          get a() {
            throw new Error('no');
          },
        },
      }),
    ],
    [
      'changes ids and times',
      (span) =>
        Object.assign(span, {
          trace_id: 'x',
          span_id: 'y',
          parent_span_id: 'z',
          is_segment: false,
          start_timestamp: 0,
          end_timestamp: NaN,
        }),
    ],
    ['changes name and status to rubbish', (span) => Object.assign(span, { name: Symbol('n'), status: 7, links: 'none' })],
  ];
  it.each(hooks)('R34: beforeSendSpan that %s leaves the span as it was', async (_how, hook) => {
    const plain = createTestClient();
    plain.tracing.startSpan({ name: 'x', attributes: { a: [1] } }, () => 1);
    const expected = plain.flatSpans();
    const test = createTestClient({ beforeSendSpan: hook as never });
    test.tracing.startSpan({ name: 'x', attributes: { a: [1] } }, () => 1);
    expect(test.flatSpans().map(withoutIds)).toEqual(expected.map(withoutIds));
    await test.flush();
    expect(test.client.stats().delivered).toBe(1);
  });

  it('R34: a hook that starts spans does not ask itself for ever', async () => {
    const test = createTestClient({
      beforeSendSpan: (span) => (
        test.tracing.startSpan({ name: 'from hook' }, () => 1),
        test.tracing.startSpan({ name: 'from hook' }, () => 1),
        span
      ),
    });
    test.tracing.startSpan({ name: 'x' }, () => 1);
    await test.flush();
    expect(test.client.stats()).toMatchObject({ started: 3, delivered: 3 });
  });

  it('a hook that takes a constant away is heeded, by sinks too', () => {
    const taken: SpanJSON[] = [];
    const test = createTestClient({
      release: 'r',
      sinks: [{ name: 'sink', send: (spans) => void taken.push(...spans) }],
      beforeSendSpan: (span) => {
        delete span.attributes['sentry.release'];
        return span;
      },
    });
    test.tracing.startSpan({ name: 'x', attributes: { 'sentry.release': 'own' } }, () => 1);
    test.tracing.startSpan({ name: 'y' }, () => 1);
    for (const span of [...test.flatSpans(), ...taken]) expect(span.attributes).not.toHaveProperty(['sentry.release']);
    expect(taken).toHaveLength(2);
  });
});

describe('scopes', () => {
  it('span, isolation scope and global attributes reach spans that end afterwards, in this order', async () => {
    const { setAttribute, setAttributes, setGlobalAttributes, removeAttribute } = await import('../scope-api.ts');
    const test = createTestClient();
    setGlobalAttributes({ a: 'global', b: 'global', c: 'global' });
    withIsolationScope(() => {
      const before = test.tracing.startSpan({ name: 'ends before', active: false });
      const root = test.tracing.startSpan({ name: 'root', attributes: { a: 'span' }, active: false });
      before.end();
      setAttributes({ a: 'scope', b: 'scope', gone: 1 });
      setAttribute('d', 'scope');
      removeAttribute('gone');
      root.end();
    });
    test.tracing.startSpan({ name: 'outside' }, () => 1);
    setGlobalAttributes({ a: undefined, b: undefined, c: undefined });
    const own = (name: string): unknown =>
      Object.fromEntries(Object.entries(named(test.flatSpans(), name).attributes).filter(([key]) => key.length < 5));
    expect(own('ends before')).toEqual({ a: 'global', b: 'global', c: 'global' });
    expect(own('root')).toEqual({ a: 'span', b: 'scope', c: 'global', d: 'scope' });
    expect(own('outside')).toEqual({ a: 'global', b: 'global', c: 'global' });
  });

  it.each([
    [true, { 'user.id': '7', 'user.email': 'a@b.c', 'user.name': 'ada', 'user.ip_address': '::1' }],
    [false, {}],
  ])('R35: user facts are sent only with sendDefaultPii (%s)', async (sendDefaultPii, expected) => {
    const { setUser } = await import('../scope-api.ts');
    const test = createTestClient({ sendDefaultPii });
    const user = { id: 7, email: 'a@b.c', username: 'ada', ip_address: '::1' };
    withIsolationScope(() =>
      test.tracing.startSpan({ name: 'request' }, () => {
        setUser(user);
        user.id = 8;
      }),
    );
    withIsolationScope(() => test.tracing.startSpan({ name: 'forgotten' }, () => (setUser(user), setUser(null))));
    const facts = (name: string): unknown =>
      Object.fromEntries(Object.entries(named(test.flatSpans(), name).attributes).filter(([key]) => key.startsWith('user.')));
    expect([facts('request'), facts('forgotten')]).toEqual([expected, {}]);
  });

  it('R34: scopes take whatever comes', async () => {
    const api = await import('../scope-api.ts');
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    const test = createTestClient({ sendDefaultPii: true });
    withIsolationScope(() => {
      for (const value of [
        hostile,
        null,
        undefined,
        5,
        'x',
        Symbol('s'),
        [hostile],
        {
          toString: () => {
            throw new Error('no');
          },
        },
      ] as never[]) {
        api.setUser(value);
        api.setAttribute(value, value);
        api.setAttributes(value);
        api.removeAttribute(value);
        api.setGlobalAttributes(value);
      }
      test.tracing.startSpan({ name: 'x' }, () => 1);
    });
    expect(test.flatSpans()).toHaveLength(1);
  });
});
