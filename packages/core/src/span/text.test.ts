import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { cutUtf8, utf8Length, wellFormed } from './text.ts';

const anyText = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    fc.constantFrom('\ud800', '\udc00', '\udbff', '\udfff', '\ud83d\ude00', 'é', '中', '"', '\\', '\u0000', '\u2028', 'a'),
  ),
});

describe('text', () => {
  test.prop([anyText])('wellFormed replaces lone surrogates by U+FFFD and nothing else', (text) => {
    expect(wellFormed(text)).toBe(Buffer.from(text).toString());
  });

  test.prop([anyText])('utf8Length counts the bytes that are sent', (text) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  });

  test.prop([anyText, fc.integer({ min: 0, max: 60 })])(
    'R6: cutUtf8 keeps the longest beginning that fits and splits no character',
    (text, maxBytes) => {
      const cut = cutUtf8(text, maxBytes);
      expect(text.startsWith(cut)).toBe(true);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
      const next = Array.from(text.slice(cut.length))[0];
      if (next !== undefined) expect(Buffer.byteLength(cut) + Buffer.byteLength(next)).toBeGreaterThan(maxBytes);
    },
  );

  it('cutting to less than nothing leaves nothing', () => {
    expect(cutUtf8('abc', -5)).toBe('');
  });
});
