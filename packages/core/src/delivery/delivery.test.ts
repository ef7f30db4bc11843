import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { answer, createRig, createTestBatch, idsOf, imbalance } from './test-rig.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const idOf = (batch: ReturnType<typeof createTestBatch>): string => idsOf(batch)[0] ?? '';

describe('sending', () => {
  it('delivers a batch without being asked and gives its bytes back', async () => {
    const { enqueue, ledger, budget, backend } = createRig();
    enqueue(createTestBatch(5));
    await vi.advanceTimersByTimeAsync(1);
    expect(backend.bodies).toHaveLength(1);
    expect(ledger.stats()).toMatchObject({ started: 5, buffered: 0, inFlight: 0, delivered: 5 });
    expect(budget.used).toBe(0);
  });

  it('never encodes inside enqueue', () => {
    const { enqueue } = createRig();
    const batch = createTestBatch(1);
    enqueue(batch);
    expect(batch.encodings).toBe(0);
  });

  it('R17: 5,000 batches of one span all arrive after one flush', async () => {
    const { enqueue, delivery, ledger, backend } = createRig({ maxMemoryBytes: 32 << 20 });
    backend.delayMs = 100;
    for (let count = 0; count < 5000; count++) enqueue(createTestBatch(1));
    const flushed = delivery.flush(30_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await flushed).toBe(true);
    expect(ledger.delivered).toBe(5000);
    expect(backend.mostRunning).toBe(64);
  });

  it('R16: keeps the encoded text in flight within its share of the budget', async () => {
    const { enqueue, delivery, budget, backend } = createRig({ maxMemoryBytes: 800_000 });
    backend.delayMs = 100;
    for (let count = 0; count < 30; count++) enqueue(createTestBatch(10, { bytesPerSpan: 2000 }));
    void delivery.flush(10_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(backend.running).toBe(5);
    expect(budget.inFlight).toBeLessThanOrEqual(budget.maxInFlightBytes);
    await vi.advanceTimersByTimeAsync(1000);
    expect(delivery.isIdle).toBe(true);
    expect(budget.used).toBe(0);
  });

  it('honours the concurrency a transport names', async () => {
    const { enqueue, delivery, backend } = createRig({ maxConcurrency: 3 });
    backend.delayMs = 10;
    for (let count = 0; count < 10; count++) enqueue(createTestBatch(1));
    void delivery.flush(1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(backend.mostRunning).toBe(3);
    expect(backend.bodies).toHaveLength(10);
  });

  it('tells where a span waits', async () => {
    const { enqueue, delivery, backend } = createRig({ maxConcurrency: 1 });
    backend.behave = () => 'hang';
    const [first, second] = [createTestBatch(2), createTestBatch(2)];
    enqueue(first);
    enqueue(second);
    await vi.advanceTimersByTimeAsync(1);
    expect(delivery.stateOf(idOf(first))).toBe('in_flight');
    expect(delivery.stateOf(idOf(second))).toBe('buffered');
    expect(delivery.stateOf('ffffffffffffffff')).toBeUndefined();
  });

  it('R34: an encoder or a transport that throws costs its own batch only', async () => {
    const { enqueue, ledger, backend } = createRig();
    enqueue({
      ...createTestBatch(2),
      encode: () => {
        throw new Error('broken');
      },
    });
    backend.behave = (request) => {
      if (request.body.length < 150) throw new TypeError('no');
      return answer(200);
    };
    enqueue(createTestBatch(1));
    enqueue(createTestBatch(3));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(ledger.stats()).toMatchObject({ delivered: 3, inFlight: 0 });
    expect(ledger.dropped).toMatchObject({ rejected: 2, network: 1 });
  });
});

describe('answers', () => {
  it.each([
    ['R29: other 4xx', 403, 'rejected'],
    ['R29: 429', 429, 'throttled'],
    ['a redirect', 302, 'rejected'],
  ] as const)('%s is not repeated', async (_name, status, reason) => {
    const { enqueue, ledger, backend } = createRig();
    backend.behave = () => answer(status);
    enqueue(createTestBatch(4));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(backend.bodies).toHaveLength(1);
    expect(ledger.dropped[reason]).toBe(4);
  });

  it('R29: a transport may answer with a status alone', async () => {
    const { enqueue, ledger, backend } = createRig();
    backend.behave = () => ({ status: 200 }) as never;
    enqueue(createTestBatch(4));
    await vi.advanceTimersByTimeAsync(31_000);
    expect([backend.bodies.length, ledger.delivered]).toEqual([1, 4]);
  });

  it.each([408, 500, 503])('R29: %i is repeated three times, then rejected', async (status) => {
    const { enqueue, ledger, backend } = createRig();
    backend.behave = () => answer(status);
    enqueue(createTestBatch(4));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(backend.bodies).toHaveLength(4);
    expect(ledger.dropped.rejected).toBe(4);
  });

  it('R29: no answer three times over is network', async () => {
    const { enqueue, ledger, backend } = createRig();
    let attempts = 0;
    backend.behave = () => {
      attempts++;
      return new Error('ECONNREFUSED');
    };
    enqueue(createTestBatch(4));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(attempts).toBe(4);
    expect(ledger.dropped.network).toBe(4);
  });

  it('R29: a repeated envelope that arrives is delivered once', async () => {
    const { enqueue, ledger, backend } = createRig();
    const answers = [answer(503), new Error('ECONNRESET'), answer(200)];
    backend.behave = () => answers.shift() ?? answer(500);
    enqueue(createTestBatch(4));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ledger.delivered).toBe(4);
    expect(imbalance(ledger)).toBe(0);
  });

  it('R29: 413 halves once; a half that is still too large is rejected', async () => {
    const { enqueue, ledger, backend, delivery } = createRig();
    backend.behave = (request) => answer(request.body.length > 600 ? 413 : 200);
    enqueue(createTestBatch(10));
    enqueue(createTestBatch(20));
    enqueue(createTestBatch(1, { bytesPerSpan: 700 }));
    void delivery.flush(1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(ledger.stats()).toMatchObject({ delivered: 10, buffered: 0, inFlight: 0 });
    expect(ledger.dropped.rejected).toBe(21);
    expect(backend.bodies).toHaveLength(3 + 4);
  });

  it('R29: waits as long as a short Retry-After says', async () => {
    const { enqueue, ledger, backend } = createRig();
    const answers = [answer(503, { 'retry-after': '12' })];
    backend.behave = () => answers.shift() ?? answer(200);
    enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(11_900);
    expect(backend.bodies).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(ledger.delivered).toBe(1);
  });

  it('a long Retry-After with 5xx is a pause for all', async () => {
    const { enqueue, ledger, backend } = createRig();
    backend.behave = () => answer(503, { 'retry-after': '120' });
    enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(10);
    const waiting = createTestBatch(2);
    enqueue(waiting);
    await vi.advanceTimersByTimeAsync(10);
    expect(ledger.dropped).toMatchObject({ rejected: 1, rate_limited: 2 });
    expect(waiting.encodings).toBe(0);
  });

  it('gives up 30 s after the first attempt when a transport never settles', async () => {
    const { enqueue, ledger, backend, budget } = createRig();
    backend.behave = () => 'hang';
    enqueue(createTestBatch(3));
    await vi.advanceTimersByTimeAsync(28_000);
    expect(ledger.inFlight).toBe(3);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(ledger.dropped.network).toBe(3);
    expect(budget.used).toBe(0);
  });
});

describe('limits', () => {
  it('R19: a limited category is counted and never serialised', async () => {
    const { enqueue, ledger, backend } = createRig({ clientReports: false });
    backend.behave = () => answer(200, { 'x-sentry-rate-limits': '60:span:organization' });
    enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(10);
    const [spans, transaction] = [createTestBatch(7), createTestBatch(3, { category: 'transaction' })];
    enqueue(spans);
    enqueue(transaction);
    await vi.advanceTimersByTimeAsync(10);
    expect(spans.encodings).toBe(0);
    expect(ledger.dropped.rate_limited).toBe(7);
    expect(ledger.delivered).toBe(4);
    await vi.advanceTimersByTimeAsync(60_000);
    enqueue(createTestBatch(2));
    await vi.advanceTimersByTimeAsync(10);
    expect(ledger.delivered).toBe(6);
  });

  it('R19: a batch that waits for its retry is dropped once a limit begins', async () => {
    const { enqueue, ledger, backend, delivery } = createRig();
    const answers = [answer(503), answer(429)];
    backend.behave = () => answers.shift() ?? answer(200);
    const [first, second] = [createTestBatch(1), createTestBatch(2)];
    enqueue(first);
    enqueue(second);
    await vi.advanceTimersByTimeAsync(5000);
    expect(ledger.dropped).toMatchObject({ rate_limited: 1, throttled: 2 });
    expect(first.encodings).toBe(1);
    expect(delivery.isIdle).toBe(true);
  });
});

describe('a backend that is down', () => {
  it('R16: is probed by one envelope at a time while batches wait in the budget', async () => {
    const { enqueue, ledger, backend } = createRig({ maxMemoryBytes: 8 << 20 });
    let attempts = 0;
    backend.behave = () => {
      attempts++;
      return new Error('ECONNREFUSED');
    };
    for (let count = 0; count < 1000; count++) enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(attempts).toBeLessThan(64 + 600);
    // The 64 that were under way when it went down, then about one in four probes.
    expect(ledger.dropped.network).toBeLessThan(64 + 250);
    expect(ledger.buffered + ledger.inFlight).toBe(1000 - ledger.dropped.network);
    backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(6000);
    expect(ledger.delivered).toBe(1000 - ledger.dropped.network);
  });

  it('loses nothing when it comes back within 25 s', async () => {
    const { enqueue, ledger, backend } = createRig({ maxMemoryBytes: 8 << 20 });
    backend.behave = () => answer(503);
    for (let count = 0; count < 500; count++) enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(20_000);
    backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(ledger.delivered).toBe(500);
  });

  it('R15: leaves no timer behind once everything is settled', async () => {
    const { enqueue, delivery, backend } = createRig({ clientReports: false });
    backend.behave = () => new Error('ECONNREFUSED');
    for (let count = 0; count < 100; count++) enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(40_000);
    backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(delivery.isIdle).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('flush', () => {
  it('R29: is true only when nothing accepted before it is still under way', async () => {
    const { enqueue, delivery, backend } = createRig();
    let isUp = false;
    backend.behave = () => (isUp ? answer(200) : answer(500));
    enqueue(createTestBatch(1));
    const early = delivery.flush(50);
    const patient = delivery.flush(10_000);
    await vi.advanceTimersByTimeAsync(50);
    expect(await early).toBe(false);
    isUp = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(await patient).toBe(true);
  });

  it('R29: does not wait for what is accepted after it', async () => {
    const { enqueue, delivery, backend } = createRig();
    enqueue(createTestBatch(1));
    const flushed = delivery.flush(1000);
    backend.behave = () => 'hang';
    enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(10);
    expect(await flushed).toBe(true);
    expect(delivery.isIdle).toBe(false);
  });

  it('with nothing to do is true at once, also without time', async () => {
    const { delivery } = createRig();
    expect(await delivery.flush(0)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds the process until it settles', async () => {
    let holds = 0;
    const { enqueue, delivery, backend } = createRig({
      platform: {
        holdProcess: () => {
          holds++;
          return () => {
            holds--;
          };
        },
      },
    });
    backend.behave = () => 'hang';
    enqueue(createTestBatch(1));
    const flushed = delivery.flush(100);
    expect(holds).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(await flushed).toBe(false);
    expect(holds).toBe(0);
  });
});

describe('close', () => {
  it('gives up what is left as shutdown, closes the transport and leaves no timer', async () => {
    const { enqueue, delivery, ledger, backend, budget } = createRig({ maxConcurrency: 2 });
    backend.behave = () => 'hang';
    for (let count = 0; count < 5; count++) enqueue(createTestBatch(2));
    const closed = delivery.close(500);
    enqueue(createTestBatch(3));
    await vi.advanceTimersByTimeAsync(500);
    expect(await closed).toBe(false);
    expect(ledger.dropped).toMatchObject({ shutdown: 10, closed: 3 });
    expect(imbalance(ledger)).toBe(0);
    expect(budget.used).toBe(0);
    expect(backend.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('abandons retries', async () => {
    const { enqueue, delivery, ledger, backend } = createRig();
    backend.behave = () => answer(503);
    enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(2);
    const closed = delivery.close(0);
    await vi.advanceTimersByTimeAsync(0);
    await closed;
    const attempts = backend.bodies.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(backend.bodies).toHaveLength(attempts);
    expect(ledger.dropped.shutdown).toBe(1);
  });
});

describe('the last hand-over', () => {
  it('R31: takes what is queued, in flight and in retry, and accounts for it', async () => {
    const { enqueue, delivery, ledger, backend, budget } = createRig({ maxConcurrency: 2 });
    const behaviours = [answer(503), 'hang'] as const;
    let calls = 0;
    backend.behave = () => behaviours[calls++] ?? 'hang';
    for (let count = 0; count < 4; count++) enqueue(createTestBatch(2));
    await vi.advanceTimersByTimeAsync(1);
    const batches = delivery.takeUnsent();
    expect(batches).toHaveLength(4);
    expect(ledger.stats()).toMatchObject({ buffered: 0, inFlight: 8 });
    delivery.unsent.delivered(batches.slice(0, 3));
    delivery.unsent.failed(batches.slice(3));
    expect(ledger.stats()).toMatchObject({ inFlight: 0, delivered: 6 });
    expect(ledger.dropped.shutdown).toBe(2);
    expect(budget.used).toBe(0);
    expect(delivery.isIdle).toBe(true);
  });
});

describe('client reports', () => {
  it('R30: leave after the drain they describe and name each loss once', async () => {
    const { enqueue, delivery, backend, clientReports } = createRig();
    backend.behave = (request) => answer(String(request.body).includes('client_report') ? 200 : 400);
    enqueue(createTestBatch(3));
    enqueue(createTestBatch(2, { category: 'transaction' }));
    const flushed = delivery.flush(1000);
    await vi.advanceTimersByTimeAsync(10);
    expect(await flushed).toBe(true);
    expect(backend.reports).toEqual([
      { reason: 'send_error', category: 'span', quantity: 5 },
      { reason: 'send_error', category: 'transaction', quantity: 1 },
    ]);
    expect(clientReports.isPending).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('R30: leave a minute after a loss, on one timer, and only on Node', async () => {
    for (const [name, expected] of [
      ['node', 1],
      ['javascript', 0],
    ] as const) {
      const { ledger, backend } = createRig({ platform: { name } });
      ledger.spanRefused('unsampled');
      ledger.spanRefused('unsampled');
      expect(vi.getTimerCount()).toBe(expected);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(backend.reports).toHaveLength(expected);
    }
  });

  it('R30: a report that fails is in the next one, and causes none of its own', async () => {
    const { ledger, backend, delivery } = createRig();
    backend.behave = () => new Error('ECONNREFUSED');
    ledger.spanRefused('ignored');
    expect(await delivery.flush(1000)).toBe(true);
    ledger.spanRefused('ignored');
    backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(backend.reports).toEqual([{ reason: 'ignored', category: 'span', quantity: 2 }]);
  });

  it('R30: the report of a flush does not wait until a backend that was down is tried again', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.9);
    onTestFinished(() => random.mockRestore());
    for (const verb of ['flush', 'close'] as const) {
      const { enqueue, ledger, backend, delivery } = createRig();
      backend.behave = () => answer(backend.bodies.length < 4 ? 500 : 200);
      enqueue(createTestBatch(2));
      for (let ms = 0; ms < 10_000 && ledger.dropped.rejected === 0; ms += 10) await vi.advanceTimersByTimeAsync(10);
      expect(ledger.dropped.rejected).toBe(2);
      const finishing = delivery[verb](1000);
      // No timer runs: it is sent now.
      await vi.advanceTimersByTimeAsync(0);
      expect(backend.reports).toEqual([{ reason: 'send_error', category: 'span', quantity: 2 }]);
      expect(await finishing).toBe(true);
    }
  });

  it('R30: a report is the probe when the backend is down and nothing else waits', async () => {
    const { enqueue, backend, delivery } = createRig();
    backend.behave = () => new Error('ECONNREFUSED');
    enqueue(createTestBatch(2));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(delivery.isIdle).toBe(true);
    backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(backend.reports).toEqual([{ reason: 'network_error', category: 'span', quantity: 2 }]);
  });

  it('R29: a report that never gets an answer keeps nothing back', async () => {
    const { enqueue, delivery, ledger, backend } = createRig();
    backend.behave = () => 'hang';
    for (let count = 0; count < 3; count++) enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(ledger.dropped.network).toBe(3);
    // It is the probe.
    void delivery.flush(0);
    await vi.advanceTimersByTimeAsync(10);
    enqueue(createTestBatch(2));
    backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(ledger.delivered).toBe(2);
    await delivery.flush(1000);
    expect(backend.reports).toMatchObject([{ quantity: 3 }]);
    expect(delivery.isIdle).toBe(true);
  });

  it('R30: nothing is sent while everything is limited, or when reports are off', async () => {
    const limited = createRig();
    limited.backend.behave = () => answer(429, { 'retry-after': '90' });
    limited.enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(10);
    limited.ledger.spanRefused('ignored');
    await vi.advanceTimersByTimeAsync(61_000);
    expect(limited.backend.bodies).toHaveLength(1);
    limited.backend.behave = () => answer(200);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(limited.backend.reports).toHaveLength(1);

    const silent = createRig({ clientReports: false });
    silent.ledger.spanRefused('ignored');
    await silent.delivery.flush(100);
    expect(silent.backend.bodies).toHaveLength(0);
    expect(silent.backend.reports).toHaveLength(0);
  });
});

describe('R33: a runtime that was frozen', () => {
  it('sees the answer that came meanwhile and not a timeout', async () => {
    const { enqueue, ledger, backend } = createRig();
    backend.delayMs = 500;
    enqueue(createTestBatch(1));
    await vi.advanceTimersByTimeAsync(100);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(ledger.delivered).toBe(1);
  });
});
