import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing-clock.ts';
import type { Attributes } from './attributes.ts';
import { dispose } from './disposable.ts';
import { Segment } from './segment.ts';
import { errorType, RecordingSpan, type SpanRecorder, toName } from './span.ts';
import { Clock } from './time.ts';

const HOUR_MS = 3_600_000;
const TRACE_ID = 'a'.repeat(32);
const limits = { maxAttributes: 4, maxStringBytes: 10, maxArrayLength: 3, maxLinks: 2 };
const link = { context: { traceId: 'b'.repeat(32), spanId: 'c'.repeat(16) } };

let clock: ManualClock;
let recorder: SpanRecorder & { ended: RecordingSpan[]; misuses: string[]; truncated: number };

beforeEach(() => {
  clock = new ManualClock();
  recorder = {
    clock: new Clock({ wallClockMs: () => clock.nowMs, monotonicMs: () => clock.monotonicMs }),
    limits,
    ended: [],
    misuses: [],
    truncated: 0,
    spanEnded: (span) => void recorder.ended.push(span),
    blockEnded: () => undefined,
    valueTruncated: () => void recorder.truncated++,
    misused: (_reason, message) => void recorder.misuses.push(message),
  };
});

function start(options: { startTime?: number | Date; isChild?: boolean } = {}): RecordingSpan {
  const segment = new Segment({ traceId: TRACE_ID, sampleRand: 0 }, 'd'.repeat(16), 'work', { sampled: true });
  const spanId = options.isChild ? 'e'.repeat(16) : segment.spanId;
  return new RecordingSpan(recorder, 'work', { segment, spanId, parentSpanId: undefined, scope: {}, startTime: options.startTime });
}

describe('ending', () => {
  it('R4: end() counts once, whatever its argument', () => {
    const span = start();
    clock.advance(5);
    span.end(NaN);
    clock.advance(5);
    span.end(clock.nowMs + 1000);
    expect(span.endMs - span.startMs).toBe(5);
    expect(recorder.ended).toEqual([span]);
  });

  it.each([NaN, Infinity, -Infinity, -1, new Date(NaN), 'soon', null, {}])('R4: end(%s) means now', (time) => {
    const span = start();
    clock.advance(7);
    span.end(time as never);
    expect(span.endMs).toBe(clock.nowMs);
  });

  it.each([0, 1, new Date(0)])('R4: end(%s), before the start, is clamped to the start', (time) => {
    const span = start();
    clock.advance(7);
    span.end(time);
    expect(span.endMs).toBe(span.startMs);
  });

  it.each([NaN, Infinity, -1, new Date(NaN), '2020', null])('R4: a startTime of %s means now', (time) => {
    expect(start({ startTime: time as never }).startMs).toBe(clock.nowMs);
  });

  it('R4: dates and numbers are taken as given', () => {
    const span = start({ startTime: new Date(clock.nowMs - 2000) });
    span.end(clock.nowMs - 1000.5);
    expect([span.startMs, span.endMs]).toEqual([clock.nowMs - 2000, clock.nowMs - 1000.5]);
  });

  it('R4: a startTime in the future ends at the start', () => {
    const span = start({ startTime: clock.nowMs + 5000 });
    span.end();
    expect(span.endMs).toBe(span.startMs);
  });

  it('R4: the wall clock put back during a span changes no duration', () => {
    const span = start();
    clock.advance(50);
    clock.stepWallClock(-300);
    clock.advance(50);
    span.end();
    expect(span.endMs - span.startMs).toBe(100);
    expect(span.getAttributes()).toEqual({});
  });

  it.each([
    ['a machine that slept 8 hours', 8 * HOUR_MS, 8 * HOUR_MS + 100],
    ['a clock set forward by 5 minutes', 300_000, 300_100],
    ['a clock set back by 5 minutes', -300_000, 100],
    ['a clock set back by 2 seconds', -2000, 100],
    ['a clock set forward by half a second', 500, 100],
  ])('R4: %s during a span', (_what, stepMs, durationMs) => {
    const span = start();
    clock.advance(50);
    clock.stepWallClock(stepMs);
    clock.advance(50);
    span.end();
    expect(span.endMs - span.startMs).toBeCloseTo(durationMs, 3);
    expect(span.getAttributes()).toEqual(Math.abs(stepMs) > 1000 ? { 'spanstream.suspended_ms': stepMs } : {});
  });

  it('R4: spans that start after a sleep have true times and no mark', () => {
    const before = start();
    clock.suspend(8 * HOUR_MS);
    const span = start();
    expect(span.startMs).toBe(clock.nowMs);
    clock.advance(10);
    span.end();
    before.end();
    expect(span.endMs - span.startMs).toBe(10);
    expect(span.getAttributes()).toEqual({});
    expect(before.getAttributes()).toEqual({ 'spanstream.suspended_ms': 8 * HOUR_MS });
  });

  it('reads the clock also when the end is given, since batches go by its last read', () => {
    const span = start();
    clock.advance(9000);
    span.end(clock.nowMs);
    expect(recorder.clock.monotonicMs).toBe(9000);
  });

  it('ends with its block', () => {
    const span = start();
    span[dispose]();
    expect([span.isRecording(), recorder.ended.length]).toEqual([false, 1]);
  });
});

describe('after the end', () => {
  it('R5: setters change nothing', () => {
    const span = start();
    span.setAttribute('a', 1).setStatus('ok');
    span.end();
    span.setName('x').setStatus('error', 'no').setAttribute('a', 2).setAttributes({ b: 1 }).addLink(link).addLinks([link]);
    span.fail(new Error('late'));
    expect(span).toMatchObject({ name: 'work', status: 'ok', attributes: ['a', 1], links: undefined });
    expect(span.segment.name).toBe('work');
  });

  it('R5: arrays that their owner changes stay as they were given, and so do those that are handed out', () => {
    const span = start();
    const list = ['a', 'b'];
    const withUnit = { value: 1, unit: 'ms' };
    span.setAttribute('list', list).setAttribute('unit', withUnit);
    list.push('c');
    withUnit.value = 2;
    (span.getAttributes()['list'] as string[]).push('d');
    expect(span.getAttributes()).toEqual({ list: ['a', 'b'], unit: { value: 1, unit: 'ms' } });
  });

  it('R5: the links of others are copied', () => {
    const mine = { context: { ...link.context }, attributes: { a: 1 } };
    const span = start().addLink(mine);
    mine.context.traceId = 'x';
    mine.attributes.a = 2;
    expect(span.links).toEqual([{ ...link, attributes: { a: 1 } }]);
  });

  it('R5: only the top-level span gives the segment its name', () => {
    expect(start({ isChild: true }).setName('child').segment.name).toBe('work');
    expect(start().setName('GET /').segment.name).toBe('GET /');
  });
});

describe('attributes of a span', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = {
    get unit(): string {
      throw new Error('no');
    },
  };
  const wrong = [
    null,
    NaN,
    Infinity,
    -Infinity,
    1n,
    Symbol('s'),
    () => 1,
    {},
    cyclic,
    new Date(),
    new Map(),
    revoked.proxy,
    throwing,
    [1, 'a'],
    [null],
    [NaN],
    [[1]],
    [{}],
    { value: NaN, unit: 'ms' },
    { value: {}, unit: 'ms' },
    { value: 1, unit: 1 },
    { value: 1 },
  ];
  it.each(wrong.map((value, at) => [at, value]))(
    'R6: wrong value %i is dropped with a debug line and leaves the former one',
    (_at, value) => {
      const span = start().setAttribute('a', 1);
      span.setAttribute('a', value as never);
      expect(span.getAttributes()).toEqual({ a: 1 });
      expect(recorder.misuses).toHaveLength(1);
      expect(recorder.truncated).toBe(0);
    },
  );

  it.each([
    ['text'],
    [''],
    [true],
    [false],
    [0],
    [-0],
    [-1],
    [0.5],
    [2 ** 53],
    [1e300],
    [[]],
    [['a']],
    [[1, 2.5]],
    [[true]],
    [{ value: 1, unit: 'ms' }],
    [{ value: 'x', unit: '' }],
  ])('R6: %o is an attribute value', (value) => {
    expect(start().setAttribute('a', value).getAttributes()).toEqual({ a: value });
    expect(recorder.misuses).toEqual([]);
  });

  it('R6: undefined removes', () => {
    expect(start().setAttributes({ a: 1, b: 2 }).setAttributes({ a: undefined }).setAttribute('c', undefined).getAttributes()).toEqual({
      b: 2,
    });
  });

  it('R6: strings are cut at a character boundary, wherever they are', () => {
    const span = start().setAttributes({
      a: '0123456789x',
      b: 'ééééé😀',
      c: ['ok', 'x'.repeat(11)],
      d: { value: 'y'.repeat(11), unit: 'z'.repeat(11) },
    });
    expect(span.getAttributes()).toEqual({
      a: '0123456789',
      b: 'ééééé',
      c: ['ok', 'x'.repeat(10)],
      d: { value: 'y'.repeat(10), unit: 'z'.repeat(10) },
    });
    expect(span.truncated).toEqual(['a', 'b', 'c', 'd']);
    expect(recorder.truncated).toBe(5);
  });

  it('R6: arrays are cut, and what is too much is left out', () => {
    const span = start()
      .setAttributes({ list: [1, 2, 3, 4], b: 1, c: 1, d: 1, e: 1 })
      .setAttribute('b', 2);
    expect(span.getAttributes()).toEqual({ list: [1, 2, 3], b: 2, c: 1, d: 1 });
    expect(span.truncated).toEqual(['list', 'e']);
    expect(recorder.truncated).toBe(2);
  });

  it('R6: 16 keys are listed at most, each once and shortened', () => {
    const span = start();
    for (let i = 0; i < 30; i++) span.setAttribute(`key${i % 20}`.padEnd(300, '.'), 'x'.repeat(20));
    expect(span.truncated).toHaveLength(16);
    expect(new Set(span.truncated).size).toBe(16);
    expect(span.truncated!.every((key) => key.length <= 256)).toBe(true);
    expect(recorder.truncated).toBe(30);
  });

  it('R6: a limit on strings neither drops long names nor shortens the span', () => {
    const span = start().setAttribute('http.request.method', 'GET').setName('a name of more than ten bytes');
    expect(span).toMatchObject({ name: 'a name of more than ten bytes', attributes: ['http.request.method', 'GET'] });
  });

  it('R6: names of a megabyte are cut, keys of a megabyte left out', () => {
    const span = start().setName('é'.repeat(1_000_000)).setAttribute('k'.repeat(1_000_000), 1);
    expect(Buffer.byteLength(span.name)).toBe(8192);
    expect(span).toMatchObject({ attributes: [], truncated: ['k'.repeat(256)] });
  });

  it('R6: links over the limit are left out', () => {
    const span = start().addLinks([link, link, link]);
    expect(span).toMatchObject({ links: [link, link], truncated: ['links'] });
  });

  it('R6: a status message is cut as any text', () => {
    const span = start().setStatus('error', 'm'.repeat(20));
    expect(span).toMatchObject({ statusMessage: 'm'.repeat(10), truncated: ['sentry.status.message'] });
  });

  it('R34: prototype keys are ordinary names', () => {
    const attributes = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}') as Attributes;
    const read = start().setAttributes(attributes).getAttributes();
    expect(Object.entries(read)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
      ['toString', 3],
    ]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

describe('hostile callers', () => {
  const fail = (): never => {
    throw new Error('hostile');
  };
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const all = new Proxy({}, { get: fail, ownKeys: fail, has: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail });
  const values = [
    undefined,
    null,
    0,
    'x',
    Symbol('s'),
    fail,
    Object.create(null),
    { toString: fail },
    all,
    revoked.proxy,
    [all],
    new Proxy(fail, {}),
  ];

  it.each(values.map((value, at) => [at, value]))('R34: nothing that is passed makes a method throw (%i)', (_at, value) => {
    const any = value as never;
    const span = start();
    span
      .setName(any)
      .setStatus(any, any)
      .setStatus('error', any)
      .setAttribute(any, any)
      .setAttribute('a', any)
      .setAttributes(any)
      .addLink(any)
      .addLinks(any);
    span
      .addLink({ context: any })
      .addLink({ ...link, attributes: any })
      .addLinks([any, any]);
    span.fail(value);
    span.end(any);
    expect(recorder.ended).toEqual([span]);
  });

  it('R34: a getter that throws loses its own attribute only', () => {
    const span = start().setAttributes({
      a: 1,
      get b(): number {
        throw new Error('no');
      },
      c: 2,
    });
    expect(span.getAttributes()).toEqual({ a: 1, c: 2 });
    expect(recorder.misuses).toHaveLength(1);
  });

  it('R34: what is no name leaves the old one; an empty one becomes <unnamed>', () => {
    expect(start().setName(7 as never).name).toBe('work');
    expect(start().setName('').name).toBe('<unnamed>');
    expect(toName(Symbol('s'), limits)).toBe('<unnamed>');
  });

  it.each([{ traceId: 'A'.repeat(32) }, { traceId: '0'.repeat(32) }, { spanId: 'c' }, { spanId: 5 }, { traceId: undefined }])(
    'R34: a link to %o is ignored with a debug line',
    (context) => {
      expect(start().addLink({ context: { ...link.context, ...context } as never }).links).toBeUndefined();
      expect(recorder.misuses).toHaveLength(1);
    },
  );
});

describe('failing', () => {
  it.each([
    [new TypeError('x'), 'TypeError'],
    [new (class Mine extends Error {})('x'), 'Mine'],
    ['text', 'string'],
    [undefined, 'undefined'],
    [{ name: 'AbortError' }, 'AbortError'],
    [new Map(), 'Map'],
    [Object.create(null), 'Object'],
  ])('R7: %s has an error.type', (error, type) => {
    expect(errorType(error)).toBe(type);
    const span = start();
    span.fail(error);
    expect(span).toMatchObject({ status: 'error', attributes: ['error.type', type] });
  });

  it('R7: a status set by hand is kept, and so is an error.type', () => {
    const span = start().setStatus('ok');
    span.fail(new Error('x'));
    expect(span).toMatchObject({ status: 'ok', attributes: [] });
    const other = start().setAttribute('error.type', '500');
    other.fail(new Error('x'));
    expect(other).toMatchObject({ status: 'error', attributes: ['error.type', '500'] });
  });
});

it('R7: a subclass of Error that sets no name is called by its class', () => {
  class PaymentError extends Error {}
  expect(errorType(new PaymentError('declined'))).toBe('PaymentError');
  expect(errorType(new TypeError('x'))).toBe('TypeError');
});
