import { expect, test } from 'vitest';
import { hang } from '../backend/answers.mjs';
import { startBackend } from '../backend/start-backend.mjs';
import { measureBackendDown, measureManyTraces, measureOneTrace, measureOpenParent, measureUnsampled } from './measure.mjs';

const MEBIBYTE = 1024 * 1024;
const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0);

test('R10: 100,000 spans of one trace all arrive', async () => {
  const { flushed, stats, backend } = await measureOneTrace(100_000);
  expect(flushed).toBe(true);
  expect(stats).toMatchObject({ started: 100_000, delivered: 100_000 });
  expect(backend.refusals).toEqual([]);
  expect(new Set(backend.spans.map((span: { span_id: string }) => span.span_id)).size).toBe(100_000);
  expect(new Set(backend.spans.map((span: { trace_id: string }) => span.trace_id)).size).toBe(1);
});

test('R17: 5,000 traces of one span each arrive with one flush', async () => {
  const { buffered, flushed, stats, backend } = await measureManyTraces(5000);
  expect(buffered).toBe(5000);
  expect(flushed).toBe(true);
  expect(stats).toMatchObject({ started: 5000, delivered: 5000 });
  expect(backend.refusals).toEqual([]);
  expect(new Set(backend.spans.map((span: { trace_id: string }) => span.trace_id)).size).toBe(5000);
});

test('R9: 1,000,000 sent children of one open parent cost less than 1 MiB', { timeout: 120_000 }, async () => {
  const { heapGrowth, open, stats, backend } = await measureOpenParent(1_000_000);
  expect(open).toBe(1);
  expect(sum(stats.dropped)).toBe(0);
  // The program warms up with 20,000 and ends the parent at last.
  expect(backend.spanCount).toBe(1_020_001);
  expect(heapGrowth).toBeLessThan(MEBIBYTE);
});

test('R8: 1,000,000 unsampled spans leave nothing on the heap', { timeout: 120_000 }, async () => {
  const { heapGrowth, stats, backend } = await measureUnsampled(1_000_000);
  expect(stats.dropped.unsampled).toBe(1_020_000);
  expect(stats.started).toBe(1_020_000);
  expect(backend.spanCount).toBe(0);
  // Compiled code and free room: 5,000,000 leave no more.
  expect(heapGrowth).toBeLessThan(MEBIBYTE / 2);
});

// 5,000 spans a second against 4 MiB: full after a second or two.
const LOAD = { seconds: 20, tracesPerSecond: 1000, maxMemoryBytes: 4 * MEBIBYTE };

test.each(['refuses connections', 'hangs'])('R16: memory stays flat while the backend %s', async (how) => {
  const backend = how === 'hangs' ? await startBackend({ answers: [hang] }) : undefined;
  const { samples, summary } = await measureBackendDown(LOAD, backend?.dsn);
  await backend?.close();
  const idle = samples[0]?.heapUsed ?? 0;
  const heaps = samples.filter(({ second }) => second >= 5).map(({ heapUsed }) => heapUsed);
  expect(samples.every(({ isBalanced }) => isBalanced)).toBe(true);
  expect(summary.spans).toBeGreaterThan(50_000);
  expect(sum(summary.dropped)).toBeGreaterThan(summary.spans / 2);
  expect(heaps.length).toBeGreaterThan(10);
  // Beside the budget there is the code of undici and, from the first retry on, of Node's fetch.
  expect(Math.max(...heaps) - idle).toBeLessThan(LOAD.maxMemoryBytes + 6 * MEBIBYTE);
  const half = heaps.length / 2;
  expect(Math.min(...heaps.slice(half)) - Math.min(...heaps.slice(0, half))).toBeLessThan(2 * MEBIBYTE);
});
