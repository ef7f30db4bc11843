import { beforeEach, describe, expect, it } from 'vitest';
import { startSpan, startTransaction, tracing } from '@spanstream/core';
import { createTestClient, type TestClient, type TestClientOptions } from '@spanstream/core/testing';

interface Event {
  readonly event_id: string;
  readonly transaction: string;
  readonly contexts: { readonly trace: Record<string, unknown> & { readonly data: Record<string, unknown> } };
  readonly spans: (Record<string, unknown> & { readonly data: Record<string, unknown> })[];
  readonly [key: string]: unknown;
}

let test: TestClient;
const start = (options: TestClientOptions = {}): TestClient => createTestClient({ traceLifecycle: 'static', ...options });
beforeEach(() => void (test = start()));

/** The transactions that have left by now, or leave in this turn. */
function sent(client: TestClient = test): Event[] {
  client.flatSpans();
  return client
    .envelopes()
    .map((text) => text.split('\n'))
    .filter(([, item]) => item === '{"type":"transaction"}')
    .map(([, , payload]) => JSON.parse(payload!) as Event);
}

describe('static lifecycle', () => {
  it('R11: a top-level span leaves with its tree as one transaction', () => {
    const transaction = startTransaction({ name: 'GET /', op: 'http.server' });
    const span = transaction.startChild({ op: 'db', description: 'SELECT 1' });
    span.setData('rows', 3).setTag('region', 'eu').setStatus('ok').finish();
    expect(sent()).toEqual([]);
    transaction.setMeasurement('cache', 1, 'none').setTag('plan', 'pro');
    transaction.finish();
    const [event, ...others] = sent();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: 'transaction',
      transaction: 'GET /',
      platform: 'javascript',
      environment: 'production',
      transaction_info: { source: 'custom' },
      contexts: { trace: { op: 'http.server', origin: 'manual', status: 'ok', data: { 'sentry.op': 'http.server' } } },
      measurements: { cache: { value: 1, unit: 'none' } },
      tags: { plan: 'pro' },
      spans: [{ op: 'db', description: 'SELECT 1', status: 'ok', data: { rows: 3, region: 'eu' } }],
    });
    const { trace } = event!.contexts;
    expect(event!.spans[0]).toMatchObject({ parent_span_id: trace['span_id'], trace_id: trace['trace_id'] });
  });
});
