import { fc, test } from '@fast-check/vitest';
import { describe, expect, it, vi } from 'vitest';
import { BatchQueue } from '../delivery/batch-queue.ts';
import { ByteBudget } from '../delivery/budget.ts';
import { IdSource } from '../span/ids.ts';
import { Segment } from '../span/segment.ts';
import { TraceHeaders } from '../trace/trace-headers.ts';
import type { SpanParts } from '../wire/constants.ts';
import { createPackingEncoder, PackedBatch } from './packed-batch.ts';
import { type BatchEncoder, SpanBatch } from './span-batch.ts';

// Shrinking and a busy machine take their time.
vi.setConfig({ testTimeout: 30_000 });

interface Tree {
  readonly name: string;
  readonly source: string;
  readonly sampleRate: number | undefined;
  readonly sampleRand: number;
  readonly dsc: Record<string, string> | undefined;
  readonly isTold: boolean;
  readonly spans: readonly { readonly name: string; readonly value: string }[];
}

const unit = fc.oneof(fc.constantFrom('\ud800', '"', '\\', '\u0000', '\u007f', 'é', '中', '😀', '\\u0041'), fc.string({ maxLength: 3 }));
const text = fc.array(unit, { maxLength: 12 }).map((parts) => parts.join(''));
const tree: fc.Arbitrary<Tree> = fc.record({
  name: text,
  source: fc.constantFrom('custom', 'url', 'route'),
  sampleRate: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  sampleRand: fc.double({ min: 0, max: 1, noNaN: true }),
  dsc: fc.option(fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'trace_id')), text), { nil: undefined }),
  isTold: fc.boolean(),
  spans: fc.array(fc.record({ name: text, value: text }), { minLength: 1, maxLength: 12 }),
});

function createEncoder(): BatchEncoder {
  const ids = new IdSource((bytes) => void bytes.fill(1));
  const headers = new TraceHeaders({ publicKey: 'k', release: 'r', environment: 'e', orgId: undefined, propagateTraceparent: false }, ids);
  return {
    ...createPackingEncoder({
      constants: { every: ['sentry.release', 'r'], segment: ['os.name', 'linux'] },
      envelope: { sdk: { name: 'test', version: '1' }, dsn: undefined, ingestSettings: undefined },
      maxIdleBytes: 1e6,
      reusesOutputs: true,
    }),
    wallClockMs: () => 0,
    maxPayloadBytes: 1e6,
    traceHeader: (segment) => headers.envelopeHeader(segment),
  };
}

let count = 0;
const nextId = (): string => (++count).toString(16).padStart(16, '0');

function createSegment({ name, source, sampleRate, sampleRand, dsc }: Tree): Segment {
  const traceId = nextId().padStart(32, 'a');
  return new Segment(dsc === undefined ? { traceId, sampleRand } : { traceId, sampleRand, dsc }, nextId(), name, {
    sampled: true,
    sampleRate,
    source,
  });
}

function writeSpan({ items }: BatchEncoder, segment: Segment, { name, value }: Tree['spans'][number], isSegment: boolean) {
  const own = { spanId: nextId(), parentSpanId: isSegment ? undefined : segment.spanId, name, startMs: 1.5e12, endMs: 1.5e12 + 1 };
  const parts: SpanParts = { ...own, segment, isSegment, status: 'ok', attributes: ['key', value], links: undefined };
  const at = items.write(parts);
  const bytes = items.recordBytes(items.slab, at);
  const wireBytes = items.wireBytes(items.slab, at, segment);
  return { segment, slab: items.slab, at, end: at + bytes, wireBytes, retainedBytes: bytes };
}

/** Batches of these trees, whose spans ended in turns. */
function collect(encoder: BatchEncoder, trees: readonly Tree[]): SpanBatch[] {
  const segments = trees.map(createSegment);
  const batches: (SpanBatch | undefined)[] = trees.map(() => undefined);
  for (let i = 0; i < Math.max(...trees.map(({ spans }) => spans.length)); i++) {
    for (const [t, { spans }] of trees.entries()) {
      if (i >= spans.length) continue;
      const span = writeSpan(encoder, segments[t]!, spans[i]!, i === spans.length - 1);
      if (batches[t] === undefined) batches[t] = new SpanBatch(encoder, span);
      else batches[t].add(span);
    }
  }
  for (const [t, segment] of segments.entries()) {
    if (trees[t]!.isTold) encoder.traceHeader(segment);
    segment.ended = true;
  }
  return batches as SpanBatch[];
}

const textOf = (batch: SpanBatch): string => Buffer.from(batch.encode() as Uint8Array).toString();

function idsOf(batch: Pick<SpanBatch, 'forEachSpanId'>): string[] {
  const ids: string[] = [];
  batch.forEachSpanId((high, low) => ids.push(`${high}-${low}`));
  return ids;
}

const traceOf = (name: string, spans: number, value = 'v'): Tree => ({
  name,
  source: 'custom',
  sampleRate: 1,
  sampleRand: 0.5,
  dsc: undefined,
  isTold: false,
  spans: Array.from({ length: spans }, (_, i) => ({ name: `span ${i}`, value })),
});

describe('packed batches', () => {
  test.prop([fc.array(tree, { minLength: 1, maxLength: 5 })], { numRuns: 300 })(
    'R14, R26: an envelope is the same whether its batch waited packed or not',
    (trees) => {
      const encoder = createEncoder();
      for (const batch of collect(encoder, trees)) {
        const [before, ids, { traceId, spanCount, wireBytes }] = [textOf(batch), idsOf(batch), batch];
        const packed = batch.pack(0);
        expect(packed).toBeInstanceOf(PackedBatch);
        const after = packed!.unpack() as SpanBatch;
        expect(textOf(after)).toBe(before);
        expect(idsOf(after)).toEqual(ids);
        expect(after).toMatchObject({ traceId, spanCount, wireBytes, category: 'span', isPending: false });
      }
    },
  );

  it('R5, R14: stay as they are while the name of their tree may change, with spans of several trees, and when they are long', () => {
    const encoder = createEncoder();
    const [open, long] = collect(encoder, [traceOf('open', 2), traceOf('long', 40, 'x'.repeat(1000))]) as [SpanBatch, SpanBatch];
    open.forEach((_slab, _at, segment) => {
      segment.ended = false;
    });
    expect(open.pack(0)).toBeUndefined();
    expect(long.pack(0)).toBeUndefined();
    const [segment, other] = [createSegment(traceOf('one', 1)), createSegment(traceOf('other', 1))];
    segment.ended = other.ended = true;
    const mixed = new SpanBatch(encoder, writeSpan(encoder, segment, { name: 'a', value: '' }, true));
    mixed.add(writeSpan(encoder, other, { name: 'b', value: '' }, true));
    expect(mixed.pack(0)).toBeUndefined();
    expect(textOf(mixed)).toContain('"a"');
  });

  it('R16: in a long queue the budget is charged for what lies there, and for nothing in the end', () => {
    const encoder = createEncoder();
    const budget = new ByteBudget(64 * 1024 * 1024);
    const queue = new BatchQueue(budget);
    const batches = collect(
      encoder,
      Array.from({ length: 1000 }, (_, i) => traceOf(`trace ${i}`, 1 + (i % 7))),
    );
    const expected = batches.map((batch) => ({ ids: idsOf(batch), text: textOf(batch) }));
    for (const batch of batches) budget.reserve(batch.retainedBytes);
    const unpackedBytes = budget.retained;
    for (const [i, batch] of batches.entries()) queue.push({ batch, epoch: i, isHalf: false });
    expect(budget.retained).toBeLessThan(unpackedBytes * 0.7);
    expect(queue.size).toBe(1000);
    expect(queue.some((batch) => idsOf(batch).includes(expected[900]!.ids[0]!))).toBe(true);
    for (const [i, { ids, text: envelope }] of expected.entries()) {
      const { batch, epoch, isHalf } = queue.shift()!;
      expect({ epoch, isHalf, ids: idsOf(batch), text: textOf(batch as SpanBatch) }).toEqual({
        epoch: i,
        isHalf: false,
        ids,
        text: envelope,
      });
      budget.release(batch.retainedBytes);
      batch.dispose?.(true);
    }
    expect(queue.shift()).toBeUndefined();
    expect(budget.retained).toBe(0);
  });

  it('R16: give their array back when the last of them has left', () => {
    const encoder = createEncoder();
    const held = new Set<object>();
    for (let round = 0; round < 20; round++) {
      const batches = collect(
        encoder,
        Array.from({ length: 100 }, (_, i) => traceOf(`trace ${i}`, 5)),
      );
      const packed = batches.map((batch) => batch.pack(0)!.unpack() as SpanBatch);
      for (const batch of packed) batch.forEach((slab) => held.add(slab));
      for (const batch of packed) batch.dispose(true);
    }
    // 100 traces take some 55 kB: as many arrays as two rounds need serve all twenty.
    expect(held.size).toBeLessThanOrEqual(4);
  });
});
