import { EventEmitter } from 'node:events';
import {
  baggageEntryMetadataFromString,
  context,
  createContextKey,
  createTraceState,
  propagation,
  ROOT_CONTEXT,
  type Span as ApiSpan,
  SpanKind,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { isTracingSuppressed, suppressTracing } from '@opentelemetry/core';
import { createTestClient, type TestClient, type TestClientOptions, type TestSpan } from '@spanstream/core/testing';
import { type IntegrationClient, setAttribute, setUser, tracing } from '@spanstream/core';
import { afterEach, describe, expect, test } from 'vitest';
import { openTelemetryIntegration } from '@spanstream/opentelemetry';

let running: TestClient | undefined;

function start(options: TestClientOptions = {}): { readonly client: TestClient; readonly tracer: Tracer } {
  const client = (running = createTestClient({ integrations: [openTelemetryIntegration()], ...options }));
  return { client, tracer: trace.getTracer('shop', '1.2.3') };
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

const nested = (spans: readonly TestSpan[]): unknown[] =>
  spans.map(({ name, children }) => (children.length === 0 ? name : { [name]: nested(children) }));

const REMOTE = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
const HEADERS = {
  'sentry-trace': `${REMOTE}-1`,
  baggage: 'tenant=7;p=1,sentry-release=up-1',
  traceparent: `00-${REMOTE}-01`,
  tracestate: 'v=1',
};

describe('parents in both directions', () => {
  test('each API’s active span is the other’s parent', () => {
    const { client, tracer } = start();
    tracing.startSpan({ name: 'ours' }, () =>
      tracer.startActiveSpan('theirs', (theirs) => {
        tracing.startSpan({ name: 'ours again' }, () => tracer.startSpan('theirs again').end());
        theirs.end();
      }),
    );
    expect(nested(client.spans())).toEqual([{ ours: [{ theirs: [{ 'ours again': ['theirs again'] }] }] }]);
  });

  test('across await, in both lifecycles’ stead', async () => {
    const { client, tracer } = start();
    await tracer.startActiveSpan('theirs', async (theirs) => {
      await Promise.resolve();
      await tracing.startSpan({ name: 'ours' }, async () => {
        await Promise.resolve();
        tracer.startSpan('leaf').end();
      });
      theirs.end();
    });
    expect(nested(client.spans())).toEqual([{ theirs: [{ ours: ['leaf'] }] }]);
  });

  test('a span by hand is a parent until it ends', () => {
    const { client, tracer } = start();
    tracing.startSpan({ name: 'outer' }, () => {
      const block = tracing.startSpan({ name: 'block' });
      tracer.startSpan('inside').end();
      block.end();
      tracer.startSpan('behind').end();
    });
    expect(nested(client.spans())).toEqual([{ outer: [{ block: ['inside'] }, 'behind'] }]);
  });

  test('each API takes the other’s span as an explicit parent', () => {
    const { client, tracer } = start();
    const theirs = tracer.startSpan('theirs');
    tracing.startSpan({ name: 'below theirs', parentSpan: theirs as never }, () => undefined);
    tracing.withActiveSpan(theirs as never, () => tracer.startSpan('also below').end());
    const ours = tracing.startSpan({ name: 'ours', active: false });
    const face = tracing.withActiveSpan(ours, () => trace.getActiveSpan()!);
    tracer.startSpan('below ours', {}, trace.setSpan(ROOT_CONTEXT, face)).end();
    ours.end();
    theirs.end();
    expect(nested(client.spans())).toEqual([{ theirs: ['below theirs', 'also below'] }, { ours: ['below ours'] }]);
  });

  test('a span of this SDK that is set in a context of OpenTelemetry is the parent there', () => {
    const { client, tracer } = start();
    const ours = tracing.startSpan({ name: 'ours', active: false });
    for (const base of [ROOT_CONTEXT, tracing.withActiveSpan(ours, () => context.active())])
      tracer.startSpan('theirs', {}, trace.setSpan(base, ours as never)).end();
    ours.end();
    expect(nested(client.spans())).toEqual([{ ours: ['theirs', 'theirs'] }]);
  });

  test('a span has one face, and both say the same of it', () => {
    const { tracer } = start();
    tracing.startSpan({ name: 'ours' }, (ours) => {
      const face = trace.getActiveSpan()!;
      expect(trace.getActiveSpan()).toBe(face);
      face.setAttribute('a', 1).updateName('renamed');
      expect(ours.getAttributes()).toEqual({ a: 1 });
      expect(ours.name).toBe('renamed');
      expect(face.spanContext()).toMatchObject({ traceId: ours.spanContext().traceId, spanId: ours.spanContext().spanId, traceFlags: 1 });
    });
    tracer.startActiveSpan('theirs', (theirs) => {
      tracing.getActiveSpan()!.setAttribute('b', 2);
      expect(tracing.getActiveSpan()!.spanContext().spanId).toBe(theirs.spanContext().spanId);
      tracing.startSpan({ name: 'deeper' }, () =>
        tracing.withActiveSpan(theirs as never, () => expect(trace.getActiveSpan()).toBe(theirs)),
      );
      theirs.end();
    });
  });

  test('a trace that either API continues is that of both', () => {
    const { client, tracer } = start();
    tracing.continueTrace(HEADERS, () => {
      expect(trace.getSpanContext(context.active())).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true, traceFlags: 1 });
      tracer.startSpan('theirs').end();
    });
    context.with(propagation.extract(ROOT_CONTEXT, HEADERS), () => tracing.startSpan({ name: 'ours' }, () => undefined));
    for (const span of client.spans()) expect(`${span.trace_id}-${span.parent_span_id}`).toBe(REMOTE);
    expect(client.spans()).toHaveLength(2);
  });

  test('startNewTrace and root: true begin traces, and spans in them stay together', () => {
    const { client, tracer } = start();
    tracing.startSpan({ name: 'outer' }, () => {
      tracing.startNewTrace(() => {
        tracer.startSpan('one').end();
        tracer.startSpan('two').end();
      });
      tracer.startActiveSpan('rooted', { root: true }, (rooted) => {
        tracing.startSpan({ name: 'below' }, () => undefined);
        rooted.end();
      });
    });
    const traceOf = (name: string): string | undefined => client.flatSpans().find((span) => span.name === name)?.trace_id;
    expect(traceOf('one')).toBe(traceOf('two'));
    expect(traceOf('below')).toBe(traceOf('rooted'));
    expect(new Set([traceOf('outer'), traceOf('one'), traceOf('rooted')]).size).toBe(3);
  });

  test('R22: below a span that ignoreSpans takes out the next one belongs to its parent', () => {
    const { client, tracer } = start({ ignoreSpans: ['noise'] });
    tracer.startActiveSpan('outer', (outer) => {
      tracer.startActiveSpan('noise', (noise) => {
        tracer.startSpan('leaf').end();
        noise.end();
      });
      outer.end();
    });
    expect(nested(client.spans())).toEqual([{ outer: ['leaf'] }]);
  });

  test('R2: a chain that starts itself anew for ever keeps nothing of its predecessors', () => {
    const { tracer } = start();
    const depthOf = (rounds: number): void => {
      if (rounds === 0) return;
      tracer.startActiveSpan('round', (span) => {
        span.end();
        const { previous, depth } = running!.client.current.tracer.context;
        expect([previous, depth]).toEqual([undefined, 0]);
        depthOf(rounds - 1);
      });
    };
    depthOf(100);
  });
});

describe('context', () => {
  const KEY = createContextKey('bridge test');

  test('values pass through the SDK’s own contexts', () => {
    start();
    context.with(context.active().setValue(KEY, 'value'), () =>
      tracing.startSpan({ name: 'ours' }, () => {
        expect(context.active().getValue(KEY)).toBe('value');
        tracing.startNewTrace(() => expect(context.active().getValue(KEY)).toBe('value'));
        tracing.runDetached(() => expect(context.active().getValue(KEY)).toBeUndefined());
      }),
    );
  });

  test('a context that was captured leads back to isolation scope, trace and span', () => {
    const { client } = start();
    let captured = ROOT_CONTEXT;
    tracing.continueTrace(HEADERS, () =>
      tracing.startSpan({ name: 'outer' }, (outer) => {
        captured = context.active();
        void outer;
      }),
    );
    context.with(captured, () => tracing.startSpan({ name: 'late' }, () => undefined));
    expect(nested(client.spans())).toEqual([{ outer: ['late'] }]);
  });

  test('suppression by either API holds for both', () => {
    const { client, tracer } = start();
    tracing.suppressTracing(() => {
      expect(isTracingSuppressed(context.active())).toBe(true);
      expect(tracer.startSpan('a').isRecording()).toBe(false);
    });
    context.with(suppressTracing(context.active()), () =>
      tracing.startSpan({ name: 'b' }, (span) => expect(span.isRecording()).toBe(false)),
    );
    expect(client.spans()).toEqual([]);
    expect(client.client.stats().dropped.suppressed).toBe(2);
  });

  test('attach makes a context current until it is disposed of', () => {
    const { client, tracer } = start();
    const span = tracer.startSpan('attached');
    const token = context.attach(trace.setSpan(context.active(), span));
    tracing.startSpan({ name: 'inside' }, () => undefined);
    token.dispose();
    tracing.startSpan({ name: 'outside' }, () => undefined);
    span.end();
    expect(nested(client.spans())).toEqual([{ attached: ['inside'] }, 'outside']);
  });
});

describe('propagation', () => {
  test('baggage that OpenTelemetry sets leaves with this SDK’s own headers', () => {
    start();
    const baggage = propagation.createBaggage({ user: { value: 'ann lee' } });
    context.with(propagation.setBaggage(context.active(), baggage), () =>
      tracing.startSpan({ name: 'ours' }, () => expect(tracing.getTraceHeaders()['baggage']).toMatch(/^user=ann%20lee,sentry-trace_id=/)),
    );
    expect(tracing.getTraceHeaders()['baggage']).not.toContain('user');
  });

  test('what continueTrace read is OpenTelemetry’s baggage, byte for byte until it is changed', () => {
    start();
    tracing.continueTrace(HEADERS, () => {
      expect(propagation.getActiveBaggage()?.getEntry('tenant')?.value).toBe('7');
      expect(propagation.getActiveBaggage()?.getEntry('sentry-release')).toBeUndefined();
      expect(tracing.getTraceHeaders()['baggage']).toBe('tenant=7;p=1,sentry-release=up-1');
      const changed = propagation.getActiveBaggage()!.setEntry('more', { value: '1' });
      context.with(propagation.setBaggage(context.active(), changed), () =>
        expect(tracing.getTraceHeaders()['baggage']).toBe('tenant=7;p=1,more=1,sentry-release=up-1'),
      );
    });
  });

  test('a trace that is continued inside brings baggage of its own', () => {
    start();
    context.with(propagation.setBaggage(context.active(), propagation.createBaggage({ outer: { value: '1' } })), () => {
      tracing.continueTrace(HEADERS, () => {
        expect(
          propagation
            .getActiveBaggage()
            ?.getAllEntries()
            .map(([key]) => key),
        ).toEqual(['tenant']);
        expect(tracing.getTraceHeaders()['baggage']).not.toContain('outer');
      });
      tracing.startSpan({ name: 'same trace' }, () =>
        tracing.withActiveSpan(null, () => expect(propagation.getActiveBaggage()?.getEntry('outer')?.value).toBe('1')),
      );
    });
  });

  test('R25: all headers name the same span, and a carrier’s own baggage stays', () => {
    const { tracer } = start();
    const carrier: Record<string, string> = { baggage: 'mine=1' };
    tracer.startActiveSpan('theirs', {}, propagation.extract(ROOT_CONTEXT, HEADERS), (span) => {
      propagation.inject(context.active(), carrier);
      const { traceId, spanId } = span.spanContext();
      expect(carrier).toEqual({
        'sentry-trace': `${traceId}-${spanId}-1`,
        traceparent: `00-${traceId}-${spanId}-01`,
        tracestate: 'v=1',
        baggage: 'mine=1,tenant=7;p=1,sentry-release=up-1',
      });
      span.end();
    });
  });

  test('R26: the dynamic sampling context of an upstream goes on as it came', () => {
    const { client, tracer } = start();
    tracer.startSpan('subject', {}, propagation.extract(ROOT_CONTEXT, HEADERS)).end();
    client.spans();
    expect(client.envelopes()[0]).toContain('"release":"up-1"');
  });

  test('R26: a trace state that is changed leaves the rest of the trace as it is', () => {
    const { tracer } = start({ strictTraceContinuation: true, orgId: '1' });
    const headers = { ...HEADERS, baggage: `${HEADERS.baggage},sentry-org_id=1` };
    const extracted = propagation.extract(ROOT_CONTEXT, headers);
    const spanContext = trace.getSpanContext(extracted)!;
    const changed = trace.setSpanContext(extracted, { ...spanContext, traceState: createTraceState('w=2') });
    const carrier: Record<string, string> = {};
    tracer.startActiveSpan('theirs', {}, changed, (span) => {
      propagation.inject(context.active(), carrier);
      span.end();
    });
    expect(carrier['sentry-trace']).toContain(spanContext.traceId);
    expect(carrier).toMatchObject({ tracestate: 'w=2', baggage: 'tenant=7;p=1,sentry-release=up-1,sentry-org_id=1' });
  });

  test.each([
    ['a lone surrogate', { value: '\ud800' }, ''],
    ['metadata with line breaks', { value: '1', metadata: baggageEntryMetadataFromString('p=1\r\nx: 1') }, 'bad=1,'],
    ['metadata with a comma', { value: '1', metadata: baggageEntryMetadataFromString('p=1,q=2') }, 'bad=1,'],
    ['metadata beyond ASCII', { value: '1', metadata: baggageEntryMetadataFromString('p=→') }, 'bad=1,'],
    ['no entry at all', null as never, ''],
  ])('R28: baggage with %s keeps neither the trace nor other members from the headers', (_name, bad, member) => {
    start();
    const baggage = propagation.createBaggage({ bad, good: { value: '2', metadata: baggageEntryMetadataFromString('p=1') } });
    context.with(propagation.setBaggage(context.active(), baggage), () => {
      const injected: Record<string, string> = {};
      propagation.inject(context.active(), injected);
      for (const headers of [tracing.getTraceHeaders(), injected]) {
        expect(headers['baggage']).toMatch(new RegExp(`^${member}good=2;p=1,sentry-trace_id=`));
        expect(headers['traceparent']).toBeDefined();
      }
    });
  });

  test('tracePropagationTargets hold for the requests of OpenTelemetry’s instrumentation', () => {
    const { tracer } = start({ tracePropagationTargets: ['api.example.com'] });
    const headersFor = (url: string): string[] => {
      const span = tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes: { 'url.full': url } });
      const carrier = {};
      propagation.inject(trace.setSpan(context.active(), span), carrier);
      span.end();
      return Object.keys(carrier);
    };
    expect(headersFor('https://api.example.com/items')).toContain('traceparent');
    expect(headersFor('https://elsewhere.example/items')).toEqual([]);
  });

  test('R28: requests to the SDK’s own destination are neither recorded nor given headers', () => {
    const { client, tracer } = start();
    const span = tracer.startSpan('POST', {
      kind: SpanKind.CLIENT,
      attributes: { 'url.full': 'https://ingest.test/api/1/envelope/' },
    });
    expect(span.isRecording()).toBe(false);
    expect(client.client.stats().started).toBe(0);
  });
});

describe('sampling', () => {
  test('the sampler knows kind and op of what OpenTelemetry starts, and unsampled spans are real', () => {
    const seen: unknown[] = [];
    const { tracer } = start({
      tracesSampler: ({ name, attributes }) => (seen.push([name, attributes['sentry.kind'], attributes['sentry.op']]), 0),
    });
    tracer.startActiveSpan('GET', { kind: SpanKind.SERVER, attributes: { 'http.request.method': 'GET' } }, (span) => {
      expect(span.isRecording()).toBe(false);
      expect(span.spanContext().traceFlags).toBe(0);
      expect(trace.getActiveSpan()).toBe(span);
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      expect(carrier['traceparent']).toMatch(/-00$/);
      span.setAttribute('a', 1).addEvent('e').setStatus({ code: 2 }).end();
    });
    expect(seen).toEqual([['GET', 'server', 'http.server']]);
  });

  test('ignoreSpans takes out what one instrumentation makes', () => {
    const { client, tracer } = start({ ignoreSpans: [{ attributes: { 'otel.scope.name': '@opentelemetry/instrumentation-express' } }] });
    tracer.startActiveSpan('request', (request) => {
      trace.getTracer('@opentelemetry/instrumentation-express').startActiveSpan('middleware', { attributes: { a: 1 } }, (middleware) => {
        tracer.startSpan('handler').end();
        middleware.end();
      });
      request.end();
    });
    expect(nested(client.spans())).toEqual([{ request: ['handler'] }]);
  });

  test('with tracing off the caller’s trace is passed on', () => {
    const { tracer } = start({ tracesSampleRate: undefined as never });
    const carrier: Record<string, string> = {};
    tracer.startActiveSpan('off', {}, propagation.extract(ROOT_CONTEXT, HEADERS), (span) => {
      propagation.inject(context.active(), carrier);
      span.end();
    });
    expect(carrier['sentry-trace']).toBe(HEADERS['sentry-trace']);
  });
});

describe('what spans of OpenTelemetry become', () => {
  const subject = (kind: SpanKind, attributes = {}, later = {}): Record<string, unknown> => {
    const { client, tracer } = start();
    tracer.startSpan('subject', { kind, attributes }).setAttributes(later).end();
    return client.spans()[0]!.attributes;
  };

  test.each([
    ['http.server', SpanKind.SERVER, { 'http.request.method': 'GET' }],
    ['http.server', SpanKind.SERVER, { 'http.method': 'GET' }],
    ['http.client', SpanKind.CLIENT, { 'http.request.method': 'GET' }],
    ['db.query', SpanKind.CLIENT, { 'db.system.name': 'postgresql' }],
    ['db.query', SpanKind.CLIENT, { 'db.system': 'redis' }],
    ['rpc', SpanKind.SERVER, { 'rpc.system': 'grpc' }],
    ['queue.publish', SpanKind.PRODUCER, {}],
    ['queue.process', SpanKind.CONSUMER, { 'messaging.system': 'kafka' }],
    ['queue', SpanKind.CLIENT, { 'messaging.system': 'kafka' }],
    ['function.timer', SpanKind.SERVER, { 'faas.trigger': 'timer' }],
    [undefined, SpanKind.CLIENT, { other: 1 }],
    [undefined, SpanKind.INTERNAL, { 'http.request.method': 'GET' }],
    ['my.op', SpanKind.CLIENT, { 'sentry.op': 'my.op', 'db.system': 'redis' }],
  ])('op %s from kind %s and %j, told at the start or later', (op, kind, attributes) => {
    expect(subject(kind, attributes)['sentry.op']).toBe(op);
    expect(subject(kind, {}, attributes)['sentry.op']).toBe(op);
  });

  test('the instrumentation scope is told', () => {
    expect(subject(SpanKind.INTERNAL)).toMatchObject({ 'otel.scope.name': 'shop', 'otel.scope.version': '1.2.3' });
  });

  test('a route is the source of a server span’s name', () => {
    expect(subject(SpanKind.SERVER, {}, { 'http.route': '/users/:id' })['sentry.segment.name.source']).toBe('route');
  });

  test('maps and mixed lists are JSON, missing elements of lists are left out', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(subject(SpanKind.INTERNAL, { map: { a: [1, 'x'] }, mixed: [1, 'x'], holes: ['a', null, 'b', undefined], cyclic })).toMatchObject(
      {
        map: '{"a":[1,"x"]}',
        mixed: '[1,"x"]',
        holes: ['a', 'b'],
      },
    );
  });

  test('R34: the names of prototypes are ordinary ones, and a getter that throws loses its own attribute only', () => {
    const attributes = JSON.parse('{"__proto__":"p","constructor":"c","list":[1]}') as Record<string, string>;
    const seen = subject(SpanKind.INTERNAL, attributes, {
      get broken(): string {
        throw new Error('hostile');
      },
      kept: 1,
    });
    expect(Object.entries(seen)).toEqual(expect.arrayContaining([...Object.entries(attributes), ['kept', 1]]));
    expect(seen).not.toHaveProperty('broken');
  });

  test('an event is a span without duration below its span, an exception one with an error', () => {
    const { client, tracer } = start();
    const span = tracer.startSpan('subject');
    span.addEvent('cache miss', { key: 'k' });
    span.recordException(new TypeError('no'));
    span.end();
    const [{ children, status }] = client.spans() as [TestSpan];
    expect(status).toBe('ok');
    expect(children).toMatchObject([
      { name: 'cache miss', status: 'ok', attributes: { 'sentry.op': 'event', key: 'k' } },
      { name: 'exception', status: 'error', attributes: { 'sentry.op': 'event', 'exception.type': 'TypeError' } },
    ]);
    for (const { start_timestamp, end_timestamp } of children) expect(end_timestamp).toBe(start_timestamp);
  });

  test('R34: hostile input harms nobody', () => {
    const { client, tracer } = start();
    const fail = (): never => {
      throw new Error('hostile');
    };
    const hostile = new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    const each: ((span: ApiSpan) => unknown)[] = [
      (span) => span.setAttributes(hostile),
      (span) => span.setAttribute('a', hostile as never),
      (span) => span.setAttribute('a', revoked.proxy as never),
      (span) => span.addEvent('e', hostile),
      (span) => span.addEvent('e', revoked.proxy as never),
      (span) => span.addEvent('e', {}, hostile as never),
      (span) => span.addLink(hostile as never),
      (span) => span.addLinks(hostile as never),
      (span) => span.setStatus(hostile as never),
      (span) => span.recordException(hostile as never),
      (span) => span.updateName(hostile as never),
      (span) => span.end(hostile as never),
    ];
    for (const call of each) {
      const span = tracer.startSpan('subject');
      expect(() => call(span)).not.toThrow();
      span.end();
    }
    expect(() => tracer.startSpan('subject', hostile as never).end()).not.toThrow();
    expect(tracer.startActiveSpan('subject', {}, hostile as never, () => 'ran')).toBe('ran');
    expect(context.with(hostile as never, () => 'ran')).toBe('ran');
    expect(context.with(undefined as never, () => trace.getActiveSpan())).toBeUndefined();
    expect(context.bind(hostile as never, () => 'ran')()).toBe('ran');
    expect(() => context.bind(context.active(), hostile)).not.toThrow();
    expect(() => context.bind(context.active(), Object.freeze(new EventEmitter()))).not.toThrow();
    tracer.startActiveSpan('active', (active) => {
      expect(() => trace.setSpan(context.active(), hostile as never)).not.toThrow();
      expect(() => trace.setSpan(context.active(), { spanContext: fail } as never)).not.toThrow();
      active.end();
    });
    expect(() =>
      trace
        .getTracerProvider()
        .getTracer(Symbol('name') as never)
        .startSpan('subject')
        .end(),
    ).not.toThrow();
    const started = tracer.startSpan('links', { links: 'none' as never });
    expect(started.isRecording()).toBe(true);
    started.end();
    expect(() => propagation.inject(context.active(), hostile)).not.toThrow();
    expect(() => propagation.extract(context.active(), hostile)).not.toThrow();
    expect(client.client.openSpans()).toEqual([]);
  });
});

describe('what an integration of ours records', () => {
  test('is not recorded again by OpenTelemetry’s instrumentation, and what happens in it has the right parent', () => {
    const { client, tracer } = start();
    (client.client as IntegrationClient).recorded = new Set(['pg']);
    const carrier = {};
    tracer.startActiveSpan('outer', (outer) => {
      const pg = trace.getTracer('@opentelemetry/instrumentation-pg', '0.76.0');
      pg.startActiveSpan('pg.query', { kind: SpanKind.CLIENT }, (query) => {
        expect(query.isRecording()).toBe(false);
        expect(query.spanContext()).toEqual(outer.spanContext());
        expect(trace.getActiveSpan()).toBe(query);
        query.setAttribute('a', 1).setAttributes({ b: 2 }).setStatus({ code: 2 }).addEvent('e').addLinks([]).updateName('x').end();
        propagation.inject(context.active(), carrier);
        tracer.startSpan('callback').end();
        tracing.startSpan({ name: 'ours' }, () => undefined);
      });
      outer.end();
    });
    expect(nested(client.spans())).toEqual([{ outer: ['callback', 'ours'] }]);
    // The integration writes the headers of its requests.
    expect(carrier).toEqual({});
  });
});

describe('isolation', () => {
  test('what OpenTelemetry’s instrumentation serves has a scope of its own, which the span itself gets', () => {
    const { client, tracer } = start({ sendDefaultPii: true });
    for (const user of ['a', 'b'])
      tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, ROOT_CONTEXT, (span) => {
        setUser({ id: user });
        setAttribute('tenant', user);
        tracing.withActiveSpan(null, () => tracing.startSpan({ name: 'beside' }, () => undefined));
        span.end();
      });
    tracer.startSpan('outside').end();
    const seen = client.flatSpans().map((span) => [span.name, span.attributes['user.id'], span.attributes['tenant']]);
    expect(seen).toEqual([
      ['beside', 'a', 'a'],
      ['GET', 'a', 'a'],
      ['beside', 'b', 'b'],
      ['GET', 'b', 'b'],
      ['outside', undefined, undefined],
    ]);
    const traces = client.flatSpans().map((span) => span.trace_id);
    expect(traces[0]).toBe(traces[1]);
    expect(traces[2]).toBe(traces[3]);
    expect(new Set(traces).size).toBe(3);
  });

  test.each([1, 0])('a span that is moved to the root context stays in its scope, sampled at %d', (tracesSampleRate) => {
    const { tracer } = start({ tracesSampleRate });
    tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, ROOT_CONTEXT, (request) =>
      tracer.startActiveSpan('step', (step) => {
        context.with(trace.setSpan(ROOT_CONTEXT, step), () => setAttribute('tenant', 'a'));
        step.end();
        request.end();
      }),
    );
    expect(running!.client.current.tracer.rootContext.scope.attributes).toEqual([]);
    if (tracesSampleRate === 1) expect(running!.flatSpans().map((span) => span.attributes['tenant'])).toEqual(['a', 'a']);
  });

  test('an unsampled request is isolated, too', () => {
    const { tracer } = start({ tracesSampleRate: 0 });
    tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, ROOT_CONTEXT, () => setAttribute('tenant', 'a'));
    expect(running!.client.current.tracer.rootContext.scope.attributes).toEqual([]);
  });
});

test('bytes are no attribute value: dropped with a line, like everything that core refuses (R6)', () => {
  const { client, tracer } = start({ debug: true });
  const bytes = { view: new Uint8Array([1, 2]), buffer: new ArrayBuffer(2), node: Buffer.from('text') } as never;
  tracer.startSpan('span', { attributes: bytes }).setAttributes(bytes).setAttribute('own', bytes['view']).end();
  const [span] = client.spans();
  expect(Object.keys(span!.attributes).filter((key) => ['view', 'buffer', 'node', 'own'].includes(key))).toEqual([]);
  expect(client.logLines().join()).toMatch(/view/);
});

test('what is told of a span whose client was replaced goes to no other client', async () => {
  const first = start();
  const span = first.tracer.startSpan('open');
  const second = start();
  span.addEvent('late');
  span.recordException(new Error('late'));
  span.end();
  second.tracer.startSpan('new').end();
  expect(nested(second.client.spans())).toEqual(['new']);
});

test('tracers are remembered by name, but not without end', () => {
  const { client } = start();
  const provider = trace.getTracerProvider();
  const held = provider.getTracer('held');
  expect(provider.getTracer('held')).toBe(held);
  for (let i = 0; i < 1000; i++) provider.getTracer(`made ${i}`);
  expect(provider.getTracer('held')).not.toBe(held);
  held.startSpan('span').end();
  expect(nested(client.spans())).toEqual(['span']);
});
