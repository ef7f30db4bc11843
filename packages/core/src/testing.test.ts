import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import type { Context } from './context/context.ts';
import { createTestClient } from './testing.ts';

afterEach(() => createTestClient().close());

describe('test client', () => {
  it('shows finished spans as trees, at once', () => {
    const test = createTestClient();
    test.tracing.startSpan({ name: 'checkout', attributes: { items: 3, price: { value: 2, unit: 'euro' }, tags: ['a', 'b'] } }, () => {
      test.tracing.startSpan({ name: 'stock' }, () => test.clock.advance(5));
      test.tracing.startSpan({ name: 'payment' }, (span) => void span.setStatus('error'));
    });
    expect(test.spans()).toMatchObject([
      {
        name: 'checkout',
        attributes: { items: 3, price: { value: 2, unit: 'euro' }, tags: ['a', 'b'] },
        children: [
          { name: 'stock', children: [] },
          { name: 'payment', status: 'error' },
        ],
      },
    ]);
    expect(test.flatSpans().map(({ name }) => name)).toEqual(['stock', 'payment', 'checkout']);
  });

  it('puts a span whose parent has not arrived at the top', () => {
    const { tracing, spans } = createTestClient();
    const parent = tracing.startSpan({ name: 'open', active: false });
    const link = { context: { ...parent.spanContext() }, attributes: { why: 'test' } };
    tracing.startSpan({ name: 'child', parentSpan: parent, links: [link] }).end();
    expect(spans()).toMatchObject([{ name: 'child', parent_span_id: parent.spanContext().spanId, links: [link] }]);
  });

  it('moves time by hand', () => {
    const { tracing, clock, spans } = createTestClient();
    const startMs = clock.nowMs;
    const span = tracing.startSpan({ name: 'work' });
    clock.advance(1500);
    span.end();
    expect(clock.nowMs).toBe(startMs + 1500);
    expect(spans()).toMatchObject([{ start_timestamp: startMs / 1000, end_timestamp: (startMs + 1500) / 1000 }]);
  });

  it('R4: a suspended machine and a clock that was put back keep their promises', () => {
    const { tracing, clock, flatSpans } = createTestClient();
    const asleep = tracing.startSpan({ name: 'asleep' });
    clock.advance(10);
    clock.suspend(60_000);
    asleep.end();
    const stepped = tracing.startSpan({ name: 'stepped' });
    clock.advance(10);
    clock.stepWallClock(-60_000);
    stepped.end();
    const [first, second] = flatSpans();
    expect(first!.attributes['spanstream.suspended_ms']).toBe(60_000);
    expect(first!.end_timestamp - first!.start_timestamp).toBeCloseTo(60.01, 3);
    expect(second!.end_timestamp - second!.start_timestamp).toBeCloseTo(0.01, 3);
  });

  it('R14: runs the timers of the batcher when time passes', () => {
    const { tracing, clock, envelopes } = createTestClient();
    tracing.startSpan({ name: 'work' }).end();
    clock.advance(499);
    expect(envelopes()).toHaveLength(0);
    clock.advance(2);
    expect(envelopes()).toHaveLength(1);
  });

  it('R29: plays the backend that the test asks for, and waits for retries on its own clock', async () => {
    const test = createTestClient();
    test.respondWith(new Error('refused'), 503, { status: 200, headers: {} });
    test.tracing.startSpan({ name: 'work' }).end();
    await expect(test.flush(30_000)).resolves.toBe(true);
    expect(test.envelopes()).toHaveLength(3);
    expect(test.flatSpans()).toHaveLength(1);
    expect(test.client.stats()).toMatchObject({ started: 1, delivered: 1 });
  });

  it('R29: a silent backend makes flush give up in time', async () => {
    const test = createTestClient();
    const startMs = test.clock.nowMs;
    test.respondWith('never');
    test.tracing.startSpan({ name: 'work' }).end();
    await expect(test.flush(2000)).resolves.toBe(false);
    expect(test.clock.nowMs - startMs).toBe(2000);
  });

  it('R29: rate limits of an answer count', async () => {
    const test = createTestClient();
    test.respondWith({ status: 429, headers: { 'Retry-After': '60' } });
    test.tracing.startSpan({ name: 'first' }).end();
    await test.flush();
    test.tracing.startSpan({ name: 'second' }).end();
    await test.flush();
    expect(test.client.stats().dropped).toMatchObject({ throttled: 1, rate_limited: 1 });
  });

  it('keeps what it hands to a transport of the test', async () => {
    const sent: string[] = [];
    const test = createTestClient({
      transport: () => ({
        send: async (_url, { body }) => {
          sent.push(Buffer.from(body as string).toString());
          return { status: 200, headers: { get: () => null } };
        },
      }),
    });
    test.tracing.startSpan({ name: 'work' }).end();
    await test.close();
    expect(test.envelopes()).toEqual(sent);
    expect(sent).toHaveLength(1);
  });

  it('names the spans that were forgotten', () => {
    const { tracing, expectNoOpenSpans } = createTestClient();
    expectNoOpenSpans();
    const spans = ['upload', 'poll'].map((name) => tracing.startSpan({ name }));
    expect(expectNoOpenSpans).toThrow('2 open span(s): poll, upload');
    for (const span of spans) span.end();
    expectNoOpenSpans();
  });

  it('gives the same ids in each run', () => {
    const ids = Array.from({ length: 2 }, () => createTestClient().tracing.startSpan({ name: 'work' }).spanContext());
    expect(ids[0]).toEqual(ids[1]);
  });

  it('R2: follows the active span across `await`', async () => {
    const { tracing, spans } = createTestClient();
    await tracing.startSpan({ name: 'outer' }, async (outer) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(tracing.getActiveSpan()).toBe(outer);
      tracing.startSpan({ name: 'inner' }).end();
    });
    expect(spans()).toMatchObject([{ name: 'outer', children: [{ name: 'inner' }] }]);
  });

  it('follows the context with the manager it is given, and takes every option', async () => {
    const storage = new AsyncLocalStorage<Context>();
    const contextManager = {
      active: () => storage.getStore(),
      run: <T>(context: Context, callback: () => T) => storage.run(context, callback),
      enter: (context: Context) => storage.enterWith(context),
    };
    const { tracing, spans, logLines } = createTestClient({ contextManager, ignoreSpans: ['noise'], debug: true });
    await tracing.startSpan({ name: 'outer' }, async () => {
      await Promise.resolve();
      tracing.startSpan({ name: 'noise' }).end();
      tracing
        .startSpan({ name: 'inner' })
        .setAttribute('bad', null as never)
        .end();
    });
    expect(spans()).toMatchObject([{ name: 'outer', children: [{ name: 'inner' }] }]);
    expect(logLines().join('\n')).toContain("Attribute 'bad' of span 'inner' is dropped");
  });
});
