import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';
import { type Call, type Line, startHarness } from './start-harness.ts';

/**
 * The tests of the W3C working group's harness at its strictest level, under their names, over HTTP:
 * https://github.com/w3c/trace-context/blob/main/test/test.py
 */
const TRACE = '12345678901234567890123456789012';
const PARENT = '1234567890123456';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const UNSAMPLED: Line = ['traceparent', `00-${TRACE}-${PARENT}-00`];

const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(2, '0'))
    .map((digits) => `bar${digits}=${digits}`)
    .join(',');
const letters = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index)).join('');

describe.each(['fetch', 'http'])('R24 R25: the W3C harness, a service that calls with %s', (client) => {
  let service: ReturnType<typeof startProgram>;
  let harness: Awaited<ReturnType<typeof startHarness>>;

  beforeAll(async () => {
    service = startProgram('trace-context-service.mjs', { args: [client] });
    await service.said('\n\n');
    harness = await startHarness(`http://127.0.0.1:${/listening on (\d+)/.exec(service.stdout)?.[1]}/test`);
  });

  afterAll(async () => {
    await harness.close();
    service.kill('SIGKILL');
    const { stderr } = await service.ended;
    expect(stderr).toBe('');
  });

  const traceIdFor = async (...values: string[]): Promise<string> =>
    (await harness.callOnce(...values.map((value): Line => ['traceparent', value]))).traceId;
  const withTracestate = (...values: string[]): Promise<Call> =>
    harness.callOnce(UNSAMPLED, ...values.map((value): Line => ['tracestate', value]));
  const tracestateFor = async (...values: string[]): Promise<Record<string, string>> =>
    Object.fromEntries((await withTracestate(...values)).tracestate);

  test('test_both_traceparent_and_tracestate_missing', async () => {
    expect((await harness.callOnce()).traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('test_traceparent_included_tracestate_missing', async () => {
    const call = await harness.callOnce(['traceparent', SAMPLED]);
    expect(call.traceId).toBe(TRACE);
    expect(call.parentId).not.toBe(PARENT);
  });

  test('test_traceparent_duplicated', async () => {
    const other = TRACE.replace(/2$/, '1');
    expect([TRACE, other]).not.toContain(await traceIdFor(SAMPLED.replace(TRACE, other), SAMPLED));
  });

  test('test_traceparent_header_name', async () => {
    for (const name of ['trace-parent', 'trace.parent']) expect((await harness.callOnce([name, SAMPLED])).traceId).not.toBe(TRACE);
  });

  test('test_traceparent_header_name_valid_casing', async () => {
    for (const name of ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT']) expect((await harness.callOnce([name, SAMPLED])).traceId).toBe(TRACE);
  });

  test('test_traceparent_version_0xcc', async () => {
    for (const rest of ['', '-what-the-future-will-be-like']) expect(await traceIdFor(`cc-${TRACE}-${PARENT}-01${rest}`)).toBe(TRACE);
    expect(await traceIdFor(`cc-${TRACE}-${PARENT}-01.what-the-future-will-be-like`)).not.toBe(TRACE);
  });

  test.each([
    ['test_traceparent_version_0x00', `${SAMPLED}.`, `${SAMPLED}-what-the-future-will-be-like`],
    ['test_traceparent_version_0xff', `ff-${TRACE}-${PARENT}-01`],
    ['test_traceparent_version_illegal_characters', `.0-${TRACE}-${PARENT}-01`, `0.-${TRACE}-${PARENT}-01`],
    ['test_traceparent_version_too_long', `000-${TRACE}-${PARENT}-01`, `0000-${TRACE}-${PARENT}-01`],
    ['test_traceparent_version_too_short', `0-${TRACE}-${PARENT}-01`],
    ['test_traceparent_parent_id_all_zero', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['test_traceparent_parent_id_illegal_characters', `00-${TRACE}-.${PARENT.slice(1)}-01`, `00-${TRACE}-${PARENT.slice(0, -1)}.-01`],
    ['test_traceparent_parent_id_too_long', `00-${TRACE}-${PARENT}7-01`],
    ['test_traceparent_parent_id_too_short', `00-${TRACE}-${PARENT.slice(0, -1)}-01`],
    ['test_traceparent_trace_flags_illegal_characters', `00-${TRACE}-${PARENT}-.0`, `00-${TRACE}-${PARENT}-0.`],
    ['test_traceparent_trace_flags_too_long', `00-${TRACE}-${PARENT}-001`],
    ['test_traceparent_trace_flags_too_short', `00-${TRACE}-${PARENT}-1`],
  ])('%s', async (_name, ...values) => {
    for (const value of values) expect(await traceIdFor(value)).not.toBe(TRACE);
  });

  // The harness checks here that the wrong id is not passed on, in no part of it.
  test.each([
    ['test_traceparent_trace_id_all_zero', '0'.repeat(32)],
    ['test_traceparent_trace_id_illegal_characters', `.${TRACE.slice(1)}`, `${TRACE.slice(0, -1)}.`],
    ['test_traceparent_trace_id_too_long', `${TRACE}3`],
    ['test_traceparent_trace_id_too_short', TRACE.slice(0, -1)],
  ])('%s', async (_name, ...ids) => {
    for (const id of ids) {
      const sent = await traceIdFor(`00-${id}-${PARENT}-01`);
      for (const wrong of [id, id.slice(0, 32), id.slice(-32), TRACE]) expect(sent).not.toBe(wrong);
    }
  });

  test('test_traceparent_ows_handling', async () => {
    for (const value of [` ${SAMPLED}`, `\t${SAMPLED}`, `${SAMPLED} `, `${SAMPLED}\t`, `\t ${SAMPLED} \t`])
      expect(await traceIdFor(value)).toBe(TRACE);
  });

  test('test_tracestate_included_traceparent_missing', async () => {
    for (const value of ['foo=1', 'foo=1,bar=2']) expect((await harness.callOnce(['tracestate', value])).tracestate.size).toBe(0);
  });

  test('test_tracestate_included_traceparent_included', async () => {
    const call = await withTracestate('foo=1,bar=2');
    expect(call.traceId).toBe(TRACE);
    expect(Object.fromEntries(call.tracestate)).toEqual({ foo: '1', bar: '2' });
  });

  test('test_tracestate_header_name', async () => {
    for (const name of ['trace-state', 'trace.state'])
      expect((await harness.callOnce(UNSAMPLED, [name, 'foo=1'])).tracestate.has('foo')).toBe(false);
  });

  test('test_tracestate_header_name_valid_casing', async () => {
    for (const name of ['TraceState', 'TrAcEsTaTe', 'TRACESTATE']) {
      expect((await harness.callOnce(UNSAMPLED, [name, 'foo=1'])).tracestate.get('foo')).toBe('1');
    }
  });

  test('test_tracestate_empty_header', async () => {
    expect(await tracestateFor('')).toEqual({});
    expect(await tracestateFor('foo=1', '')).toEqual({ foo: '1' });
    expect(await tracestateFor('', 'foo=1')).toEqual({ foo: '1' });
    expect((await withTracestate('')).traceId).toBe(TRACE);
  });

  test('test_tracestate_multiple_headers_different_keys', async () => {
    const { traceId, tracestate } = await withTracestate('foo=1,bar=2', 'rojo=1,congo=2', 'baz=3');
    expect(traceId).toBe(TRACE);
    expect([...tracestate]).toEqual([
      ['foo', '1'],
      ['bar', '2'],
      ['rojo', '1'],
      ['congo', '2'],
      ['baz', '3'],
    ]);
  });

  test('test_tracestate_duplicated_keys', async () => {
    for (const lines of [['foo=1,foo=1'], ['foo=1,foo=2'], ['foo=1', 'foo=1'], ['foo=1', 'foo=2']]) {
      const { traceId, tracestate } = await withTracestate(...lines);
      expect(traceId).toBe(TRACE);
      expect(tracestate.has('foo')).toBe(false);
    }
  });

  test('test_tracestate_all_allowed_characters', async () => {
    const key = `${letters(0x61, 0x7a)}0123456789_-*/`;
    const value = letters(0x20, 0x2b) + letters(0x2d, 0x3c) + letters(0x3e, 0x7e);
    expect(await tracestateFor(`${key}=${value}`)).toEqual({ [key]: value });
    expect(await tracestateFor(`${key}@a-z0-9_-*/=${value}`)).toEqual({ [`${key}@a-z0-9_-*/`]: value });
  });

  test('test_tracestate_ows_handling', async () => {
    for (const value of ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3']) {
      expect(await tracestateFor(value)).toEqual({ foo: '1', bar: '2', baz: '3' });
    }
    for (const value of [' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t']) expect(await tracestateFor(value)).toEqual({ foo: '1' });
  });

  test.each([
    ['test_tracestate_key_illegal_characters', 'foo =1', 'FOO=1', 'foo.bar=1'],
    ['test_tracestate_key_illegal_vendor_format', 'foo@=1,bar=2', '@foo=1,bar=2', 'foo@@bar=1,bar=2', 'foo@bar@baz=1,bar=2'],
    ['test_tracestate_value_illegal_characters', 'foo=bar=baz', 'foo=,bar=3'],
  ])('%s', async (_name, ...values) => {
    for (const value of values) expect(await tracestateFor(value)).toEqual({});
  });

  test('test_tracestate_member_count_limit', async () => {
    const lines = [members(1, 10), members(11, 20), members(21, 30)];
    const most = await tracestateFor(...lines, members(31, 32));
    expect(most['bar01']).toBe('01');
    expect(Object.keys(most)).toHaveLength(32);
    expect(await tracestateFor(...lines, members(31, 33))).not.toHaveProperty('bar01');
  });

  test('test_tracestate_key_length_limit', async () => {
    for (const key of ['z'.repeat(256), `${'t'.repeat(241)}@${'v'.repeat(14)}`]) {
      expect(await tracestateFor('foo=1', `${key}=1`)).toHaveProperty('foo', '1');
    }
    for (const key of ['z'.repeat(257), `${'t'.repeat(242)}@v`, `t@${'v'.repeat(15)}`]) {
      expect(await tracestateFor('foo=1', `${key}=1`)).not.toHaveProperty('foo');
    }
  });

  test.each<[string, Line[], string | undefined]>([
    ['test_multiple_requests_with_valid_traceparent', [['traceparent', SAMPLED]], TRACE],
    ['test_multiple_requests_without_traceparent', [], undefined],
    ['test_multiple_requests_with_illegal_traceparent', [['traceparent', `00-${'0'.repeat(32)}-${PARENT}-01`]], undefined],
  ])('%s', async (_name, lines, traceId) => {
    const calls = await harness.call(lines, 3);
    const [first, ...others] = new Set(calls.map((call) => call.traceId));
    expect(others).toEqual([]);
    expect(first === TRACE).toBe(traceId === TRACE);
    expect(new Set(calls.map((call) => call.parentId)).size).toBe(3);
  });
});
