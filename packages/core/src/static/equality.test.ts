import { describe, expect, it } from 'vitest';
import {
  type LegacySpan,
  type SpanJSON,
  type StartSpanOptions,
  type Span,
  setAttribute,
  setGlobalAttributes,
  setUser,
  startSpan,
  startTransaction,
  tracing,
  withIsolationScope,
} from '@spanstream/core';
import { createTestClient, type TestClient, type TestClientOptions } from '@spanstream/core/testing';

/** The calls that start spans, in the API of either mode. */
interface Verbs {
  readonly active: <T>(options: StartSpanOptions, callback: (span: Span | LegacySpan) => T) => T;
  /** Top-level, ended by hand, not active. */
  readonly top: (name: string) => Span | LegacySpan;
  readonly child: (parent: Span | LegacySpan, name: string) => Span | LegacySpan;
  readonly fail: (span: Span | LegacySpan, word: 'not_found') => void;
  readonly measure: (span: Span | LegacySpan, name: string, value: number, unit: string) => void;
}

const STREAM: Verbs = {
  active: (options, callback) => tracing.startSpan(options, callback),
  top: (name) => tracing.startSpan({ name, parentSpan: null, active: false }),
  child: (parentSpan, name) => tracing.startSpan({ name, parentSpan, active: false }),
  fail: (span, word) => void span.setStatus('error', word),
  measure: (span, name, value, unit) => void span.setAttribute(name, { value, unit }),
};
const STATIC: Verbs = {
  active: (options, callback) => startSpan(options, callback),
  top: (name) => startTransaction({ name }),
  child: (parent, name) => (parent as LegacySpan).startChild({ description: name }),
  fail: (span, word) => void (span as LegacySpan).setStatus(word),
  measure: (span, name, value, unit) => void (span as LegacySpan).setMeasurement(name, value, unit),
};

interface Scenario {
  readonly options?: TestClientOptions;
  run(verbs: Verbs, test: TestClient): unknown;
}

const never = async (): Promise<void> => undefined;

const SCENARIOS: Record<string, Scenario> = {
  'nested callbacks': {
    run: ({ active }) => active({ name: 'a', attributes: { n: 1 } }, () => active({ name: 'b' }, () => active({ name: 'c' }, () => 1))),
  },
  'asynchronous siblings': {
    run: ({ active }) => active({ name: 'a' }, () => Promise.all(['b', 'c'].map((name) => active({ name }, async () => never())))),
  },
  'spans by hand': {
    run({ top, child }) {
      const parent = top('job');
      const first = child(parent, 'first');
      child(first, 'inner').end();
      first.end();
      child(parent, 'second').end();
      parent.end();
    },
  },
  'an error that is thrown': {
    run({ active }) {
      const failing = (): never =>
        active({ name: 'outer' }, () =>
          active({ name: 'inner' }, () => {
            throw new TypeError('no');
          }),
        );
      expect(failing).toThrow('no');
    },
  },
  'a status word': { run: ({ active, fail }) => active({ name: 'a' }, (span) => fail(span, 'not_found')) },
  'a measurement': { run: ({ active, measure }) => active({ name: 'a' }, (span) => measure(span, 'cache', 1.5, 'ratio')) },
  'attributes of every kind': {
    run: ({ active }) =>
      active({ name: 'a' }, (span) =>
        active(
          {
            name: 'b',
            attributes: { s: '"\u2028\\é', lone: '\ud800', list: [1, 2], texts: ['x'], yes: true, unit: { value: 3, unit: 'byte' } },
          },
          () => span.setAttributes({ float: 0.1, big: 2 ** 60, ['__proto__']: 'p' }),
        ),
      ),
  },
  'limits of attributes': {
    options: { attributeLimits: { maxAttributes: 2, maxStringBytes: 10, maxArrayLength: 2 } },
    run: ({ active }) => active({ name: 'a', attributes: { long: 'x'.repeat(50), list: [1, 2, 3], third: 1 } }, () => 1),
  },
  links: {
    run({ active, top }) {
      const cause = top('cause');
      const { traceId, spanId } = cause.spanContext();
      active({ name: 'effect', links: [{ context: { traceId, spanId, sampled: true }, attributes: { kind: 'x' } }] }, () => 1);
      cause.end();
    },
  },
  'a rename before the end': {
    run: ({ active }) =>
      active({ name: 'GET' }, (span) => {
        span.setName('GET /users/:id').setAttribute('sentry.segment.name.source', 'route');
        active({ name: 'child' }, () => 1);
      }),
  },
  'ignored spans': {
    options: { ignoreSpans: ['health', { name: /^skip/ }] },
    run({ active }) {
      active({ name: 'GET /health' }, () => active({ name: 'below' }, () => 1));
      active({ name: 'GET /' }, () => active({ name: 'skip me' }, () => active({ name: 'kept' }, () => 1)));
    },
  },
  'a hook': {
    options: {
      beforeSendSpan: (span) => ({ ...span, name: span.name.toUpperCase(), attributes: { ...span.attributes, hooked: true } }),
    },
    run: ({ active }) => active({ name: 'a' }, () => active({ name: 'b' }, () => 1)),
  },
  scopes: {
    options: { sendDefaultPii: true },
    run: ({ active }) =>
      withIsolationScope(() =>
        active({ name: 'a' }, () => {
          active({ name: 'early' }, () => 1);
          setAttribute('tenant', 't1');
          setUser({ id: 'u1', email: 'u@example.com' });
          setGlobalAttributes({ zone: 'z' });
          active({ name: 'late' }, () => 1);
        }),
      ),
  },
  'a continued trace': {
    run: ({ active }) =>
      tracing.continueTrace({ 'sentry-trace': `${'a'.repeat(32)}-${'b'.repeat(16)}-1` }, () =>
        active({ name: 'a' }, () => active({ name: 'b' }, () => 1)),
      ),
  },
  'suppression and no parent': {
    run({ active }) {
      active({ name: 'a' }, () => tracing.suppressTracing(() => active({ name: 'hidden' }, () => 1)));
      active({ name: 'alone', onlyIfParent: true }, () => 1);
    },
  },
  'times that are given': {
    run: ({ active }) =>
      active({ name: 'a', startTime: 1000 }, (span) => active({ name: 'b', startTime: new Date(2000) }, () => span.end(3000))),
  },
  'a span passed on by hand': {
    run({ active, top }) {
      const parent = top('parent');
      tracing.withActiveSpan(parent, () => active({ name: 'below' }, () => 1));
      expect(tracing.getTraceHeaders(parent)['sentry-trace']).toContain(parent.spanContext().spanId);
      parent.end();
    },
  },
};

/** The spans without what differs by nature: ids (as places in the list instead) and the name of the mode. */
function withoutIds(spans: SpanJSON[]): unknown[] {
  const inOrder = spans.toSorted((a, b) => order(a).localeCompare(order(b)));
  const ids = new Map<string, string>();
  const place = (id: string | undefined): string | undefined => {
    if (id === undefined || /^(a+|b+)$/.test(id)) return id;
    if (!ids.has(id)) ids.set(id, `id ${ids.size}`);
    return ids.get(id);
  };
  for (const { span_id } of inOrder) place(span_id);
  return inOrder.map(({ trace_id, span_id, parent_span_id, attributes, links, ...rest }) => ({
    ...rest,
    ids: [trace_id, span_id, parent_span_id].map(place),
    links: links?.map(({ context, ...link }) => ({ ...link, ids: [context.traceId, context.spanId].map(place) })),
    attributes: {
      ...attributes,
      'sentry.trace_lifecycle': '',
      'sentry.segment.id': place(attributes['sentry.segment.id'] as string),
      'sentry.sample_rand': undefined,
    },
  }));
}

const order = ({ name, start_timestamp }: SpanJSON): string => `${start_timestamp} ${name}`;

async function run(scenario: Scenario, traceLifecycle: 'stream' | 'static'): Promise<{ spans: unknown[]; stats: unknown }> {
  setGlobalAttributes({ zone: undefined });
  const test = createTestClient({ traceLifecycle, release: 'shop@1', ...scenario.options });
  await scenario.run(traceLifecycle === 'stream' ? STREAM : STATIC, test);
  const spans = withoutIds(test.flatSpans());
  await test.flush();
  return { spans, stats: test.client.stats() };
}

describe('R12: the same program yields the same spans in both lifecycles', () => {
  it.each(Object.entries(SCENARIOS))('R12: %s', async (_name, scenario) => {
    const streamed = await run(scenario, 'stream');
    expect(streamed.spans.length).toBeGreaterThan(0);
    expect(await run(scenario, 'static')).toEqual(streamed);
  });
});
