import { createTestClient } from '@spanstream/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { urgentFirst } from '@spanstream/core';

const MAX_BYTES = 10_000;
let inMemory: ReturnType<typeof createTestClient>;

beforeEach(() => void (inMemory = createTestClient({ traceLifecycle: 'stream', tracesSampleRate: 1, dsn: DSN })));
afterEach(() => inMemory.close());

const DSN = 'https://0123456789abcdef0123456789abcdef@ingest.example.com/42';

/** Ends a trace of so many spans; the top-level one last, an error in the middle. */
function endTrace(name: string, count: number): void {
  inMemory.tracing.startSpan({ name, parentSpan: null }, () => {
    for (let i = 1; i < count; i++) {
      inMemory.tracing.startSpan({ name: `${name} ${i}`, attributes: { text: 'a'.repeat(400) } }, (span) => {
        if (i === count >> 1) span.setStatus('error');
      });
    }
  });
}

function takeUnsent() {
  const { lifecycle, delivery } = inMemory.client.parts;
  lifecycle.flush();
  return delivery!.takeUnsent();
}

const textOf = (body: Uint8Array | string): string => (typeof body === 'string' ? body : new TextDecoder().decode(body));
const namesIn = (text: string): string[] =>
  (JSON.parse(text.split('\n')[2]!) as { items: { name: string }[] }).items.map(({ name }) => name);

test('R32: every span is in one batch, none is longer than it may be, top-level spans and errors stand in the first', () => {
  for (const name of ['first', 'second', 'third']) endTrace(name, 40);
  const before = takeUnsent();
  const retainedBytes = before.reduce((sum, batch) => sum + batch.retainedBytes, 0);
  const spanIds = new Set<string>();
  for (const batch of before) batch.forEachSpanId((high, low) => spanIds.add(`${high} ${low}`));
  const after = urgentFirst(before, MAX_BYTES);
  const texts = after.map((batch) => textOf(batch.encode()));
  expect(texts.map((text) => text.length).filter((length) => length > MAX_BYTES)).toEqual([]);
  expect(texts.slice(0, 3).map((text) => namesIn(text).slice(0, 2))).toEqual([
    ['first 20', 'first'],
    ['second 20', 'second'],
    ['third 20', 'third'],
  ]);
  expect(new Set(texts.flatMap(namesIn)).size).toBe(120);
  expect(after.reduce((sum, batch) => sum + batch.spanCount, 0)).toBe(120);
  expect(after.reduce((sum, batch) => sum + batch.retainedBytes, 0)).toBe(retainedBytes);
  const idsAfter = new Set<string>();
  for (const batch of after) batch.forEachSpanId((high, low) => idsAfter.add(`${high} ${low}`));
  expect(idsAfter).toEqual(spanIds);
});

test('R32: a trace that fits stays whole', () => {
  endTrace('small', 5);
  expect(urgentFirst(takeUnsent(), MAX_BYTES).map((batch) => batch.spanCount)).toEqual([5]);
});
