import { expect, it } from 'vitest';
import { startSpan, startTransaction, tracing } from '@spanstream/core';
import { createTestClient, type TestClientOptions } from '@spanstream/core/testing';

const start = (options: TestClientOptions = {}) => createTestClient({ traceLifecycle: 'compare', ...options });

it('compare sends transactions and nothing beside', async () => {
  const test = start();
  startSpan({ name: 'top' }, () => startSpan({ name: 'child' }, () => 1));
  await test.flush();
  expect(test.envelopes().map((text) => text.split('\n')[1])).toEqual(['{"type":"transaction"}']);
  expect(test.client.stats()).toMatchObject({ started: 2, delivered: 2 });
  expect(test.client.compareReport()).toEqual({ spans: 2, differences: [] });
});

it('compare lists what streams would do differently', async () => {
  const test = start({
    ignoreSpans: ['/health'],
    filterSegment: (segment) => segment.name !== 'unwanted',
    holdback: { maxMs: 100 },
    ...({ beforeSendTransaction: () => null } as object),
  });
  startSpan({ name: 'GET' }, (span) => void span.setName('GET /health'));
  startSpan({ name: 'unwanted' }, () => 1);
  const transaction = startTransaction({ name: 'job' }).setTag('region', 'eu').setStatus('not_found').setMeasurement('cache', 1, 'ratio');
  const late = transaction.startChild({ description: 'late' });
  transaction.finish();
  test.clock.advance(1);
  late.finish();
  startSpan({ name: 'import' }, () => {
    for (let i = 0; i < 1003; i++) startSpan({ name: 'row' }, () => 1);
  });
  await test.flush();
  const found = test.client.compareReport().differences.map(({ kind, what, count }) => `${kind}: ${what} ×${count}`);
  expect(test.logLines().join()).toContain('beforeSendTransaction is ignored; use beforeSendSpan');
  expect(found.toSorted()).toEqual([
    'attribute: status not_found ×1',
    'filter: filterSegment ×1',
    'filter: ignoreSpans ×1',
    'hook: beforeSendTransaction ×0',
    'late: late ×1',
    'limit: transaction_limit ×3',
    'no_place: measurement cache ×1',
    'no_place: tag region ×1',
    'renamed: GET → GET /health ×1',
  ]);
});

it('R13: compare takes the static API, as static does', () => {
  const test = start();
  expect(tracing.startSpan({ name: 'x' }, (span) => span.isRecording())).toBe(false);
  expect(test.logLines().join()).toContain('tracing.startSpan needs');
});

it('outside compare the report is empty', () => {
  expect(createTestClient().client.compareReport()).toEqual({ spans: 0, differences: [] });
});
