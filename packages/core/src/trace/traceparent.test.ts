import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { formatSentryTrace, formatTraceparent, parseSentryTrace, parseTraceparent, parseTracestate } from './traceparent.ts';

const id = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }).filter((text) => /[^0]/.test(text));
const T = '0123456789abcdef0123456789abcdef';
const S = '00f067aa0ba902b7';

describe('sentry-trace', () => {
  test.prop([id(32), id(16), fc.constantFrom(true, false, undefined)])('R24: reads what it writes', (traceId, spanId, sampled) => {
    expect(parseSentryTrace(formatSentryTrace(traceId, spanId, sampled))).toEqual({ traceId, parentSpanId: spanId, sampled });
  });

  it('R24: has no decision without a flag', () => {
    expect(parseSentryTrace(`${T}-${S}`)).toEqual({ traceId: T, parentSpanId: S, sampled: undefined });
    expect(parseSentryTrace(` \t${T}-${S}-1 `)?.sampled).toBe(true);
    expect(parseSentryTrace(`${T}-${S}-0`)?.sampled).toBe(false);
  });

  it.each([
    '',
    T,
    `${T}-`,
    `${T}-${S}-`,
    `${T}-${S}-2`,
    `${T}-${S}-11`,
    `${T}-${S}_1`,
    `${T}_${S}-1`,
    `${T.toUpperCase()}-${S}-1`,
    `${'0'.repeat(32)}-${S}-1`,
    `${T}-${'0'.repeat(16)}-1`,
    `${T}-${S}-1,${T}-${S}-1`,
    `\u00a0${T}-${S}-1`,
  ])('R24: refuses %j', (text) => {
    expect(parseSentryTrace(text)).toBeUndefined();
  });
});

describe('traceparent', () => {
  test.prop([id(32), id(16), fc.boolean()])('R24: reads what it writes', (traceId, spanId, sampled) => {
    expect(parseTraceparent(formatTraceparent(traceId, spanId, sampled))).toEqual({ traceId, parentSpanId: spanId, sampled });
  });

  it('R24: takes flag 00 for a negative decision and looks at the sampled bit alone', () => {
    expect(parseTraceparent(`00-${T}-${S}-00`)?.sampled).toBe(false);
    expect(parseTraceparent(`00-${T}-${S}-02`)?.sampled).toBe(false);
    expect(parseTraceparent(`00-${T}-${S}-ff`)?.sampled).toBe(true);
    expect(formatTraceparent(T, S, undefined)).toBe(`00-${T}-${S}-00`);
  });

  it('R24: refuses upper case in every part', () => {
    for (const text of [`0A-${T}-${S}-01`, `00-${T.toUpperCase()}-${S}-01`, `00-${T}-${S.toUpperCase()}-01`, `00-${T}-${S}-0A`]) {
      expect(parseTraceparent(text)).toBeUndefined();
    }
  });
});

describe('tracestate', () => {
  it('R25: is passed on as it came', () => {
    expect(parseTracestate(' rojo=00f067aa0ba902b7 ,, congo=t61rcWkgMzE')).toBe('rojo=00f067aa0ba902b7 ,, congo=t61rcWkgMzE');
    expect(parseTracestate(' , ')).toBeUndefined();
  });

  test.prop([fc.string({ unit: 'binary' })])('R34: nothing makes the parsers throw', (text) => {
    parseSentryTrace(text);
    parseTraceparent(text);
    const tracestate = parseTracestate(text);
    if (tracestate !== undefined) expect(tracestate).toMatch(/^[\t -~]+$/);
  });
});
