import { runInNewContext } from 'node:vm';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type IgnoreAttributes, type IgnorePattern, createIgnoreSpans } from './ignore-spans.ts';

const ignores = (patterns: IgnorePattern[], name: string, attributes = {}): boolean | undefined =>
  createIgnoreSpans(patterns)?.(name, attributes);

describe('createIgnoreSpans', () => {
  it('R22: without patterns there is nothing to ask', () => {
    expect(createIgnoreSpans(undefined)).toBeUndefined();
    expect(createIgnoreSpans([])).toBeUndefined();
  });

  it('R22: a string is contained in the name', () => {
    expect(ignores(['health'], 'GET /healthz')).toBe(true);
    expect(ignores(['Health'], 'GET /healthz')).toBe(false);
    expect(ignores(['a', 'b'], 'xbx')).toBe(true);
  });

  it('R22: a RegExp is tested statelessly and left alone', () => {
    for (const flags of ['g', 'y', 'gy', '']) {
      const pattern = new RegExp('GET', flags);
      pattern.lastIndex = 2;
      const matches = createIgnoreSpans([pattern]);
      expect([1, 2, 3].map(() => matches?.('GET /', {}))).toEqual([true, true, true]);
      expect(pattern.lastIndex).toBe(2);
    }
    expect(ignores([/GET/y], ' GET')).toBe(false);
  });

  it('R22: takes a RegExp of another realm', () => {
    expect(ignores([runInNewContext('/GET/') as RegExp], 'GET /')).toBe(true);
  });

  it('R22: all given parts must match', () => {
    const pattern = { name: /^GET/, attributes: { 'http.route': '/health', 'http.status': 200, retried: false } };
    expect(ignores([pattern], 'GET x', { 'http.route': '/healthz', 'http.status': 200, retried: false })).toBe(true);
    expect(ignores([pattern], 'POST x', { 'http.route': '/healthz', 'http.status': 200, retried: false })).toBe(false);
    expect(ignores([pattern], 'GET x', { 'http.route': '/healthz', 'http.status': '200', retried: false })).toBe(false);
    expect(ignores([pattern], 'GET x', { 'http.route': '/healthz', 'http.status': 200 })).toBe(false);
    expect(ignores([{ name: 'x', attributes: undefined }], 'x')).toBe(true);
  });

  it('R22: strings and RegExps match string attributes only, arrays element by element', () => {
    expect(ignores([{ attributes: { code: '20' } }], '', { code: 200 })).toBe(false);
    expect(ignores([{ attributes: { code: /20/ } }], '', { code: 200 })).toBe(false);
    expect(ignores([{ attributes: { tags: ['a', 'b'] } }], '', { tags: ['a', 'b'] })).toBe(true);
    expect(ignores([{ attributes: { tags: ['a', 'b'] } }], '', { tags: ['a', 'b', 'c'] })).toBe(false);
    expect(ignores([{ attributes: { tags: ['a', 'b'] } }], '', { tags: ['b', 'a'] })).toBe(false);
    expect(ignores([{ attributes: { size: 5 } }], '', { size: { value: 5, unit: 'byte' } })).toBe(true);
  });

  it('R22: reads lists and records, own keys only', () => {
    const matches = createIgnoreSpans([{ attributes: { b: 'x' } }]);
    expect(matches?.('', ['a', 'b', 'b', 'x'])).toBe(true);
    expect(matches?.('', ['b', 'y', 'c', 'x'])).toBe(false);
    expect(matches?.('', undefined)).toBe(false);
    expect(matches?.('', Object.create({ b: 'x' }) as Record<string, string>)).toBe(false);
    expect(ignores([{ attributes: { ['__proto__']: 'x' } }], '', JSON.parse('{"__proto__":"x"}') as object)).toBe(true);
  });

  it('R22: a pattern that asks for nothing matches nothing', () => {
    expect(ignores([{}, { attributes: {} }, { name: undefined }], 'x')).toBe(false);
  });

  test.prop([
    fc.array(
      fc.oneof(fc.string(), fc.record({ name: fc.string(), attributes: fc.dictionary(fc.string(), fc.string()) }, { requiredKeys: [] })),
    ),
    fc.string(),
    fc.anything(),
  ])('R34: hostile attributes never throw', (patterns, name, attributes) => {
    expect(typeof createIgnoreSpans([...patterns, 'never'])?.(name, attributes as IgnoreAttributes)).toBe('boolean');
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const throwing = {
      get a(): string {
        throw new Error('getter');
      },
    };
    expect(ignores([{ attributes: { a: 'x' } }], name, throwing)).toBe(false);
    expect(ignores([{ attributes: { a: ['x'] } }], name, { a: proxy })).toBe(false);
    expect(ignores([{ attributes: { a: ['x'] } }], name, proxy)).toBe(false);
  });
});
