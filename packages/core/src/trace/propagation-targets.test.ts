import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createPropagationTargets } from './propagation-targets.ts';

const matches = (target: string | RegExp, url: string): boolean => createPropagationTargets([target])(url);

describe('createPropagationTargets', () => {
  it('R28: undefined is every URL, an empty list none', () => {
    expect(createPropagationTargets(undefined)('https://a/')).toBe(true);
    expect(createPropagationTargets([])('https://a/')).toBe(false);
  });

  it('R28: a string is contained in the URL', () => {
    expect(matches('api.example.com', 'https://api.example.com/x')).toBe(true);
    expect(matches('/api/', 'https://example.com/api/x')).toBe(true);
    expect(matches('https://b.example', 'https://a.example/')).toBe(false);
  });

  it('R28: hosts compare in any case, paths do not', () => {
    expect(matches('API.example.com', 'https://api.EXAMPLE.com/x')).toBe(true);
    expect(matches('HTTPS://API.example.com/V1', 'https://api.example.com/V1')).toBe(true);
    expect(matches('https://api.example.com/V1', 'https://api.example.com/v1')).toBe(false);
    expect(matches('/V1', 'https://api.example.com/v1')).toBe(false);
    expect(matches('/V1', 'https://api.example.com/V1')).toBe(true);
    expect(matches(/^https:\/\/API\.example\.com\//, 'https://api.example.com/x')).toBe(true);
    expect(matches(/^https:\/\/api\.example\.com\/v1/, 'https://API.example.com/v1/x')).toBe(true);
    expect(matches(/\/V1/, 'https://api.example.com/v1')).toBe(false);
  });

  it('R28: RegExps are stateless and left alone', () => {
    const target = /example/gy;
    target.lastIndex = 3;
    const isTarget = createPropagationTargets([target, /api/g]);
    expect([1, 2, 3].map(() => isTarget('https://api.x/'))).toEqual([true, true, true]);
    expect(target.lastIndex).toBe(3);
  });

  it('R28: a URL inside a query keeps its case', () => {
    expect(matches('http://x', '/proxy?to=HTTP://X')).toBe(false);
    expect(matches('', 'https://a/')).toBe(true);
  });

  test.prop([fc.array(fc.string()), fc.string()])('R28: contains means contains', (targets, url) => {
    if (targets.some((target) => url.includes(target))) expect(createPropagationTargets(targets)(url)).toBe(true);
  });
});
