import { createServer } from 'node:net';
// @ts-expect-error It has no types.
import { MockOtlpServer as UntypedMockOtlpServer } from '@elastic/mockotlpserver';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Client, init, type Options, type Span, type SpanJSON, tracing } from '@spanstream/node';
import { fc } from '@fast-check/vitest';
import { afterEach, describe, expect, it } from 'vitest';
import type { AttributeValue, Segment, SpanParts } from '@spanstream/core';
import { type FinalSpan, type SpanOrigin, toPlain } from './final-span.ts';
import { createJsonCodec } from './json-codec.ts';
import { otlpSink } from './index.ts';
import { OtlpSpan } from './otlp-span.ts';
import { createProtoCodec } from './proto-codec.ts';
import { type DecodedSpan, decodeRequest, readRequest, startReceiver } from './test-receiver.ts';

/** The receiver of Elastic: https://www.npmjs.com/package/@elastic/mockotlpserver */
const MockOtlpServer = UntypedMockOtlpServer as new (options: object) => {
  readonly httpUrl: URL;
  start(): Promise<void>;
  close(): Promise<void>;
};

const SPANS = 10_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ minLength: 40, maxLength: 300 }),
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(2 ** 63, -(2 ** 63), 1e300, 2 ** 62, 0.1),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.array(text, { maxLength: 4 }),
  fc.array(number, { maxLength: 4 }),
  fc.array(fc.boolean(), { maxLength: 4 }),
  fc.record({ value: fc.integer(), unit: fc.constantFrom('byte', 'millisecond') }),
);
const key = fc.oneof(
  fc.constantFrom('http.request.method', 'a', 'a.unit', '__proto__', 'constructor', 'sentry.op', 'sentry.release'),
  text,
);
const attributes = fc
  .array(fc.tuple(key, value), { maxLength: 8 })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, AttributeValue>);
const hexId = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }).filter((id) => !/^0+$/.test(id));
const link = fc.record({
  context: fc.record({ traceId: hexId(32), spanId: hexId(16), sampled: fc.boolean() }),
  attributes,
});
const spanPlan = fc.record({
  name: text,
  attributes,
  links: fc.array(link, { maxLength: 2 }),
  isError: fc.boolean(),
  message: fc.option(text, { nil: undefined }),
  /** Whose child it is: of the spans before it. */
  parent: fc.nat(20),
  start: fc.option(fc.double({ min: 0, max: 4e12, noNaN: true }), { nil: undefined }),
  durationMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
});

/** Starts and ends spans as planned, and answers with what a custom sink saw of them. */
async function record(
  options: Options,
  plans: readonly (typeof spanPlan extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<{ client: Client; seen: SpanJSON[] }> {
  const seen: SpanJSON[] = [];
  const memory = { name: 'memory', send: (spans: readonly SpanJSON[]) => void seen.push(...spans) };
  const client = init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    release: 'shop@1.4.0',
    integrations: () => [],
    ...options,
    sinks: [memory, ...(options.sinks ?? [])],
  });
  cleanups.push(() => client.close(0));
  const recent: Span[] = [];
  for (const [i, plan] of plans.entries()) {
    const { name, attributes: given, links, isError, message, parent, start, durationMs } = plan;
    const span = tracing.startSpan({
      name,
      attributes: given,
      links,
      active: false,
      parentSpan: recent[parent] ?? null,
      ...(start !== undefined && { startTime: start }),
    });
    if (isError) span.setStatus('error', message);
    span.end(start === undefined ? undefined : start + durationMs);
    recent.unshift(span);
    recent.length = Math.min(recent.length, 15);
    if (i % 200 === 199) await client.flush(10_000);
  }
  expect(await client.flush(20_000)).toBe(true);
  return { client, seen };
}

/** The span as OTLP must have it. */
function expected(span: SpanJSON): Omit<DecodedSpan, 'resource' | 'kind'> {
  return {
    traceId: span.trace_id,
    spanId: span.span_id,
    parentSpanId: span.parent_span_id ?? '',
    name: wellFormed(span.name),
    startTimeUnixNano: nanoseconds(span.start_timestamp),
    endTimeUnixNano: nanoseconds(span.end_timestamp),
    status: statusOf(span),
    flags: 0x101 | (span.is_segment && span.parent_span_id !== undefined ? 0x200 : 0),
    links: (span.links ?? []).map(({ context, attributes: own }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      flags: 0x100 | (context.sampled === true ? 1 : 0),
      attributes: typed(own ?? {}),
    })),
    attributes: typed(span.attributes),
  };
}

function statusOf({ status, attributes: own }: SpanJSON): DecodedSpan['status'] {
  if (status === 'ok') return { code: 0 };
  const message = own['sentry.status.message'];
  return typeof message === 'string' && message !== '' ? { code: 2, message: wellFormed(message) } : { code: 2 };
}

/** Microseconds exactly, whatever the double of seconds looks like. */
const nanoseconds = (seconds: number): string => String(BigInt(Math.round(seconds * 1e6)) * 1000n);
const wellFormed = (given: string): string => Buffer.from(given).toString();

function typed(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [name, each] of Object.entries(given)) {
    if (typeof each === 'object' && each !== null && 'unit' in each) {
      const { value: inner, unit } = each as { value: unknown; unit: string };
      entries.push([wellFormed(name), typedValue(inner)]);
      if (!Object.hasOwn(given, `${name}.unit`)) entries.push([wellFormed(`${name}.unit`), unit]);
    } else entries.push([wellFormed(name), typedValue(each)]);
  }
  return Object.fromEntries(entries);
}

function typedValue(each: unknown): unknown {
  if (typeof each === 'string') return wellFormed(each);
  if (Array.isArray(each)) return each.map(typedValue);
  if (typeof each !== 'number') return each;
  return Number.isInteger(each) && each >= -(2 ** 63) && each < 2 ** 63 ? { int: each === 0 ? 0 : each } : { double: each };
}

/** What the span says and what its resource says of every span. */
function comparable({ resource, kind: _kind, ...span }: DecodedSpan, names: readonly string[]): object {
  const shared = Object.fromEntries(names.filter((name) => Object.hasOwn(resource, name)).map((name) => [name, resource[name]]));
  const { message, code } = span.status;
  return { ...span, status: { code: code ?? 0, ...(message && { message }) }, attributes: { ...shared, ...span.attributes } };
}

function expectEqual(decoded: readonly DecodedSpan[], seen: readonly SpanJSON[]): void {
  expect(decoded).toHaveLength(seen.length);
  const byId = new Map(decoded.map((span) => [span.spanId, span]));
  for (const span of seen) expect(comparable(byId.get(span.span_id)!, Object.keys(span.attributes))).toEqual(expected(span));
}

describe('what arrives is what was recorded', () => {
  it('an independent decoder reads ids, parents, times and attributes of 10,000 random spans, in both encodings', async () => {
    const receivers = [await startReceiver(), await startReceiver()];
    for (const receiver of receivers) cleanups.push(() => receiver.close());
    const sinks = (['json', 'protobuf'] as const).map((protocol, i) => otlpSink({ url: receivers[i]!.url, protocol }));
    const { seen, client } = await record({ sinks, maxMemoryBytes: 256 << 20 }, fc.sample(spanPlan, SPANS));
    expect(seen).toHaveLength(SPANS);
    expect(client.stats()).toMatchObject({ started: SPANS, delivered: SPANS });
    for (const receiver of receivers) expectEqual(receiver.spans(), seen);
    expect(new Set(receivers[0]!.requests.map(({ headers }) => headers['content-type']))).toEqual(new Set(['application/json']));
    expect(receivers[1]!.requests.length).toBeLessThan(SPANS / 10);
  }, 240_000);

  it('a receiver of somebody else reads the same', async () => {
    for (const protocol of ['json', 'protobuf'] as const) {
      const traces: object[] = [];
      const server = new MockOtlpServer({
        logLevel: 'fatal',
        services: ['http'],
        httpHostname: '127.0.0.1',
        httpPort: await freePort(),
        onTrace: (trace: object) => void traces.push(trace),
      });
      await server.start();
      const { seen } = await record(
        { sinks: [otlpSink({ url: String(server.httpUrl), protocol })], maxMemoryBytes: 256 << 20 },
        fc.sample(spanPlan, SPANS),
      );
      await server.close();
      expectEqual(
        traces.flatMap((trace) => readRequest(plainOf(trace))),
        seen,
      );
    }
  }, 240_000);

  it('envelope and OTLP carry the same spans, with the same decisions', async () => {
    const [otlp, envelopes] = [await startReceiver(), await startReceiver()];
    cleanups.push(() => Promise.all([otlp.close(), envelopes.close()]));
    const dsn = `${envelopes.url.replace('/v1/traces', '').replace('//', `//${'0'.repeat(32)}@`)}/1`;
    const { client } = await record({ dsn, sinks: [otlpSink({ url: otlp.url })], tracesSampleRate: 0.5 }, fc.sample(spanPlan, 400));
    const items = envelopes.requests
      .flatMap(({ body }) => body.toString().split('\n'))
      .filter((line) => line.startsWith('{"version":2'))
      .flatMap((line) => (JSON.parse(line) as { items: EnvelopeSpan[] }).items);
    const sent: SpanJSON[] = items.map(({ links = [], attributes: own, ...span }) => ({
      ...span,
      attributes: valuesOf(own),
      links: links.map(({ trace_id: traceId, span_id: spanId, sampled, attributes: theirs = {} }) => ({
        context: { traceId, spanId, sampled },
        attributes: valuesOf(theirs),
      })),
    }));
    const decoded = otlp.spans();
    expect(sent.length).toBeGreaterThan(50);
    expect(sent.length).toBeLessThan(350);
    expect(decoded.map(({ spanId }) => spanId).toSorted()).toEqual(sent.map(({ span_id }) => span_id).toSorted());
    expectEqual(decoded, sent);
    expect(client.stats().delivered).toBe(sent.length);
    expect(client.sinkStats()).toMatchObject([{ name: 'memory' }, { name: 'otlp', waiting: 0, delivered: sent.length }]);
  }, 60_000);
});

interface EnvelopeSpan extends Omit<SpanJSON, 'attributes' | 'links'> {
  readonly attributes: Record<string, { value: AttributeValue; unit?: string }>;
  readonly links?: { trace_id: string; span_id: string; sampled: boolean; attributes?: EnvelopeSpan['attributes'] }[];
}

function valuesOf(given: EnvelopeSpan['attributes']): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(given).map(([name, { value: each, unit }]) => [name, unit === undefined ? each : { value: each as number, unit }]),
  );
}

describe('protobuf', () => {
  const origin = { resource: { 'service.name': 'shop', list: ['a', 'b'] }, scope: { name: 'spanstream', version: '1.0.0' } };
  const bare = { ...origin, resource: { 'service.name': 'shop' } };
  const finalSpan = fc
    .record({
      plan: spanPlan,
      traceId: hexId(32),
      spanId: hexId(16),
      parentSpanId: fc.option(hexId(16), { nil: undefined }),
      isSegment: fc.boolean(),
      tracestate: fc.constantFrom(undefined, 'vendor=1'),
      isBare: fc.boolean(),
    })
    .map(({ plan, traceId, spanId, parentSpanId, isSegment, tracestate, isBare }): FinalSpan => {
      const segment = { trace: { traceId, sampleRand: 0, ...(tracestate && { tracestate }) }, spanId } as Segment;
      const startMs = plan.start ?? 1_764_067_210_123.456;
      const list = toPlain(Object.entries(plan.attributes).flat() as AttributeValue[] as never);
      const span: SpanParts = {
        spanId,
        parentSpanId,
        segment,
        isSegment,
        startMs,
        endMs: startMs + plan.durationMs,
        name: plan.name,
        status: plan.isError ? 'error' : 'ok',
        links: plan.links,
        attributes: [],
      };
      return { span, list, origin: isBare ? bare : origin };
    });

  it('is what the serialiser of OpenTelemetry writes, byte for byte', () => {
    const codec = createProtoCodec();
    fc.assert(
      fc.property(fc.array(finalSpan, { minLength: 1, maxLength: 20 }), (spans) => {
        const shared = new Map<SpanOrigin, object>([origin, bare].map((each) => [each, { attributes: each.resource }]));
        const theirs = spans.map((span) => Object.assign(new OtlpSpan(span), { resource: shared.get(span.origin) }));
        expect(Buffer.from(codec.encode(spans)).toString('hex')).toBe(
          Buffer.from(ProtobufTraceSerializer.serializeRequest(theirs as never)!).toString('hex'),
        );
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  it('requests are joined without being read', () => {
    fc.assert(
      fc.property(fc.array(fc.array(finalSpan, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), (chunks) => {
        for (const codec of [createProtoCodec(), createJsonCodec()]) {
          const headers = { 'content-type': codec.contentType };
          const parts = chunks.map((spans) => codec.encode(spans));
          const whole = decodeRequest({ headers, body: Buffer.from(codec.join(parts)) });
          expect(whole).toEqual(parts.flatMap((body) => decodeRequest({ headers, body: Buffer.from(body) })));
        }
      }),
      { numRuns: 100 },
    );
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** protobufjs keeps 64-bit numbers as objects, and defaults on prototypes. */
function plainOf(trace: object): object {
  const { $type } = trace as { $type?: { toObject(message: object, options: object): object } };
  return $type === undefined ? trace : $type.toObject(trace, { longs: String, bytes: Array, defaults: true, arrays: true });
}
