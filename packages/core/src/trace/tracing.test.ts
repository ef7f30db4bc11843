import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Span } from '../span/span-data.ts';
import { createTestClient, type TestClient } from '../testing.ts';
import { shared } from './current.ts';
import { withIsolationScope } from './tracing.ts';

let test: TestClient;
beforeEach(() => {
  test = createTestClient();
});
afterEach(() => test.close());

const names = (): string[] => test.flatSpans().map(({ name }) => name);

describe('startSpan', () => {
  it('R7: hands the span to the callback and makes it active there, exactly', () => {
    const { startSpan, getActiveSpan } = test.tracing;
    const result = startSpan({ name: 'a' }, (span) => [getActiveSpan() === span, span.isRecording()]);
    expect([result, getActiveSpan()]).toEqual([[true, true], undefined]);
  });

  it('R2: `active: false` makes siblings of what starts meanwhile', () => {
    const { startSpan, getActiveSpan } = test.tracing;
    startSpan({ name: 'outer' }, (outer) => {
      startSpan({ name: 'aside', active: false }, () => {
        expect(getActiveSpan()).toBe(outer);
        startSpan({ name: 'sibling' }, () => undefined);
      });
      startSpan({ name: 'by hand', active: false });
      expect(getActiveSpan()).toBe(outer);
    });
    expect(test.spans()).toMatchObject([{ name: 'outer', children: [{ name: 'aside', children: [] }, { name: 'sibling' }] }]);
  });

  it('R2: a block ends its span with `using`', () => {
    {
      using span = test.tracing.startSpan({ name: 'block' });
      expect(test.tracing.getActiveSpan()).toBe(span);
    }
    expect([test.tracing.getActiveSpan(), names()]).toEqual([undefined, ['block']]);
  });

  it('R6: onlyIfParent runs the callback and records nothing without a parent', () => {
    const { startSpan } = test.tracing;
    expect(startSpan({ name: 'lonely', onlyIfParent: true }, (span) => span.isRecording())).toBe(false);
    startSpan({ name: 'parent' }, () => startSpan({ name: 'child', onlyIfParent: true }, () => undefined));
    expect(names()).toEqual(['child', 'parent']);
    expect(test.client.stats().dropped.no_parent).toBe(1);
  });

  it.each([
    ['nothing', undefined],
    [
      'a hostile name',
      {
        get name(): string {
          throw new Error('no');
        },
      },
    ],
    ['a number', 5],
    ['rubbish', { name: 7, attributes: 'x', links: 1, parentSpan: {}, startTime: {} }],
  ])('R34: options that are %s throw nothing', (_, options) => {
    const { startSpan } = test.tracing;
    expect(startSpan(options as never, () => 5)).toBe(5);
    startSpan(options as never).end();
    test.expectNoOpenSpans();
  });
});

describe('traced and trace', () => {
  it('R36: keep name, length, `this` and arguments', () => {
    const object = {
      base: 10,
      add: test.tracing.traced(function add(this: { base: number }, a: number, b: number): number {
        return this.base + a + b;
      }),
    };
    expect([object.add(1, 2), object.add.name, object.add.length]).toEqual([13, 'add', 2]);
    expect(names()).toEqual(['add']);
  });

  it('R7: take name and attributes from the options, for each call anew', async () => {
    const work = test.tracing.traced(async (n: number) => n * 2, { name: 'double', attributes: { a: 1 } });
    expect([await work(1), await work(2)]).toEqual([2, 4]);
    expect(test.flatSpans()).toMatchObject([{ name: 'double', attributes: { a: 1 } }, { name: 'double' }]);
  });

  // Applied as compilers do: the test runner's own compiler leaves decorators in place, which Node 20 cannot parse.
  it('R7: decorate methods: generators and symbols too', () => {
    const { trace } = test.tracing;
    const total = trace()(
      function (this: { price: number }, count: number) {
        return this.price * count;
      },
      { name: 'total' },
    );
    const items = trace({ name: 'all items' })(
      function* (this: { price: number }) {
        yield this.price;
      },
      { name: 'items' },
    );
    const hidden = trace()(() => 1, { name: Symbol('hidden') });
    const shop = { price: 3, total, items, hidden };
    expect([shop.total(2), [...shop.items()], shop.hidden(), shop.total.length]).toEqual([6, [3], 1, 1]);
    expect(names()).toEqual(['total', 'all items', 'Symbol(hidden)']);
  });

  it('R34: what is no function passes through', () => {
    expect(test.tracing.traced(undefined as never)).toBeUndefined();
    expect(test.tracing.bind(null as never)).toBeNull();
  });
});

describe('contexts', () => {
  it('R1: withActiveSpan makes a span active and puts back what was', () => {
    const { startSpan, withActiveSpan, getActiveSpan } = test.tracing;
    const span = startSpan({ name: 'by hand', active: false });
    expect(withActiveSpan(span, () => getActiveSpan() === span)).toBe(true);
    expect(() =>
      withActiveSpan(span, () => {
        throw new Error('through');
      }),
    ).toThrow('through');
    expect(getActiveSpan()).toBeUndefined();
    expect(withActiveSpan({} as never, () => 5)).toBe(5);
    span.end();
  });

  it('R2: bind runs later in the context of today, with name, length and `this`', () => {
    const { startSpan, bind, getActiveSpan } = test.tracing;
    const later = startSpan({ name: 'today' }, () =>
      bind(function later(this: unknown, _a: number) {
        return [this, getActiveSpan()?.name];
      }),
    );
    const open = startSpan({ name: 'open', active: false });
    const inOpen = test.tracing.withActiveSpan(open, () => bind(() => getActiveSpan()?.name));
    expect([later.call(7, 1), later.name, later.length, inOpen()]).toEqual([[7, undefined], 'later', 1, 'open']);
    open.end();
  });

  it('R1: continueTrace joins the trace of the headers; rubbish begins a new one', () => {
    const { continueTrace, startSpan } = test.tracing;
    const traceId = 'a'.repeat(32);
    continueTrace({ 'sentry-trace': `${traceId}-${'b'.repeat(16)}-1` }, () => startSpan({ name: 'joined' }, () => undefined));
    expect(test.flatSpans()[0]).toMatchObject({ trace_id: traceId, parent_span_id: 'b'.repeat(16), is_segment: true });
    for (const carrier of [undefined, null, 5, { 'sentry-trace': 'rubbish' }]) expect(continueTrace(carrier as never, () => 5)).toBe(5);
  });

  it('R27: headers name the span, the active one, or the current trace', () => {
    const { startSpan, startNewTrace, getTraceHeaders, getTraceMetaTags } = test.tracing;
    const span = startSpan({ name: 'by hand', active: false });
    const { traceId, spanId } = span.spanContext();
    expect(getTraceHeaders(span)).toMatchObject({ 'sentry-trace': `${traceId}-${spanId}-1`, traceparent: `00-${traceId}-${spanId}-01` });
    expect(test.tracing.withActiveSpan(span, () => getTraceHeaders()['sentry-trace'])).toContain(spanId);
    const inTrace = startNewTrace(() => [getTraceHeaders(), getTraceHeaders()].map((headers) => headers['sentry-trace']!.slice(0, 32)));
    expect(inTrace[0]).toBe(inTrace[1]);
    expect(getTraceMetaTags(span)).toContain(`<meta name="sentry-trace" content="${traceId}-${spanId}-1"/>`);
    span.end();
  });

  it('R21: nothing is recorded inside suppressTracing, and the headers say so', () => {
    const { suppressTracing, startSpan, getTraceHeaders } = test.tracing;
    const headers = suppressTracing(() => startSpan({ name: 'quiet' }, () => getTraceHeaders()));
    expect(headers['sentry-trace']).toMatch(/-0$/);
    expect(headers['baggage']).toContain('sentry-sampled=false');
    expect([names(), test.client.stats().dropped.suppressed]).toEqual([[], 1]);
  });
});

describe('traceStream', () => {
  it('R34: takes only spans of this SDK, and ended ones are left alone', () => {
    const stream = [1][Symbol.iterator]();
    expect(test.tracing.traceStream(stream, {} as never)).toBe(stream);
    const ended = test.tracing.startSpan({ name: 'ended' });
    ended.end();
    expect(test.tracing.traceStream(stream, ended)).toBe(stream);
    expect(Object.keys(Object.getOwnPropertyDescriptors(stream))).toEqual([]);
  });
});

describe('without a client, or with the wrong one', () => {
  it('R34: every verb works where init was never called', () => {
    const { current } = shared;
    shared.current = undefined;
    try {
      const { startSpan, traced, bind, getActiveSpan, getTraceHeaders, getTraceMetaTags, traceStream, ...run } = test.tracing;
      const span = startSpan({ name: 'nobody' });
      expect([span.isRecording(), span.spanContext().traceId.length, span.name]).toEqual([false, 32, 'nobody']);
      expect([startSpan({ name: 'x' }, () => 1), traced((a: number) => a)(2), bind(() => 3)()]).toEqual([1, 2, 3]);
      expect([getActiveSpan(), getTraceHeaders(), getTraceMetaTags()]).toEqual([undefined, {}, '']);
      expect([
        run.withActiveSpan(null, () => 1),
        run.continueTrace({}, () => 2),
        run.startNewTrace(() => 3),
        run.suppressTracing(() => 4),
        run.runDetached(() => 5),
        withIsolationScope(() => 6),
      ]).toEqual([1, 2, 3, 4, 5, 6]);
      const stream = [1].values();
      expect(traceStream(stream, span)).toBe(stream);
      span.end();
    } finally {
      shared.current = current;
    }
  });

  it('R34: proxies in the place of spans and functions throw nothing', () => {
    const revoked = Proxy.revocable({}, {});
    const revokedFunction = Proxy.revocable(() => 1, {});
    revoked.revoke();
    revokedFunction.revoke();
    const { bind, getTraceHeaders, startSpan, traced, traceStream, withActiveSpan } = test.tracing;
    const span = revoked.proxy as Span;
    const stream = [1].values();
    expect(traceStream(stream, span)).toBe(stream);
    expect(withActiveSpan(span, () => 2)).toBe(2);
    expect(getTraceHeaders(span)).toHaveProperty('sentry-trace');
    startSpan({ name: 'below', parentSpan: span }, () => bind(revokedFunction.proxy));
    expect(names()).toEqual(['below']);
    expect(traced(revokedFunction.proxy)).toBeTypeOf('function');
  });

  it('R34: options with getters that throw change nothing, whatever client there is', () => {
    const fail = (): never => {
      throw new Error('hostile');
    };
    const hostile = new Proxy({ name: '' }, { get: fail, ownKeys: fail });
    const { startSpan, trace, traced } = test.tracing;
    const attempt = () => [
      startSpan(hostile, () => 1),
      startSpan(hostile).end(),
      traced(() => 2, hostile)(),
      trace(hostile)(() => 3, { name: 'm' })(),
    ];
    const expected = [1, undefined, 2, 3];
    expect(attempt()).toEqual(expected);
    createTestClient({ traceLifecycle: 'static' });
    expect(attempt()).toEqual(expected);
    const { current } = shared;
    shared.current = undefined;
    try {
      expect(attempt()).toEqual(expected);
    } finally {
      shared.current = current;
    }
  });

  it('R13: the stream API in lifecycle `static` warns once for each kind of call, records nothing and runs the callback', () => {
    const legacy = createTestClient({ traceLifecycle: 'static' });
    const { startSpan, trace, traced, traceStream } = legacy.tracing;
    const stream = [1].values();
    const span = startSpan({ name: 'a' });
    expect([startSpan({ name: 'b' }, (inside) => inside.isRecording()), traced(() => 5)(), traceStream(stream, span) === stream]).toEqual([
      false,
      5,
      true,
    ]);
    expect(trace()(() => 6, { name: 'method' })()).toBe(6);
    for (const verb of ['startSpan', 'traced', 'trace', 'traceStream'])
      expect(legacy.logLines().filter((line) => line.includes(`tracing.${verb} needs`))).toHaveLength(1);
    expect(legacy.client.stats().started).toBe(0);
  });

  it('R34: after close spans are inert and not counted', async () => {
    await test.close();
    expect(test.tracing.startSpan({ name: 'late' }, (span) => span.isRecording())).toBe(false);
    expect(test.client.stats().started).toBe(0);
  });
});
