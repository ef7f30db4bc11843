import { performance } from 'node:perf_hooks';
import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  context,
  createContextKey,
  createTraceState,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { isTracingSuppressed, suppressTracing } from '@opentelemetry/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTelemetryIntegration } from '@spanstream/opentelemetry';
import { createOurRig, createPeerRig, type SeenSpan } from './test-rig.ts';

const REMOTE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED, isRemote: true };
const KEY = createContextKey('conformance');

const integrations = () => [openTelemetryIntegration()];

// What the API's documentation and OpenTelemetry's own SDK say, proven by the latter on each line.
describe.each([
  createPeerRig(),
  createOurRig({ integrations, traceLifecycle: 'stream' }),
  createOurRig({ integrations, traceLifecycle: 'static' }),
])('$name', (rig) => {
  let tracer: Tracer;
  beforeEach(() => {
    rig.start();
    tracer = trace.getTracer('conformance', '1.2.3');
  });
  afterEach(() => rig.stop());

  const seen = async (name: string): Promise<SeenSpan> => {
    const found = (await rig.finished()).filter((span) => span.name === name);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  const ended = async (work: (span: Span) => void, options = {}): Promise<SeenSpan> => {
    const span = tracer.startSpan('subject', options);
    work(span);
    span.end();
    return seen('subject');
  };

  describe('parents', () => {
    test('a span is the child of the active span', async () => {
      tracer.startActiveSpan('outer', (outer) => {
        tracer.startSpan('inner').end();
        outer.end();
      });
      const outer = await seen('outer');
      expect(await seen('inner')).toMatchObject({ parentSpanId: outer.spanId, traceId: outer.traceId });
      expect(outer.parentSpanId).toBeUndefined();
    });

    test('a span started without activation is the parent of nothing', async () => {
      const first = tracer.startSpan('first');
      tracer.startSpan('second').end();
      first.end();
      const { parentSpanId, traceId } = await seen('second');
      expect(parentSpanId).toBeUndefined();
      expect(traceId).not.toBe((await seen('first')).traceId);
    });

    test('the context that is passed decides, not the one that is current', async () => {
      const elsewhere = tracer.startSpan('elsewhere');
      tracer.startActiveSpan('current', (current) => {
        tracer.startSpan('subject', {}, trace.setSpan(context.active(), elsewhere)).end();
        current.end();
      });
      elsewhere.end();
      expect((await seen('subject')).parentSpanId).toBe(elsewhere.spanContext().spanId);
    });

    test('root: true begins a trace, whatever is active', async () => {
      tracer.startActiveSpan('outer', (outer) => {
        tracer.startSpan('subject', { root: true }).end();
        outer.end();
      });
      const { parentSpanId, traceId } = await seen('subject');
      expect(parentSpanId).toBeUndefined();
      expect(traceId).not.toBe((await seen('outer')).traceId);
    });

    test('two root spans of one context are two traces', async () => {
      context.with(trace.deleteSpan(context.active()), () => {
        tracer.startSpan('one').end();
        tracer.startSpan('two').end();
      });
      expect((await seen('one')).traceId).not.toBe((await seen('two')).traceId);
    });

    test('a span that has ended stays active in its context, and is the parent there', async () => {
      tracer.startActiveSpan('outer', (outer) =>
        tracer.startActiveSpan('inner', (inner) => {
          inner.end();
          expect(trace.getActiveSpan()).toBe(inner);
          tracer.startSpan('late').end();
          outer.end();
        }),
      );
      expect((await seen('late')).parentSpanId).toBe((await seen('inner')).spanId);
    });

    test('a remote span context is continued', async () => {
      const traceState = createTraceState('vendor=1,other=x');
      const remote = trace.setSpanContext(ROOT_CONTEXT, { ...REMOTE, traceState });
      const span = tracer.startSpan('subject', {}, remote);
      expect(span.spanContext().traceState?.serialize()).toBe('vendor=1,other=x');
      span.end();
      expect(await seen('subject')).toMatchObject({ traceId: REMOTE.traceId, parentSpanId: REMOTE.spanId });
    });

    test('a remote span that was not sampled has children that are not recorded', async () => {
      const remote = trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext({ ...REMOTE, traceFlags: TraceFlags.NONE }));
      const span = tracer.startSpan('subject', {}, remote);
      expect(span.isRecording()).toBe(false);
      expect(span.spanContext()).toMatchObject({ traceId: REMOTE.traceId, traceFlags: TraceFlags.NONE });
      span.end();
      expect(await rig.finished()).toEqual([]);
    });

    test('an invalid span context is no parent', async () => {
      tracer.startSpan('subject', {}, trace.setSpanContext(ROOT_CONTEXT, INVALID_SPAN_CONTEXT)).end();
      expect((await seen('subject')).parentSpanId).toBeUndefined();
    });

    test('a wrapped context of a local span stands for it', async () => {
      const span = tracer.startSpan('parent');
      const wrapped = trace.wrapSpanContext(span.spanContext());
      tracer.startSpan('subject', {}, trace.setSpan(ROOT_CONTEXT, wrapped)).end();
      span.end();
      expect(await seen('subject')).toMatchObject({ parentSpanId: span.spanContext().spanId, traceId: span.spanContext().traceId });
    });
  });

  describe('context', () => {
    test('startActiveSpan returns what the callback returns and passes on what it throws', () => {
      expect(tracer.startActiveSpan('a', (span) => (span.end(), 42))).toBe(42);
      expect(tracer.startActiveSpan('b', {}, (span) => (span.end(), 'x'))).toBe('x');
      expect(tracer.startActiveSpan('c', {}, ROOT_CONTEXT, (span) => (span.end(), true))).toBe(true);
      const error = new Error('mine');
      expect(() =>
        tracer.startActiveSpan('d', () => {
          throw error;
        }),
      ).toThrow(error);
    });

    test('the span is active in the callback and what it awaits, and not after it', async () => {
      await tracer.startActiveSpan('outer', async (outer) => {
        expect(trace.getActiveSpan()).toBe(outer);
        await nextTurn();
        expect(trace.getActiveSpan()).toBe(outer);
        outer.end();
      });
      expect(trace.getActiveSpan()).toBeUndefined();
    });

    test('outside everything nothing is active', () => {
      expect([trace.getActiveSpan(), propagation.getActiveBaggage(), context.active().getValue(KEY)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    test('with makes exactly the context that it is given current', () => {
      const given = context.active().setValue(KEY, 'value');
      context.with(given, () => {
        expect(context.active()).toBe(given);
        expect(context.active().getValue(KEY)).toBe('value');
      });
      expect(context.active().getValue(KEY)).toBeUndefined();
    });

    test('with passes receiver, arguments and result', () => {
      const receiver = { factor: 2 };
      const times = function (this: typeof receiver, a: number, b: number): number {
        return this.factor * a * b;
      };
      expect(context.with(context.active(), times, receiver, 3, 4)).toBe(24);
    });

    test('a context is immutable', () => {
      const one = context.active().setValue(KEY, 1);
      const two = one.setValue(KEY, 2);
      const none = two.deleteValue(KEY);
      expect([one, two, none].map((each) => each.getValue(KEY))).toEqual([1, 2, undefined]);
    });

    test('values pass through the context of a span', () => {
      context.with(context.active().setValue(KEY, 'kept'), () =>
        tracer.startActiveSpan('outer', (outer) => {
          expect(context.active().getValue(KEY)).toBe('kept');
          context.with(context.active().setValue(KEY, 'changed'), () => {
            expect(trace.getActiveSpan()).toBe(outer);
            expect(context.active().getValue(KEY)).toBe('changed');
          });
          outer.end();
        }),
      );
    });

    test('the root context hides everything', () => {
      context.with(context.active().setValue(KEY, 1), () =>
        tracer.startActiveSpan('outer', (outer) => {
          context.with(ROOT_CONTEXT, () => {
            expect(context.active()).toBe(ROOT_CONTEXT);
            expect(trace.getActiveSpan()).toBeUndefined();
            expect(context.active().getValue(KEY)).toBeUndefined();
          });
          outer.end();
        }),
      );
    });

    test('a bound function runs in its context, keeps its length and its receiver', () => {
      const span = tracer.startSpan('bound');
      const bound = context.bind(trace.setSpan(context.active(), span), function (this: unknown, _a: number, _b: number) {
        return [trace.getActiveSpan(), this];
      });
      expect(bound).toHaveLength(2);
      const receiver = {};
      expect(bound.call(receiver, 1, 2)).toEqual([span, receiver]);
      span.end();
    });

    test('the listeners of a bound emitter run in its context and can be removed', () => {
      const emitter = new EventEmitter();
      const given = context.active().setValue(KEY, 'emitted');
      expect(context.bind(given, emitter)).toBe(emitter);
      const values: unknown[] = [];
      const listeners = [1, 2, 3].map(() => (): unknown => values.push(context.active().getValue(KEY)));
      emitter.on('a', listeners[0]!);
      emitter.once('a', listeners[1]!);
      emitter.prependListener('a', listeners[2]!);
      emitter.emit('a');
      expect(values).toEqual(['emitted', 'emitted', 'emitted']);
      emitter.removeListener('a', listeners[0]!).off('a', listeners[2]!);
      emitter.emit('a');
      expect(values).toHaveLength(3);
      expect(emitter.listenerCount('a')).toBe(0);
    });

    test('a listener of several events on a bound emitter can be removed from each', () => {
      const emitter = context.bind(context.active(), new EventEmitter());
      const listener = (): void => undefined;
      emitter.on('a', listener).on('b', listener).once('c', listener);
      for (const event of ['a', 'b', 'c']) emitter.removeListener(event, listener);
      expect(['a', 'b', 'c'].map((event) => emitter.listenerCount(event))).toEqual([0, 0, 0]);
    });

    test('an event that is awaited on a bound emitter arrives', async () => {
      const emitter = context.bind(context.active().setValue(KEY, 1), new EventEmitter());
      const event = once(emitter, 'ready');
      emitter.emit('ready', 'argument');
      expect(await event).toEqual(['argument']);
    });

    test('suppressTracing hides what starts in it', async () => {
      const quiet = suppressTracing(context.active());
      expect(isTracingSuppressed(quiet)).toBe(true);
      context.with(quiet, () => {
        expect(isTracingSuppressed(context.active())).toBe(true);
        const span = tracer.startSpan('subject');
        expect(span.isRecording()).toBe(false);
        span.end();
      });
      expect(isTracingSuppressed(context.active())).toBe(false);
      expect(await rig.finished()).toEqual([]);
    });
  });

  describe('span', () => {
    test('it has a valid, sampled span context, and records until it ends', () => {
      const span = tracer.startSpan('subject');
      expect(isSpanContextValid(span.spanContext())).toBe(true);
      expect(span.spanContext().traceFlags).toBe(TraceFlags.SAMPLED);
      expect(span.spanContext()).toEqual(span.spanContext());
      expect(span.isRecording()).toBe(true);
      span.end();
      expect(span.isRecording()).toBe(false);
    });

    test.each([undefined, SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER])(
      'kind %s is kept',
      async (kind) => {
        const { kind: kept } = await ended(() => undefined, { kind });
        expect(kept).toBe(SpanKind[kind ?? SpanKind.INTERNAL]?.toLowerCase());
      },
    );

    test('attributes are set by options, one by one and together', async () => {
      const { attributes } = await ended(
        (span) => span.setAttribute('b', 2).setAttributes({ c: true, d: [1, 2], e: ['x', 'y'], f: [true, false], a: 'later' }),
        { attributes: { a: 'first', g: 0.5 } },
      );
      expect(attributes).toEqual({ a: 'later', b: 2, c: true, d: [1, 2], e: ['x', 'y'], f: [true, false], g: 0.5 });
    });

    test('null and undefined say nothing, an empty name is none', async () => {
      const { attributes } = await ended((span) =>
        span
          .setAttribute('kept', 1)
          .setAttribute('kept', undefined as never)
          .setAttributes({ kept: null as never, '': 'none' }),
      );
      expect(attributes).toEqual({ kept: 1 });
    });

    test('a list that changes later is kept as it was', async () => {
      const list = ['a'];
      const { attributes } = await ended(() => list.push('b'), { attributes: { list } });
      expect(attributes).toEqual({ list: ['a'] });
    });

    test('after the end nothing changes', async () => {
      const span = tracer.startSpan('subject', { attributes: { a: 1 } });
      span.end(Date.now() + 1000);
      span.setAttribute('b', 2).setAttributes({ a: 3 }).updateName('other').addEvent('late').setStatus({ code: SpanStatusCode.ERROR });
      span.addLink({ context: REMOTE });
      span.recordException(new Error('late'));
      const { attributes, events, links, status } = await seen('subject');
      expect({ attributes, events, links, status }).toEqual({ attributes: { a: 1 }, events: [], links: [], status: 'not error' });
    });

    test('updateName renames', async () => {
      tracer.startSpan('before').updateName('subject').end();
      expect((await seen('subject')).name).toBe('subject');
    });

    test('links come with options, one by one and together', async () => {
      const other = { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), traceFlags: TraceFlags.NONE };
      const { links } = await ended(
        (span) => span.addLink({ context: other }).addLinks([{ context: REMOTE, attributes: { n: 2 } }, { context: other }]),
        { links: [{ context: REMOTE, attributes: { n: 1 } }] },
      );
      expect(links.map(({ spanId, attributes }) => [spanId, attributes])).toEqual([
        [REMOTE.spanId, { n: 1 }],
        [other.spanId, {}],
        [REMOTE.spanId, { n: 2 }],
        [other.spanId, {}],
      ]);
    });
  });

  describe('status', () => {
    const { UNSET, OK, ERROR } = SpanStatusCode;
    test.each([
      [[], 'not error', undefined],
      [[{ code: UNSET, message: 'none' }], 'not error', undefined],
      [[{ code: OK, message: 'ignored' }], 'not error', undefined],
      [[{ code: ERROR }], 'error', undefined],
      [[{ code: ERROR, message: 'broken' }], 'error', 'broken'],
      [[{ code: ERROR, message: 'broken' }, { code: UNSET }], 'error', 'broken'],
      [[{ code: ERROR, message: 'broken' }, { code: OK }], 'not error', undefined],
      [[{ code: OK }, { code: ERROR, message: 'too late' }], 'not error', undefined],
      [
        [
          { code: ERROR, message: 'first' },
          { code: ERROR, message: 'second' },
        ],
        'error',
        'second',
      ],
      [[{ code: ERROR, message: 'first' }, { code: ERROR }], 'error', undefined],
      [[{ code: ERROR, message: { no: 'text' } }], 'error', undefined],
    ])('%j is %s, %s', async (statuses, status, message) => {
      const span = await ended((subject) => {
        for (const each of statuses) subject.setStatus(each as never);
      });
      expect([span.status, span.message]).toEqual([status, message]);
    });
  });

  describe('events', () => {
    test('an event has a name, attributes and the time that it is given', async () => {
      const at = Date.now() - 5;
      const { events } = await ended(
        (span) =>
          span
            .addEvent('one', { a: 1 }, at)
            .addEvent('two', at)
            .addEvent('three', { b: ['x'] }),
        {
          startTime: at - 10,
        },
      );
      expect(events.map(({ name, attributes }) => [name, attributes])).toEqual([
        ['one', { a: 1 }],
        ['two', {}],
        ['three', { b: ['x'] }],
      ]);
      expect(events.slice(0, 2).map(({ ms }) => Math.round(ms))).toEqual([at, at]);
    });

    test('an exception is an event with its type, message and stack, and no status', async () => {
      const error = new RangeError('out');
      const { events, status } = await ended((span) => span.recordException(error));
      expect(events).toMatchObject([
        {
          name: 'exception',
          attributes: { 'exception.type': 'RangeError', 'exception.message': 'out', 'exception.stacktrace': error.stack },
        },
      ]);
      expect(status).toBe('not error');
    });

    test.each([
      ['text', { 'exception.message': 'text' }],
      [
        { code: 42, message: 'with code' },
        { 'exception.type': '42', 'exception.message': 'with code' },
      ],
      [
        { name: 'Named', message: 'm' },
        { 'exception.type': 'Named', 'exception.message': 'm' },
      ],
    ])('the exception %j says %j', async (exception, attributes) => {
      expect((await ended((span) => span.recordException(exception as Error))).events).toMatchObject([{ name: 'exception', attributes }]);
    });

    test.each([[{}], [null], [undefined]])('the exception %j says nothing', async (exception) => {
      expect((await ended((span) => span.recordException(exception as never))).events).toEqual([]);
    });
  });

  describe('times', () => {
    const epochMs = 1_700_000_000_123;
    test.each([
      ['milliseconds', epochMs],
      ['a Date', new Date(epochMs)],
      ['seconds and nanoseconds', [1_700_000_000, 123_000_000] as [number, number]],
    ])('%s are a start and an end', async (_, time) => {
      tracer.startSpan('subject', { startTime: time }).end(time);
      const { startMs, endMs } = await seen('subject');
      expect([startMs, endMs].map(Math.round)).toEqual([epochMs, epochMs]);
    });

    test('a time of performance.now() is one of this process', async () => {
      const now = performance.now();
      const wallMs = Date.now();
      const span = tracer.startSpan('subject', { startTime: now });
      span.end(now + 0.5 > performance.now() ? now : now + 0.5);
      const { startMs, endMs } = await seen('subject');
      expect(Math.abs(startMs - wallMs)).toBeLessThan(50);
      expect(endMs - startMs).toBeLessThan(1);
    });

    test('an end before the start is the start', async () => {
      tracer.startSpan('subject', { startTime: epochMs }).end(epochMs - 1000);
      const { startMs, endMs } = await seen('subject');
      expect(endMs).toBe(startMs);
    });

    test('only the first end counts', async () => {
      const span = tracer.startSpan('subject', { startTime: epochMs });
      span.end(epochMs + 5);
      span.end(epochMs + 500);
      const { startMs, endMs } = await seen('subject');
      expect(Math.round(endMs - startMs)).toBe(5);
    });
  });

  describe('propagation', () => {
    const carrier = {
      traceparent: `00-${REMOTE.traceId}-${REMOTE.spanId}-01`,
      tracestate: 'vendor=opaque',
      baggage: 'user=ann%20lee;prop=1,tenant=7',
    };

    test('what was extracted is the parent, with its trace state and baggage', async () => {
      const extracted = propagation.extract(ROOT_CONTEXT, carrier);
      expect(trace.getSpanContext(extracted)).toMatchObject({
        traceId: REMOTE.traceId,
        spanId: REMOTE.spanId,
        traceFlags: 1,
        isRemote: true,
      });
      expect(propagation.getBaggage(extracted)?.getEntry('user')?.value).toBe('ann lee');
      expect(propagation.getBaggage(extracted)?.getEntry('user')?.metadata?.toString()).toBe('prop=1');
      tracer.startActiveSpan('subject', {}, extracted, (span) => {
        expect(span.spanContext().traceState?.get('vendor')).toBe('opaque');
        expect(propagation.getActiveBaggage()?.getEntry('tenant')?.value).toBe('7');
        span.end();
      });
      expect(await seen('subject')).toMatchObject({ traceId: REMOTE.traceId, parentSpanId: REMOTE.spanId });
    });

    test('what is injected leads to the span, and passes on trace state and baggage', () => {
      const out: Record<string, string> = {};
      tracer.startActiveSpan('subject', {}, propagation.extract(ROOT_CONTEXT, carrier), (span) => {
        propagation.inject(context.active(), out);
        expect(out['traceparent']).toBe(`00-${REMOTE.traceId}-${span.spanContext().spanId}-01`);
        span.end();
      });
      expect(out['tracestate']).toBe('vendor=opaque');
      expect(out['baggage']).toContain('user=ann%20lee;prop=1');
      expect(out['baggage']).toContain('tenant=7');
    });

    test('baggage that is set travels, also without a span', () => {
      const out: Record<string, string> = {};
      const entries = propagation.createBaggage({ shop: { value: 'a, b' } });
      propagation.inject(propagation.setBaggage(context.active(), entries), out);
      expect(out['baggage']).toContain('shop=a%2C%20b');
    });

    test('baggage that is set stands for all that was there', () => {
      const out: Record<string, string> = {};
      const extracted = propagation.extract(ROOT_CONTEXT, carrier);
      const changed = propagation.setBaggage(
        extracted,
        propagation.getBaggage(extracted)!.removeEntry('user').setEntry('n', { value: '1' }),
      );
      context.with(changed, () => propagation.inject(context.active(), out));
      expect(out['baggage']).toContain('tenant=7,n=1');
      expect(out['baggage']).not.toContain('user');
    });

    test('deleted baggage does not travel', () => {
      const out: Record<string, string> = {};
      propagation.inject(propagation.deleteBaggage(propagation.extract(ROOT_CONTEXT, carrier)), out);
      expect(out['baggage'] ?? '').not.toContain('tenant');
    });

    test('values of the context that is extracted into stay', () => {
      expect(propagation.extract(ROOT_CONTEXT.setValue(KEY, 'kept'), carrier).getValue(KEY)).toBe('kept');
    });

    const extracted = () => propagation.extract(ROOT_CONTEXT, carrier);
    const inRoot = () =>
      context.with(extracted(), () =>
        tracer.startActiveSpan('root', { root: true }, (span) => {
          span.end();
          return context.active();
        }),
      );
    test.each([
      ['a span that is taken out', () => trace.deleteSpan(extracted())],
      ['a span of another trace', () => trace.setSpanContext(extracted(), { ...REMOTE, traceId: 'f'.repeat(32) })],
      ['a span of no trace', () => trace.setSpanContext(extracted(), INVALID_SPAN_CONTEXT)],
      ['a span that is a root', inRoot],
      ['another trace state', () => trace.setSpanContext(extracted(), { ...REMOTE, traceState: createTraceState('other=1') })],
      ['headers without baggage', () => propagation.extract(extracted(), { traceparent: carrier.traceparent.replace('0af', '0bf') })],
    ])('baggage that was extracted outlives %s', (_name, derive) => {
      const out: Record<string, string> = {};
      const derived = derive();
      expect(propagation.getBaggage(derived)?.getEntry('tenant')?.value).toBe('7');
      context.with(derived, () => propagation.inject(context.active(), out));
      expect(out['baggage']).toContain('user=ann%20lee;prop=1,tenant=7');
    });

    test.each([{}, { traceparent: 'garbage' }, { traceparent: `00-${'0'.repeat(32)}-${REMOTE.spanId}-01` }])(
      'nothing comes from %j',
      (headers) => {
        expect(trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers))).toBeUndefined();
      },
    );
  });
});
