import { describe, expect, it } from 'vitest';
import { createTestClient, type TestClient } from '../testing.ts';
import type { Sink } from './sink.ts';

function balance({ client }: TestClient): number {
  const { started, open, buffered, inFlight, delivered, dropped } = client.stats();
  return started - open - buffered - inFlight - delivered - Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

function answering(answer: unknown): Sink {
  return { name: 'odd', send: () => answer as never };
}

const ids = (...spanIds: unknown[]): unknown => ({ losses: [{ reason: 'network', quantity: spanIds.length, spanIds }] });

describe('R30: whatever a sink answers, the balance holds and nothing stays in flight', () => {
  it.each<[string, unknown]>([
    ['negative', { losses: [{ reason: 'network', quantity: -3 }] }],
    ['NaN', { losses: [{ reason: 'network', quantity: NaN }] }],
    ['more than given', { losses: [{ reason: 'network', quantity: 99 }] }],
    ['beyond 32 bits', { losses: [{ reason: 'network', quantity: 2 ** 40 }] }],
    ['infinitely many', { losses: [{ reason: 'network', quantity: Infinity }] }],
    ['a big integer', { losses: [{ reason: 'network', quantity: 1n }] }],
    ['an unknown reason', { losses: [{ reason: 'gremlins', quantity: 1 }] }],
    ['a prototype name', { losses: [{ reason: '__proto__', quantity: 1 }] }],
    ['no loss', { losses: [null] }],
    ['no ids', { losses: [{ reason: 'network', quantity: 1, spanIds: { length: 1 } }] }],
    ['ids that are none', ids(null)],
    ['ids that are texts of another kind', ids('zz')],
    ['symbols', ids(Symbol('x'))],
    ['an id twice', { losses: [{ reason: 'network', quantity: 2, spanIds: ['aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaa'] }] }],
    ['a text', 'no'],
    [
      'a proxy',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ],
  ])('%s', async (_, answer) => {
    const test = createTestClient({ dsn: undefined, sinks: [answering(answer)] });
    test.tracing.startSpan({ name: 'work' }, () => test.tracing.startSpan({ name: 'child' }, () => {}));
    expect(await test.flush()).toBe(true);
    expect(test.client.stats()).toMatchObject({ buffered: 0, inFlight: 0 });
    expect(balance(test)).toBe(0);
  });

  it.each([
    ['unknown', () => 'ffffffffffffffff'],
    ['of an open span', (test: TestClient) => test.client.openSpans()[0]!.spanId],
  ])('an id that was not given, %s, says nothing', async (_, idOf) => {
    const losses: unknown[] = [];
    const test: TestClient = createTestClient({ dsn: undefined, sinks: [{ name: 'odd', send: () => ({ losses }) as never }] });
    const open = test.tracing.startSpan({ name: 'open' });
    losses.push({ reason: 'network', quantity: 1, spanIds: [idOf(test)] });
    let given = '';
    test.tracing.startSpan({ name: 'a' }, (span) => (given = span.spanContext().spanId));
    test.tracing.startSpan({ name: 'b' }, () => {});
    await test.flush();
    expect(test.client.stats()).toMatchObject({ delivered: 1, dropped: { network: 1 } });
    expect(test.client.explain(given).state).toBe('unknown');
    open.end();
  });
});
