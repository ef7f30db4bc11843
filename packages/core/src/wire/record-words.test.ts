import { Buffer } from 'node:buffer';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '../span/attributes.ts';
import type { SpanLink } from '../span/span-data.ts';
import { ByteWriter } from './byte-writer.ts';
import { RecordWords } from './record-words.ts';

const RESERVED = 'reserved.name';

/** What one span says of itself. */
interface Told {
  readonly name: string;
  readonly attributes: readonly (readonly [key: string, value: AttributeValue])[];
  readonly links: readonly SpanLink[];
}

const sane = (given: string): string => Buffer.from(given).toString();

function expectedValue(value: AttributeValue): object {
  if (typeof value === 'string') return { type: 'string', value: sane(value) };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'number') return { type: Number.isSafeInteger(value) ? 'integer' : 'double', value: value === 0 ? 0 : value };
  return { type: 'array', value };
}

/** The text that is sent, with the comma behind the last attribute that the frame takes away. */
function expectedText({ name, attributes, links }: Told): string {
  const members = attributes.map(([key, value]) => `${JSON.stringify(sane(key))}:${JSON.stringify(expectedValue(value))},`);
  const linked = links.map(({ context }) => JSON.stringify({ trace_id: context.traceId, span_id: context.spanId }));
  return `${JSON.stringify(sane(name))}${linked.length > 0 ? `,"links":[${linked.join(',')}]` : ''},"attributes":{${members.join('')}`;
}

/** Room for any record of these tests, written to again and again. */
const out = new ByteWriter(400_000);

/** A record and the bytes that it says it takes when sent. */
function write(words: RecordWords, { name, attributes, links }: Told): { readonly bytes: Uint8Array; readonly sentBytes: number } {
  out.length = 0;
  words.begin(out, name, links);
  for (const [key, value] of attributes) expect(words.attribute(out, key, value)).toBe(true);
  return { bytes: out.toBytes(), sentBytes: words.sentBytes };
}

function read(words: RecordWords, bytes: Uint8Array): string {
  out.length = 0;
  words.expand(out, bytes, 0, bytes.length);
  return Buffer.from(out.toBytes()).toString();
}

const word = fc.oneof(
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '0',
    '1',
    '-1',
    '32767',
    '\ud800',
    'a\udc00b',
    '\u0000"\\',
    'sentry.op',
  ),
  fc.constantFrom('x'.repeat(99), 'x'.repeat(100), 'x'.repeat(101), '中'.repeat(100), '🚀'.repeat(50), '\u0001'.repeat(100)),
  fc.nat(40).map((n) => `made up ${n}`),
  fc.string({ unit: 'binary', maxLength: 120 }),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  word,
  fc.constantFrom('y'.repeat(10_000), 'y'.repeat(10_001), '\u0001'.repeat(10_000), '中'.repeat(10_000)),
  fc.constantFrom(0, -0, 1, 9, 10, 999_999_999, 1e9, Number.MAX_SAFE_INTEGER, -1, 0.5, 1e21, 5e-324),
  fc.boolean(),
  fc.array(fc.boolean(), { maxLength: 3 }),
);
const links = fc.array(fc.constant({ context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } }), { maxLength: 2 });
const told: fc.Arbitrary<Told> = fc.record({ name: word, attributes: fc.array(fc.tuple(word, value), { maxLength: 4 }), links });

describe('record words', () => {
  test.prop([fc.array(told, { maxLength: 30 }), fc.constantFrom(0, 1, 2000, 8000, 1e6)], { numRuns: 60 })(
    'what was written is read back, whatever it is called and however many names are kept by then',
    (spans, maxBytes) => {
      const words = new RecordWords(new Set([RESERVED]), maxBytes);
      const records = spans.map((span) => write(words, span));
      spans.forEach((span, i) => {
        const { bytes, sentBytes } = records[i]!;
        const text = read(words, bytes);
        expect(text).toBe(expectedText(span));
        expect(sentBytes).toBe(Buffer.byteLength(text));
      });
    },
  );

  it('names beyond what references can number are written out', () => {
    const words = new RecordWords(new Set([RESERVED]), Infinity);
    const spans = Array.from({ length: 5000 }, (_, i): Told => ({ name: `name ${i}`, attributes: [[`key ${i}`, i]], links: [] }));
    const records = spans.map((span) => write(words, span).bytes);
    expect(spans.filter((span, i) => read(words, records[i]!) !== expectedText(span))).toEqual([]);
  });

  it('a reserved name is told in whatever state', () => {
    const words = new RecordWords(new Set([RESERVED]), 0);
    out.length = 0;
    expect([words.attribute(out, RESERVED, 1), words.attribute(out, RESERVED, 'x'), out.length]).toEqual([false, false, 0]);
  });

  it('names of spans leave those of attributes their room', () => {
    const words = new RecordWords(new Set(), 40_000);
    for (let i = 0; i < 1000; i++) write(words, { name: `made up ${i}`, attributes: [], links: [] });
    const { bytes } = write(words, { name: 'n', attributes: [['http.request.method', true]], links: [] });
    expect(read(words, bytes.slice(-2))).toBe('"http.request.method":{"type":"boolean","value":true},');
  });
});
