import { expect, it } from 'vitest';
import { createTestClient } from '../testing.ts';
import type { SpanJSON } from '../span/span-data.ts';

const never = new Promise<void>(() => {});

it('R28: what a sink does is not traced', async () => {
  const seen: string[] = [];
  const test = createTestClient({
    dsn: undefined,
    sinks: [
      {
        name: 'own',
        send([span]: readonly SpanJSON[]) {
          seen.push(span!.name);
          test.tracing.startSpan({ name: 'request' }, () => {});
        },
      },
    ],
  });
  test.tracing.startSpan({ name: 'work' }, () => {});
  await test.flush();
  expect(seen).toEqual(['work']);
  expect(test.client.stats()).toMatchObject({ delivered: 1, dropped: { suppressed: 1 } });
});

it('R29: flush() waits for a sink, and only as long as it may', async () => {
  const test = createTestClient({ dsn: undefined, sinks: [{ name: 'hanging', send: () => never }] });
  test.tracing.startSpan({ name: 'work' }, () => {});
  expect(await test.flush(500)).toBe(false);
  expect(test.client.stats().inFlight).toBe(1);
});

it('R30: what a sink has not answered when close() is over counts as shutdown', async () => {
  const test = createTestClient({ dsn: undefined, sinks: [{ name: 'hanging', send: () => never }] });
  test.tracing.startSpan({ name: 'work' }, () => {});
  expect(await test.close(500)).toBe(false);
  expect(test.client.stats()).toMatchObject({ inFlight: 0, dropped: { shutdown: 1 } });
});

it('R30: a sink that fails is a counted loss', async () => {
  const test = createTestClient({ dsn: undefined, sinks: [{ name: 'failing', send: () => Promise.reject(new Error('no')) }] });
  test.tracing.startSpan({ name: 'work' }, () => {});
  await test.flush();
  expect(test.client.stats().dropped.rejected).toBe(1);
});

it('R33: texts of links and the JSON of attributes count as memory while a sink hangs', async () => {
  const maxMemoryBytes = 1024 * 1024;
  const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const links = [{ context, attributes: { text: 'x'.repeat(5000) } }];
  const attributes = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, i + 0.5]));
  for (const [options, leastBytes] of [
    [{ links }, 5000],
    [{ attributes }, 10_000],
  ] as const) {
    const test = createTestClient({ dsn: undefined, maxMemoryBytes, sinks: [{ name: 'hanging', send: () => never }] });
    for (let i = 0; i < 500; i++) test.tracing.startSpan({ name: 'work', ...options }, () => {});
    const { buffered, dropped } = test.client.stats();
    expect(buffered * leastBytes).toBeLessThan(maxMemoryBytes);
    expect(buffered + dropped.memory_budget).toBe(500);
    await test.close(0);
  }
});
