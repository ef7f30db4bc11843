import { fc, test } from '@fast-check/vitest';
import { describe, expect, it, vi } from 'vitest';
import { type AttributeList, type AttributeValue, indexOf, setAttribute, toRecord } from '../span/attributes.ts';
import { Segment } from '../span/segment.ts';
import type { SpanJSON, SpanLink } from '../span/span-data.ts';
import { readHooked, toSpanJSON } from '../span/span-json.ts';
import { ByteWriter, maxQuotedBytes } from './byte-writer.ts';
import { type ConstantAttributes, type SpanParts, withConstants, withoutConstants } from './constants.ts';
import { createSlabEncoder } from './slab-encoder.ts';
import { SLAB_BYTES, SlabPool } from './slab-pool.ts';
import type { CreateEncoder, SpanEncoder, WaitingSpans } from './span-encoder.ts';
import { SpanItems } from './span-item.ts';
import { createTextEncoder, expandShort } from './text-encoder.ts';

// Shrinking and a busy machine take their time.
vi.setConfig({ testTimeout: 30_000 });

const constants: ConstantAttributes = {
  every: ['sentry.trace_lifecycle', 'stream', 'sentry.release', 'shöp@1.4.0'],
  segment: ['os.name', 'linux "x"', 'server.address', 'host-1', 'sentry.sdk.integrations', ['A', 'B']],
};
const CONSTANT_NAMES = [
  'sentry.release',
  'os.name',
  'server.address',
  'sentry.segment.id',
  'sentry.segment.name',
  'sentry.segment.name.source',
  'sentry.span.source',
  'sentry.sample_rate',
];
const observer = {
  limits: { maxAttributes: 128, maxStringBytes: 8192, maxArrayLength: 1000, maxLinks: 128 },
  attributeCut: () => undefined,
  attributeDropped: () => undefined,
};

const odd = fc.constantFrom(
  '\ud800',
  '\udc00',
  '\u0000',
  '\u001f',
  '\u007f',
  '"',
  '\\',
  '\u2028',
  '😀',
  '中',
  'é',
  '__proto__',
  '\\ud800',
  '</script>',
);
const text = fc.oneof(
  { weight: 2, arbitrary: fc.string() },
  fc.string({ unit: 'binary' }),
  fc.string({ unit: odd }),
  fc.string({ unit: odd, minLength: 60, maxLength: 90 }),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 2 ** 53, -(2 ** 53), 999_999_999, 1_000_000_000, Number.MAX_SAFE_INTEGER, 5e-324, 1e21),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.array(text, { maxLength: 5 }),
  fc.array(number, { maxLength: 5 }),
  fc.array(fc.boolean(), { maxLength: 5 }),
  fc.record({ value: fc.oneof(text, number, fc.boolean()), unit: text }),
);
const key = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', ''),
  fc.constantFrom(...CONSTANT_NAMES),
);
const attributes = fc.array(fc.tuple(key, value), { maxLength: 8 }).map((entries) => {
  const list: AttributeList = [];
  for (const [name, given] of entries)
    setAttribute(list, name, name === 'sentry.segment.name.source' ? String(JSON.stringify(given)) : given, observer);
  return list;
});
const hex = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const link: fc.Arbitrary<SpanLink> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    sampled: fc.option(fc.boolean(), { nil: undefined }),
    attributes: fc.option(attributes, { nil: undefined }),
  })
  .map(({ traceId, spanId, sampled, attributes: list }) => ({
    context: { traceId: `1${traceId.slice(1)}`, spanId: `1${spanId.slice(1)}`, ...(sampled !== undefined && { sampled }) },
    ...(list && { attributes: toRecord(list) }),
  }));
const ms = fc.oneof(
  fc.double({ min: 1.5e12, max: 2e12, noNaN: true }),
  fc.double({ min: 0, max: 9e12, noNaN: true }),
  fc.constantFrom(0, 0.001, 999.9996, 1000, 1e12, 1_699_999_999_999.9998),
);
const parts = fc
  .record({
    spanId: hex(16),
    parentSpanId: fc.option(hex(16), { nil: undefined }),
    isSegment: fc.boolean(),
    startMs: ms,
    endMs: ms,
    name: text,
    status: fc.constantFrom('ok' as const, 'error' as const),
    attributes,
    links: fc.option(fc.array(link, { maxLength: 3 }), { nil: undefined }),
    segmentName: text,
    source: text,
    rate: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  })
  .map(({ segmentName, source, rate, ...span }): SpanParts => {
    const segmentId = span.isSegment ? span.spanId : 'ab'.repeat(8);
    const at = indexOf(span.attributes, 'sentry.segment.name.source');
    const segment = new Segment({ traceId: 'a1'.repeat(16), sampleRand: 0 }, segmentId, segmentName, {
      sampled: true,
      sampleRate: rate,
      source: span.isSegment && at >= 0 ? (span.attributes[at + 1] as string) : source,
    });
    return { ...span, segment };
  });

const sane = (given: string): string => Buffer.from(given).toString();

function expectedValue(name: string, given: AttributeValue): unknown {
  if (typeof given === 'object' && 'unit' in given) return { ...(expectedValue(name, given.value) as object), unit: sane(given.unit) };
  if (typeof given === 'string') return { type: 'string', value: sane(given) };
  if (typeof given === 'boolean') return { type: 'boolean', value: given };
  if (typeof given === 'number')
    return { type: Number.isSafeInteger(given) && name !== 'sentry.sample_rate' ? 'integer' : 'double', value: given === 0 ? 0 : given };
  return { type: 'array', value: given.map((element) => (typeof element === 'string' ? sane(element) : element === 0 ? 0 : element)) };
}

/** As entries: an object would merge names that only became equal by losing their lone surrogates. */
function expectedAttributes(list: AttributeList): [string, unknown][] {
  const entries: [string, unknown][] = [];
  for (let i = 0; i < list.length; i += 2)
    entries.push([sane(list[i] as string), expectedValue(list[i] as string, list[i + 1] as AttributeValue)]);
  return [...new Map(entries)].sort(byName);
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** The span as wire.md has it, made without any of the code under test but the list of constants. */
function expected(span: SpanParts): Record<string, unknown> {
  const { segment, isSegment } = span;
  const all = span.attributes.slice();
  const add = (name: string, given: AttributeValue | undefined): void => {
    if (given !== undefined && indexOf(all, name) < 0 && span.omitted?.has(name) !== true) all.push(name, given);
  };
  for (const list of [constants.every, isSegment ? constants.segment : []])
    for (let i = 0; i < list.length; i += 2) add(list[i] as string, list[i + 1] as AttributeValue);
  if (isSegment) {
    add('sentry.segment.name.source', segment.source);
    add('sentry.span.source', segment.source);
    add('sentry.sample_rate', segment.sampleRate);
  }
  add('sentry.segment.id', segment.spanId);
  add('sentry.segment.name', segment.name);
  return {
    trace_id: segment.trace.traceId,
    span_id: span.spanId,
    ...(span.parentSpanId !== undefined && { parent_span_id: span.parentSpanId }),
    name: sane(span.name),
    status: span.status,
    is_segment: isSegment,
    start_timestamp: Math.round(span.startMs * 1000) / 1e6,
    end_timestamp: Math.round(span.endMs * 1000) / 1e6,
    attributes: expectedAttributes(all),
    ...(span.links !== undefined && span.links.length > 0 && { links: span.links.map(expectedLink) }),
  };
}

function expectedLink({ context, attributes: record }: SpanLink): unknown {
  const list = Object.entries(record ?? {}).flat(1) as AttributeList;
  return {
    trace_id: context.traceId,
    span_id: context.spanId,
    ...(context.sampled !== undefined && { sampled: context.sampled }),
    ...(list.length > 0 && { attributes: expectedAttributes(list) }),
  };
}

function parsed(json: string): unknown {
  const span = JSON.parse(json) as { attributes: object; links?: { attributes?: object }[] };
  const entries = (record: object): unknown => Object.entries(record).sort(byName);
  return {
    ...span,
    attributes: entries(span.attributes),
    ...(span.links && { links: span.links.map((each) => ({ ...each, ...(each.attributes && { attributes: entries(each.attributes) }) })) }),
  };
}

const ENCODERS: [string, CreateEncoder][] = [
  ['slabs', createSlabEncoder],
  ['text', createTextEncoder],
];
const facts = {
  constants,
  envelope: {
    sdk: { name: 'spanstream.test', version: '1' },
    dsn: undefined,
    ingestSettings: { infer_ip: 'never', infer_user_agent: 'auto' } as const,
  },
  maxIdleBytes: 1e6,
  reusesOutputs: true,
};

interface Waiting extends WaitingSpans {
  readonly places: [slab: object, at: number, segment: Segment][];
  wireBytes: number;
}

function waitingAt(places: Waiting['places'], wireBytes = 0): Waiting {
  return {
    places,
    wireBytes,
    spanCount: places.length,
    forEach: (callback) => {
      for (const place of places) callback(...place);
    },
  };
}

function write({ items }: SpanEncoder, spans: readonly SpanParts[]): Waiting {
  let wireBytes = 0;
  const places = spans.map((span): Waiting['places'][number] => {
    const at = items.write(span);
    wireBytes += items.wireBytes(items.slab, at, span.segment);
    return [items.slab, at, span.segment];
  });
  return waitingAt(places, wireBytes);
}

function toText(encoder: SpanEncoder, spans: WaitingSpans): string {
  const encoded = encoder.encode(spans, 1e12, '{"trace_id":"ü"}');
  return typeof encoded === 'string' ? encoded : Buffer.from(encoded).toString();
}

function toItems(encoder: SpanEncoder, spans: WaitingSpans): string {
  const payload = toText(encoder, spans).split('\n')[2]!;
  return payload.slice(payload.indexOf('"items":[') + 9, -2);
}

function send(encoder: SpanEncoder, span: SpanParts): { readonly json: string; readonly bytes: number; readonly estimate: number } {
  const waiting = write(encoder, [span]);
  return { json: toItems(encoder, waiting), bytes: encoder.payloadBytes(waiting), estimate: waiting.wireBytes };
}

describe('span encoders', () => {
  test.prop([fc.array(parts, { minLength: 1, maxLength: 3 })], { numRuns: 100 })('slabs and text make the same envelope', (spans) => {
    const [slabs, text_] = ENCODERS.map(([, create]) => create(facts)) as [SpanEncoder, SpanEncoder];
    expect(toText(text_, write(text_, spans))).toBe(toText(slabs, write(slabs, spans)));
  });

  test.prop([fc.array(parts, { minLength: 1, maxLength: 10 })], { numRuns: 200 })(
    'R32: the short form of an envelope is read back as the envelope, whichever trees its spans are of',
    (spans) => {
      const encoder = createTextEncoder(facts);
      const [first] = spans as [SpanParts];
      // Some of one tree and without attributes of their own, as most are.
      const waiting = write(encoder, [...spans, ...spans.map((span) => ({ ...span, segment: first.segment, attributes: [] }))]);
      const envelope = toText(encoder, waiting);
      expect(expandShort(encoder.encode(waiting, 1e12, '{"trace_id":"ü"}', true) as string)).toBe(envelope);
      expect(expandShort(envelope)).toBe(envelope);
    },
  );

  it('R32: the short form has what a segment has in common once', () => {
    const encoder = createTextEncoder(facts);
    const segment = new Segment({ traceId: 'a'.repeat(32), sampleRand: 0.5 }, 'b'.repeat(16), 'checkout', { sampled: true });
    const own = { segment, isSegment: false, status: 'ok', attributes: ['key', 'value'], links: undefined } as const;
    const spans = Array.from({ length: 100 }, (_, i) => ({
      ...own,
      attributes: [...own.attributes],
      spanId: String(i).padStart(16, '0'),
      parentSpanId: segment.spanId,
      name: `span ${i}`,
      startMs: 1.5e12,
      endMs: 1.5e12 + 1,
    }));
    const waiting = write(encoder, spans);
    const short = encoder.encode(waiting, 1e12, '{}', true) as string;
    expect(short.split('shöp@1.4.0').length - 1).toBe(1);
    expect(short.length).toBeLessThan(toText(encoder, waiting).length * 0.65);
  });
});

describe.each(ENCODERS)('spans as %s', (_name, create) => {
  test.prop([parts], { numRuns: 200 })('the bytes are UTF-8 of exactly the JSON of wire.md', (span) => {
    const { json, bytes } = send(create(facts), span);
    expect(Buffer.byteLength(json)).toBe(bytes);
    expect(parsed(json)).toEqual(expected(span));
  });

  test.prop([parts], { numRuns: 200 })('R14: the bytes are never fewer than what is sent', (span) => {
    const encoder = create(facts);
    const { bytes, estimate } = send(encoder, span);
    expect(estimate).toBeGreaterThanOrEqual(bytes);
    expect(encoder.items.sentBytes(encoder.items.write(span), span.segment)).toBe(bytes);
  });

  test.prop([parts, text], { numRuns: 200 })(
    'R5: a segment renamed while its spans wait names them all, those that replace constants too',
    (span, name) => {
      const encoder = create(facts);
      const waiting = write(encoder, [span]);
      toText(encoder, waiting);
      span.segment.name = name;
      expect(parsed(toItems(encoder, waiting))).toEqual(expected(span));
    },
  );

  test.prop([fc.array(parts, { minLength: 1, maxLength: 300 })], { numRuns: 20 })(
    'spans that wait side by side do not touch each other',
    (spans) => {
      const encoder = create(facts);
      const waiting = write(encoder, spans);
      spans.forEach((span, i) => {
        const [slab, at] = waiting.places[i]!;
        expect(parsed(toItems(encoder, waitingAt([waiting.places[i]!])))).toEqual(expected(span));
        expect(encoder.items.spanId(slab, at)).toBe(span.spanId);
        expect(encoder.items.isUrgent(slab, at)).toBe(span.isSegment || span.status === 'error');
        const halves = [0, 1].map((half) => encoder.items.idHalf(slab, at, half).toString(16).padStart(8, '0'));
        expect(halves.join('')).toBe(span.spanId);
        encoder.items.release(slab, 1);
      });
    },
  );

  test.prop([parts], { numRuns: 200 })('a hook that changes nothing changes no byte', (span) => {
    const encoder = create(facts);
    const before = withConstants(span, constants);
    const json = structuredClone(toSpanJSON(span, before));
    const { attributes: after, ...rest } = readHooked(json, span, before, observer);
    const hooked = { ...span, ...rest, ...withoutConstants(span, constants, after) };
    expect(send(encoder, hooked).json).toBe(send(encoder, span).json);
  });

  test.prop([parts, fc.array(fc.nat(20)), fc.array(fc.tuple(key, value), { maxLength: 4 })], { numRuns: 200 })(
    'what a hook takes away or replaces stays so',
    (span, removed, added) => {
      const before = withConstants(span, constants);
      const json = toSpanJSON(span, before);
      for (const at of removed) Reflect.deleteProperty(json.attributes, before[(at * 2) % before.length] as string);
      for (const [name, given] of added)
        if (name !== 'sentry.segment.name.source')
          Object.defineProperty(json.attributes, name, { value: given, enumerable: true, configurable: true, writable: true });
      const { attributes: after, ...rest } = readHooked(json, span, before, observer);
      const all = Object.entries(json.attributes).flat(1) as AttributeList;
      const hooked = { ...span, ...rest, ...withoutConstants(span, constants, after) };
      expect(parsed(send(create(facts), hooked).json)).toMatchObject({ attributes: expectedAttributes(all) });
      expect(toRecord(withConstants(hooked, constants))).toEqual(json.attributes);
    },
  );

  const rubbish: unknown[] = [
    {
      links: [
        {
          context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), sampled: 'x' },
          attributes: { a: NaN, b: Symbol('s'), c: {}, d: undefined, e: null },
        },
        null,
        5,
        {},
      ],
    },
    { name: 7, status: 'great' },
    { attributes: { a: NaN, b: [1, 'x'], c: { value: {}, unit: 'x' } } },
  ];
  it.each(rubbish)('R34: rubbish that a hook answers with never reaches the wire: %o', (change) => {
    const span = sample();
    const before = withConstants(span, constants);
    const { attributes: after, ...rest } = readHooked(
      { ...toSpanJSON(span, before), ...(change as object) } as SpanJSON,
      span,
      before,
      observer,
    );
    const hooked = { ...span, ...rest, ...withoutConstants(span, constants, after) };
    const wire = JSON.parse(send(create(facts), hooked).json) as Record<string, unknown>;
    expect(wire).toMatchObject({ name: 'sample', status: 'error' });
    expect(JSON.stringify(wire)).not.toMatch(/null|NaN|undefined/);
  });

  it.each([9_007_199_254_740, 200_000_000_000_123.4, 253_402_300_799_999, -5])(
    'R4: a time of %s ms is a number in JSON all the same',
    (at) => {
      const { json } = send(create(facts), { ...sample(), startMs: at, endMs: at });
      const { start_timestamp: seconds } = JSON.parse(json) as { start_timestamp: number };
      expect(Math.abs(seconds - (at > 0 ? at / 1000 : 0))).toBeLessThan(0.001);
    },
  );
});

describe('slabs', () => {
  const createItems = (): SpanItems => new SpanItems(constants, new SlabPool(1e6, true), 1e6);

  it('R34: a hook gets arrays and links of its own', () => {
    const list = ['tags', ['a']] as AttributeList;
    const span = {
      ...sample(),
      attributes: list,
      links: [{ context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }, attributes: { a: [1] } }],
    };
    const json = toSpanJSON(span, list);
    (json.attributes['tags'] as string[]).push('b');
    (json.links![0]!.attributes!['a'] as number[]).push(2);
    expect(list).toEqual(['tags', ['a']]);
    expect(span.links[0]!.attributes).toEqual({ a: [1] });
  });

  it('long texts take about their own room, and what is taken back takes none', () => {
    const items = createItems();
    const { slab } = items;
    for (let i = 0; i < 7; i++) items.write({ ...sample(), attributes: ['sql', 'x'.repeat(8000)] });
    expect(items.slab).toBe(slab);
    for (let i = 0; i < 100; i++) items.undo(items.write({ ...sample(), attributes: ['sql', 'x'.repeat(5000)] }));
    expect([items.slab === slab, slab.live]).toEqual([true, 7]);
  });

  it('an array made for one huge span takes no others', () => {
    const items = createItems();
    const huge = { ...sample(), attributes: ['list', Array.from({ length: 200 }, () => 'x'.repeat(8000))] as AttributeList };
    items.undo(items.write(huge));
    items.write(sample());
    expect(items.slab.bytes.length).toBe(SLAB_BYTES);
  });

  test.prop([text])('the most bytes of a quoted text are never too few', (given) => {
    const out = new ByteWriter(given.length * 6 + 2);
    out.quoted(given);
    expect(Buffer.from(out.toBytes()).toString()).toBe(JSON.stringify(sane(given)));
    expect(maxQuotedBytes(given)).toBeGreaterThanOrEqual(out.length);
  });
});

function sample(): SpanParts {
  const segment = new Segment({ traceId: 'a'.repeat(32), sampleRand: 0 }, 'b'.repeat(16), 'sample', { sampled: true });
  return {
    spanId: segment.spanId,
    parentSpanId: undefined,
    segment,
    isSegment: true,
    startMs: 1.7e12,
    endMs: 1.7e12,
    name: 'sample',
    status: 'error',
    attributes: [],
    links: undefined,
  };
}
