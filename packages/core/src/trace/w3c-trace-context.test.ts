import { describe, expect, it } from 'vitest';
import { formatTraceHeaders, parseIncoming } from './propagation.ts';

/**
 * The situations of the W3C working group's test harness at its strictest level, here without HTTP: what a service that
 * continues the incoming trace and calls out would send. https://github.com/w3c/trace-context/tree/main/test
 */
type Line = readonly [name: string, value: string];

const TRACE = '12345678901234567890123456789012';
const PARENT = '1234567890123456';
const VALID = `00-${TRACE}-${PARENT}-01`;

let nextId = 1;
const newId = (digits: number): string => (nextId++).toString(16).padStart(digits, 'a');

/** As Node's parser hands them over: names in lower case, lines of one name joined. */
function receive(lines: readonly Line[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

function callOut(lines: readonly Line[], count = 1): { traceId: string; parentId: string; tracestate: Map<string, string> }[] {
  const trace = parseIncoming(receive(lines), { newTraceId: () => newId(32), random: () => 0.5 });
  return Array.from({ length: count }, () => {
    const headers = formatTraceHeaders({
      traceId: trace.traceId,
      spanId: newId(16),
      sampled: trace.sampled,
      dsc: trace.dsc,
      trace,
      propagateTraceparent: true,
    });
    const parts = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(headers['traceparent'] ?? '');
    expect(parts).not.toBeNull();
    const members = (headers['tracestate'] ?? '').split(/[ \t]*,[ \t]*/).filter((member) => member !== '');
    const tracestate = new Map(
      members.map((member) => [member.slice(0, member.indexOf('=')), member.slice(member.indexOf('=') + 1)] as const),
    );
    expect(tracestate.size).toBe(members.length);
    return { traceId: parts?.[1] ?? '', parentId: parts?.[2] ?? '', tracestate };
  });
}

const traceIdFor = (...values: string[]): string | undefined => callOut(values.map((value) => ['traceparent', value] as const))[0]?.traceId;
const tracestateFor = (...values: string[]): Record<string, string> => {
  const [sent] = callOut([['traceparent', `00-${TRACE}-${PARENT}-00`], ...values.map((value) => ['tracestate', value] as const)]);
  expect(sent?.traceId).toBe(TRACE);
  return Object.fromEntries(sent?.tracestate ?? []);
};
const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `bar${String(from + i).padStart(2, '0')}=${from + i}`).join(',');

const KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/';
const VALUE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .join('')
  .replace(',', '')
  .replace('=', '');

const CONTINUED: readonly (readonly [name: string, ...traceparents: string[]])[] = [
  ['test_traceparent_included_tracestate_missing', VALID],
  ['test_traceparent_version_0xcc', `cc-${TRACE}-${PARENT}-01`, `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`],
  ['test_traceparent_ows_handling', ` ${VALID}`, `\t${VALID}`, `${VALID} `, `${VALID}\t`, `\t ${VALID} \t`],
];

const REFUSED: readonly (readonly [name: string, ...traceparents: string[]])[] = [
  ['test_traceparent_version_0x00', `${VALID}.`, `${VALID}-what-the-future-will-be-like`],
  ['test_traceparent_version_0xcc, wrong separator', `cc-${TRACE}-${PARENT}-01.what-the-future-will-be-like`],
  ['test_traceparent_version_0xff', `ff-${TRACE}-${PARENT}-01`],
  ['test_traceparent_version_illegal_characters', `.0-${TRACE}-${PARENT}-01`, `0.-${TRACE}-${PARENT}-01`],
  ['test_traceparent_version_too_long', `000-${TRACE}-${PARENT}-01`, `0000-${TRACE}-${PARENT}-01`],
  ['test_traceparent_version_too_short', `0-${TRACE}-${PARENT}-01`],
  ['test_traceparent_trace_id_all_zero', `00-${'0'.repeat(32)}-${PARENT}-01`],
  ['test_traceparent_trace_id_illegal_characters', `00-.${TRACE.slice(1)}-${PARENT}-01`, `00-${TRACE.slice(1)}.-${PARENT}-01`],
  ['test_traceparent_trace_id_too_long', `00-${TRACE}3-${PARENT}-01`],
  ['test_traceparent_trace_id_too_short', `00-${TRACE.slice(1)}-${PARENT}-01`],
  ['test_traceparent_parent_id_all_zero', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['test_traceparent_parent_id_illegal_characters', `00-${TRACE}-.${PARENT.slice(1)}-01`, `00-${TRACE}-${PARENT.slice(1)}.-01`],
  ['test_traceparent_parent_id_too_long', `00-${TRACE}-${PARENT}7-01`],
  ['test_traceparent_parent_id_too_short', `00-${TRACE}-${PARENT.slice(1)}-01`],
  ['test_traceparent_trace_flags_illegal_characters', `00-${TRACE}-${PARENT}-.0`, `00-${TRACE}-${PARENT}-0.`],
  ['test_traceparent_trace_flags_too_long', `00-${TRACE}-${PARENT}-001`],
  ['test_traceparent_trace_flags_too_short', `00-${TRACE}-${PARENT}-1`],
];

describe('R24: the W3C harness, traceparent', () => {
  it.each(CONTINUED)('%s', (_, ...values) => {
    for (const value of values) expect(traceIdFor(value)).toBe(TRACE);
  });

  it.each(REFUSED)('%s', (_, ...values) => {
    for (const value of values) expect(traceIdFor(value)).toMatch(/^a+[0-9a-f]+$/);
  });

  it('test_both_traceparent_and_tracestate_missing', () => {
    expect(callOut([])[0]?.tracestate.size).toBe(0);
  });

  it('test_traceparent_included_tracestate_missing: the parent id is a new one', () => {
    expect(callOut([['traceparent', VALID]])[0]?.parentId).not.toBe(PARENT);
  });

  it('test_traceparent_duplicated', () => {
    const other = VALID.replace(TRACE, TRACE.replace(/2$/, '1'));
    expect([TRACE, TRACE.replace(/2$/, '1')]).not.toContain(traceIdFor(other, VALID));
  });

  it('test_traceparent_header_name', () => {
    for (const name of ['trace-parent', 'trace.parent']) expect(callOut([[name, VALID]])[0]?.traceId).not.toBe(TRACE);
  });

  it('test_traceparent_header_name_valid_casing', () => {
    for (const name of ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT']) {
      expect(callOut([[name, VALID]])[0]?.traceId).toBe(TRACE);
      expect(parseIncoming({ [name]: VALID }, { newTraceId: () => newId(32), random: () => 0.5 }).traceId).toBe(TRACE);
    }
  });
});

describe('R25: the W3C harness, tracestate', () => {
  it('test_tracestate_included_traceparent_missing', () => {
    for (const value of ['foo=1', 'foo=1,bar=2']) expect(callOut([['tracestate', value]])[0]?.tracestate.size).toBe(0);
  });

  it('test_tracestate_included_traceparent_included', () => {
    expect(tracestateFor('foo=1,bar=2')).toEqual({ foo: '1', bar: '2' });
  });

  it('test_tracestate_header_name', () => {
    for (const name of ['trace-state', 'trace.state']) {
      expect(
        callOut([
          ['traceparent', VALID],
          [name, 'foo=1'],
        ])[0]?.tracestate.size,
      ).toBe(0);
    }
  });

  it('test_tracestate_header_name_valid_casing', () => {
    for (const name of ['TraceState', 'TrAcEsTaTe', 'TRACESTATE']) {
      expect(
        callOut([
          ['traceparent', VALID],
          [name, 'foo=1'],
        ])[0]?.tracestate.get('foo'),
      ).toBe('1');
    }
  });

  it('test_tracestate_empty_header', () => {
    expect(tracestateFor('')).toEqual({});
    expect(tracestateFor('foo=1', '')).toEqual({ foo: '1' });
    expect(tracestateFor('', 'foo=1')).toEqual({ foo: '1' });
  });

  it('test_tracestate_multiple_headers_different_keys', () => {
    const sent = tracestateFor('foo=1,bar=2', 'rojo=1,congo=2', 'baz=3');
    expect(Object.keys(sent)).toEqual(['foo', 'bar', 'rojo', 'congo', 'baz']);
  });

  it('test_tracestate_duplicated_keys', () => {
    for (const lines of [['foo=1,foo=1'], ['foo=1,foo=2'], ['foo=1', 'foo=1'], ['foo=1', 'foo=2']])
      expect(tracestateFor(...lines)).toEqual({});
  });

  it('test_tracestate_all_allowed_characters', () => {
    expect(tracestateFor(`${KEY}=${VALUE}`)).toEqual({ [KEY]: VALUE });
    expect(tracestateFor(`${KEY}@a-z0-9_-*/=${VALUE}`)).toEqual({ [`${KEY}@a-z0-9_-*/`]: VALUE });
  });

  it('test_tracestate_ows_handling', () => {
    for (const value of ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3']) {
      expect(tracestateFor(value)).toEqual({ foo: '1', bar: '2', baz: '3' });
    }
    for (const value of [' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t']) expect(tracestateFor(value)).toEqual({ foo: '1' });
  });

  it.each([
    ['test_tracestate_key_illegal_characters', 'foo =1', 'FOO=1', 'foo.bar=1'],
    ['test_tracestate_key_illegal_vendor_format', 'foo@=1,bar=2', '@foo=1,bar=2', 'foo@@bar=1,bar=2', 'foo@bar@baz=1,bar=2'],
    ['test_tracestate_value_illegal_characters', 'foo=bar=baz', 'foo=,bar=3'],
  ])('%s', (_, ...values) => {
    for (const value of values) expect(tracestateFor(value)).toEqual({});
  });

  it('test_tracestate_member_count_limit', () => {
    const lines = [members(1, 10), members(11, 20), members(21, 30)];
    expect(Object.keys(tracestateFor(...lines, members(31, 32)))).toHaveLength(32);
    expect(tracestateFor(...lines, members(31, 33))).toEqual({});
  });

  it('test_tracestate_key_length_limit', () => {
    for (const key of ['z'.repeat(256), `${'t'.repeat(241)}@${'v'.repeat(14)}`])
      expect(tracestateFor('foo=1', `${key}=1`)).toMatchObject({ foo: '1' });
    for (const key of ['z'.repeat(257), `${'t'.repeat(242)}@v`, `t@${'v'.repeat(15)}`])
      expect(tracestateFor('foo=1', `${key}=1`)).toEqual({});
  });
});

describe('R25: the W3C harness, several requests', () => {
  it.each([
    ['test_multiple_requests_with_valid_traceparent', [['traceparent', VALID]] as const, true],
    ['test_multiple_requests_without_traceparent', [] as const, false],
    ['test_multiple_requests_with_illegal_traceparent', [['traceparent', `00-${'0'.repeat(32)}-${PARENT}-01`]] as const, false],
  ])('%s', (_, lines, continued) => {
    const sent = callOut(lines, 3);
    expect(new Set(sent.map((call) => call.traceId)).size).toBe(1);
    expect(sent[0]?.traceId === TRACE).toBe(continued);
    expect(new Set(sent.map((call) => call.parentId)).size).toBe(3);
  });
});
