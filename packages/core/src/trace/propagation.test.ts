import type { IncomingHttpHeaders } from 'node:http';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Carrier, type IncomingOptions, formatTraceHeaders, parseIncoming, readCarrier } from './propagation.ts';

const T = '0123456789abcdef0123456789abcdef';
const S = '00f067aa0ba902b7';
const FRESH = 'f'.repeat(32);
const incoming = (carrier: Carrier, options: Partial<IncomingOptions> = {}) =>
  parseIncoming(carrier, { newTraceId: () => FRESH, random: () => 0.5, ...options });
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('get');
    },
    ownKeys: () => {
      throw new Error('ownKeys');
    },
    getOwnPropertyDescriptor: () => {
      throw new Error('descriptor');
    },
  },
);

describe('readCarrier', () => {
  it('R24: reads Headers, maps, records in any case and headers of several lines', () => {
    expect(readCarrier(new Headers({ Baggage: 'a=1' }), 'baggage')).toBe('a=1');
    expect(readCarrier(new Headers(), 'baggage')).toBeUndefined();
    expect(readCarrier(new Map([['baggage', 'a=1']]), 'baggage')).toBe('a=1');
    const headers: IncomingHttpHeaders = { baggage: 'a=1', 'set-cookie': [] };
    expect(readCarrier(headers, 'baggage')).toBe('a=1');
    expect(readCarrier({ BAGGAGE: 'a=1' }, 'baggage')).toBe('a=1');
    expect(readCarrier({ baggage: ['a=1', 'b=2'] }, 'baggage')).toBe('a=1,b=2');
    expect(readCarrier(Object.create({ baggage: 'inherited=1' }) as Carrier, 'baggage')).toBeUndefined();
  });
});

describe('parseIncoming', () => {
  it('R24: prefers sentry-trace and falls back to traceparent', () => {
    const w3c = `00-${'e'.repeat(32)}-${S}-01`;
    expect(incoming({ 'sentry-trace': `${T}-${S}`, traceparent: w3c })).toEqual({ traceId: T, parentSpanId: S, sampleRand: 0.5 });
    expect(incoming({ 'sentry-trace': 'garbage', traceparent: w3c })).toMatchObject({ traceId: 'e'.repeat(32), sampled: true });
    expect(incoming({ traceparent: `00-${T}-${S}-00` }).sampled).toBe(false);
  });

  it('R24: a trace header that came twice is none', () => {
    expect(incoming({ 'sentry-trace': [`${T}-${S}-1`, `${T}-${S}-1`] }).traceId).toBe(FRESH);
    expect(incoming({ traceparent: [`cc-${T}-${S}-01`, `cc-${T}-${S}-01`] }).traceId).toBe(FRESH);
  });

  it('R24: reads baggage from many header lines', () => {
    const trace = incoming({ 'sentry-trace': `${T}-${S}-1`, baggage: ['a=1', `sentry-trace_id=${T},b=2`, 'sentry-release=r'] });
    expect(trace).toMatchObject({ foreignBaggage: 'a=1,b=2', dsc: { trace_id: T, release: 'r' } });
    expect(Object.isFrozen(trace.dsc)).toBe(true);
  });

  it('R26: without baggage the context is what was decided upstream', () => {
    expect(incoming({ 'sentry-trace': `${T}-${S}-0` }).dsc).toEqual({ trace_id: T, sampled: 'false' });
    expect(incoming({ 'sentry-trace': `${T}-${S}-1`, baggage: 'a=1' }).dsc).toEqual({ trace_id: T, sampled: 'true' });
    expect(incoming({ 'sentry-trace': `${T}-${S}` }).dsc).toBeUndefined();
  });

  it('R26: a context of another trace is not taken over', () => {
    const trace = incoming({ 'sentry-trace': `${T}-${S}-1`, baggage: `sentry-trace_id=${FRESH},sentry-sample_rate=0.1` });
    expect(trace).toEqual({ traceId: T, parentSpanId: S, sampled: true, sampleRand: 0.5, dsc: { trace_id: T, sampled: 'true' } });
  });

  it('R21: takes rate and random from baggage, and makes a random that agrees where it is missing or wrong', () => {
    const from = (baggage: string, flag: number) => incoming({ 'sentry-trace': `${T}-${S}-${flag}`, baggage });
    expect(from('sentry-sample_rate=0.25,sentry-sample_rand=0.123456', 1)).toMatchObject({ sampleRate: 0.25, sampleRand: 0.123456 });
    for (const rand of [
      '',
      ',sentry-sample_rand=',
      ',sentry-sample_rand=1',
      ',sentry-sample_rand=-0.1',
      ',sentry-sample_rand=0x0',
      ',sentry-sample_rand=NaN',
    ]) {
      expect(from(`sentry-sample_rate=0.25${rand}`, 1).sampleRand).toBeLessThan(0.25);
      expect(from(`sentry-sample_rate=0.25${rand}`, 0).sampleRand).toBeGreaterThanOrEqual(0.25);
    }
    expect(from('sentry-sample_rate=1e-05', 1)).toMatchObject({ sampleRate: 0.00001, sampleRand: 0.000005 });
    for (const rate of ['1.5', '-1', 'x', ' ', 'Infinity', '1e9']) expect(from(`sentry-sample_rate=${rate}`, 1).sampleRate).toBeUndefined();
  });

  it('R24: a trace of another organisation is not continued, its foreign baggage is passed on', () => {
    const carrier = { 'sentry-trace': `${T}-${S}-1`, traceparent: `00-${T}-${S}-01`, tracestate: 'x=1', baggage: 'sentry-org_id=1,a=1' };
    expect(incoming(carrier, { orgId: '2' })).toEqual({ traceId: FRESH, sampleRand: 0.5, foreignBaggage: 'a=1' });
    expect(incoming(carrier, { orgId: '1', strictTraceContinuation: true }).traceId).toBe(T);
    expect(incoming(carrier).traceId).toBe(T);
    expect(incoming(carrier, { strictTraceContinuation: true }).traceId).toBe(FRESH);
    expect(incoming({ 'sentry-trace': carrier['sentry-trace'] }, { orgId: '1' }).traceId).toBe(T);
    expect(incoming({ 'sentry-trace': carrier['sentry-trace'] }, { orgId: '1', strictTraceContinuation: true }).traceId).toBe(FRESH);
    expect(incoming({ 'sentry-trace': carrier['sentry-trace'] }, { strictTraceContinuation: true }).traceId).toBe(T);
  });

  it('R25: tracestate belongs to traceparent', () => {
    expect(incoming({ 'sentry-trace': `${T}-${S}-1`, traceparent: `00-${T}-${S}-01`, tracestate: 'x=1' }).tracestate).toBe('x=1');
    expect(incoming({ 'sentry-trace': `${T}-${S}-1`, tracestate: 'x=1' }).tracestate).toBeUndefined();
  });

  it('R34: hostile carriers begin a new trace', () => {
    const messages: string[] = [];
    expect(incoming(hostile as Carrier, { debug: (message) => messages.push(message) })).toEqual({ traceId: FRESH, sampleRand: 0.5 });
    expect(messages).toHaveLength(3);
    for (const carrier of [null, undefined, 1, 'x', [], { baggage: 1, 'sentry-trace': [Symbol('x')] }, { get: () => 1 }]) {
      expect(incoming(carrier as unknown as Carrier).traceId).toBe(FRESH);
    }
  });

  test.prop([
    fc.dictionary(
      fc.constantFrom('sentry-trace', 'traceparent', 'tracestate', 'baggage', 'Baggage'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' }))),
    ),
  ])('R24: garbage starts a new trace and never throws', (carrier) => {
    const trace = incoming(carrier);
    expect(trace.traceId).toBe(FRESH);
    expect(trace.sampleRand).toBeLessThan(1);
  });
});

describe('formatTraceHeaders', () => {
  const bool = fc.constantFrom(true, false, undefined);

  test.prop([bool, bool, fc.boolean()])(
    'R23: headers and baggage carry the same ids and one decision',
    (sampled, upstream, propagateTraceparent) => {
      const dsc = { trace_id: T, ...(upstream === undefined ? {} : { sampled: String(upstream) }) };
      const headers = formatTraceHeaders({
        traceId: T,
        spanId: S,
        sampled,
        dsc,
        trace: { foreignBaggage: 'a=1', tracestate: 'x=1' },
        propagateTraceparent,
      });
      const flag = sampled === undefined ? '' : sampled ? '-1' : '-0';
      expect(headers['sentry-trace']).toBe(`${T}-${S}${flag}`);
      expect(headers['traceparent']).toBe(propagateTraceparent ? `00-${T}-${S}-0${sampled ? 1 : 0}` : undefined);
      expect(headers['tracestate']).toBe(propagateTraceparent ? 'x=1' : undefined);
      const said = sampled ?? upstream;
      expect(headers['baggage']).toBe(`a=1,sentry-trace_id=${T}${upstream === undefined ? '' : `,sentry-sampled=${said}`}`);
    },
  );

  it('R25: what it writes continues the same trace', () => {
    const dsc = { trace_id: T, sample_rate: '0.5', sample_rand: '0.250000', sampled: 'true' };
    const headers = formatTraceHeaders({ traceId: T, spanId: S, sampled: true, dsc, propagateTraceparent: true });
    expect(incoming(headers)).toEqual({ traceId: T, parentSpanId: S, sampled: true, sampleRate: 0.5, sampleRand: 0.25, dsc });
  });

  it('R27: leaves out empty headers', () => {
    expect(
      Object.keys(formatTraceHeaders({ traceId: T, spanId: S, sampled: undefined, dsc: undefined, propagateTraceparent: true })),
    ).toEqual(['sentry-trace', 'traceparent']);
  });
});
