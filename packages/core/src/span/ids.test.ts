import { fc, test } from '@fast-check/vitest';
import { randomFillSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { IdSource } from './ids.ts';

const fromCrypto = (): IdSource => new IdSource((bytes) => void randomFillSync(bytes));
const draw = fc.constantFrom('spanId', 'traceId', 'random');

describe('ids', () => {
  test.prop([fc.array(draw, { minLength: 300, maxLength: 1500 })])(
    'are hex digits of the right length and never repeat, across the ends of the pool',
    (draws) => {
      const source = fromCrypto();
      const ids = draws.flatMap((kind) => (kind === 'random' ? [] : [kind === 'spanId' ? source.spanId() : source.newTraceId()]));
      for (const id of ids) expect(id).toMatch(/^([0-9a-f]{16}|[0-9a-f]{32})$/);
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  test.prop([fc.array(draw, { minLength: 1, maxLength: 1200 })])('use each random byte at most once', (draws) => {
    let fills = 0;
    const source = new IdSource((bytes) => {
      // Each group of four bytes says which one it is, over all pools.
      const words = new Uint32Array(bytes.buffer);
      for (let i = 0; i < words.length; i++) words[i] = fills * words.length + i + 1;
      fills++;
    });
    const words = draws.flatMap((kind) => {
      if (kind === 'random') return [source.random() * 2 ** 32];
      const bytes = Buffer.from(kind === 'spanId' ? source.spanId() : source.newTraceId(), 'hex');
      return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
    });
    expect(new Set(words).size).toBe(words.length);
  });

  it('are never zero, even where tests replace the source by zeros', () => {
    const source = new IdSource((bytes) => void bytes.fill(0));
    for (let i = 0; i < 1000; i++) {
      expect(source.spanId()).not.toMatch(/^0+$/);
      expect(source.newTraceId()).not.toMatch(/^0+$/);
    }
  });

  it('random numbers lie in [0, 1)', () => {
    const largest = new IdSource((bytes) => void bytes.fill(255));
    expect(largest.random()).toBeLessThan(1);
    expect(new IdSource((bytes) => void bytes.fill(0)).random()).toBe(0);
  });

  it('a source that throws once is asked again', () => {
    let calls = 0;
    const source = new IdSource((bytes) => {
      if (++calls === 1) throw new Error('no entropy');
      bytes.fill(7);
    });
    expect(() => source.spanId()).toThrow('no entropy');
    expect(source.spanId()).toBe('0707070707070707');
  });
});
