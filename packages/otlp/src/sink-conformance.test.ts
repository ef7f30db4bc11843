import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { type Client, httpClientIntegration, init, type Options, type Sink, tracing, undiciIntegration } from '@spanstream/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { otlpSink } from './index.ts';
import { accept, startReceiver } from './test-receiver.ts';

/** What stands behind the sink. */
type Behaviour = 'takes' | 'refuses' | 'hangs' | 'takes half';

interface Implementation {
  readonly sink: Sink;
  /** The names that arrived. */
  taken(): string[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A sink as an application writes it; it makes requests of its own. */
async function customSink(behaviour: Behaviour): Promise<Implementation> {
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  const names: string[] = [];
  const sink: Sink = {
    name: 'custom',
    async send(spans) {
      await fetch(receiver.url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: String(spans.length) });
      if (behaviour === 'refuses') throw new Error('refused');
      if (behaviour === 'hangs') return new Promise(() => {});
      names.push(...spans.map(({ name }) => name));
      return behaviour === 'takes half' ? { losses: [{ reason: 'rejected', quantity: spans.length >> 1 }] } : undefined;
    },
  };
  return { sink, taken: () => names };
}

const otlp =
  (protocol: 'json' | 'protobuf') =>
  async (behaviour: Behaviour): Promise<Implementation> => {
    const receiver = await startReceiver((response, received, count) => {
      if (behaviour === 'refuses') response.writeHead(400).end();
      else if (behaviour === 'takes half') {
        const rejectedSpans = String(receiver.spans().length >> 1);
        response.writeHead(200).end(JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage: 'half' } }));
      } else if (behaviour === 'takes') accept(response, received, count);
    });
    cleanups.push(() => receiver.close());
    // The answer of a receiver that takes half is JSON.
    const encoding = behaviour === 'takes half' ? 'json' : protocol;
    const sink = otlpSink({ url: receiver.url, protocol: encoding, flushIntervalMs: 20 });
    return { sink, taken: () => receiver.spans().map(({ name }) => name) };
  };

function start(sinks: readonly Sink[], options: Options = {}): Client {
  const client = init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    integrations: () => [httpClientIntegration(), undiciIntegration()],
    sinks,
    ...options,
  });
  cleanups.push(() => client.close(0));
  return client;
}

function work(names: readonly string[]): void {
  for (const name of names) tracing.startSpan({ name }, () => 1);
}

/** `started = open + buffered + inFlight + delivered + Σ dropped`, now. */
function expectBalance(client: Client): void {
  const { started, open, buffered, inFlight, delivered, dropped } = client.stats();
  const counts = [open, buffered, inFlight, delivered, ...Object.values(dropped)];
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
  expect(counts.reduce((sum, count) => sum + count)).toBe(started);
}

const NAMES = ['a', 'b', 'c', 'd'];
const implementations: [string, (behaviour: Behaviour) => Promise<Implementation>][] = [
  ['a custom sink', customSink],
  ['otlpSink in JSON', otlp('json')],
  ['otlpSink in protobuf', otlp('protobuf')],
];

describe.each(implementations)('%s', (_name, create) => {
  it('takes each span once, and flush() waits for it', async () => {
    const { sink, taken } = await create('takes');
    const client = start([sink]);
    work(NAMES);
    expect(client.stats()).toMatchObject({ buffered: 4, delivered: 0 });
    expect(await client.flush(5000)).toBe(true);
    expect(taken()).toEqual(NAMES);
    expect(client.stats()).toMatchObject({ buffered: 0, inFlight: 0, delivered: 4 });
    expect(client.sinkStats()).toMatchObject([{ name: sink.name, waiting: 0, delivered: 4 }]);
  });

  it('sends without a flush, too', async () => {
    const { sink } = await create('takes');
    const client = start([sink]);
    const isDelivered = new Promise<void>((resolve) => client.on('outcome', ({ state }) => state === 'delivered' && resolve()));
    const id = tracing.startSpan({ name: 'a' }, (span) => span.spanContext().spanId);
    expect(client.explain(id).state).toBe('buffered');
    await isDelivered;
    expect(client.explain(id).state).toBe('delivered');
  });

  it('R30: what is refused is counted, and the balance holds with each outcome', async () => {
    const { sink } = await create('refuses');
    const client = start([sink]);
    client.on('outcome', () => expectBalance(client));
    const id = tracing.startSpan({ name: 'a' }, (span) => span.spanContext().spanId);
    work(NAMES);
    await client.flush(5000);
    expectBalance(client);
    expect(client.stats()).toMatchObject({ delivered: 0, dropped: { rejected: 5 } });
    expect(client.explain(id)).toMatchObject({ state: 'dropped', reason: 'rejected' });
  });

  it('R30: of a batch that is taken in part, what is not is counted', async () => {
    const { sink } = await create('takes half');
    const client = start([sink]);
    work(NAMES);
    expect(await client.flush(5000)).toBe(true);
    expectBalance(client);
    expect(client.stats()).toMatchObject({ delivered: 2, dropped: { rejected: 2 } });
  });

  it('R29: flush() and close() give up in time, and what is left counts as shutdown', async () => {
    const { sink } = await create('hangs');
    const client = start([sink]);
    const id = tracing.startSpan({ name: 'a' }, (span) => span.spanContext().spanId);
    expect(await client.flush(300)).toBe(false);
    expect(client.stats()).toMatchObject({ inFlight: 1 });
    expect(client.explain(id).state).toBe('in_flight');
    work(['b']);
    const startMs = performance.now();
    expect(await client.close(300)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(client.stats()).toMatchObject({ buffered: 0, inFlight: 0, dropped: { shutdown: 2 } });
    expect(client.parts.budget.retained).toBe(0);
  });

  it('R28: its requests are not traced', async () => {
    const { sink, taken } = await create('takes');
    const client = start([sink]);
    tracing.startSpan({ name: 'a' }, () => 1);
    await client.flush(5000);
    await client.flush(5000);
    expect(taken()).toEqual(['a']);
  });

  it('R16: memory is bounded while nobody answers, and all of it is given back', async () => {
    const { sink } = await create('hangs');
    const client = start([sink], { maxMemoryBytes: 100_000 });
    for (let i = 0; i < 20; i++) {
      work(Array.from({ length: 50 }, () => 'x'.repeat(100)));
      await new Promise((resolve) => setImmediate(resolve));
      expect(client.parts.budget.used).toBeLessThanOrEqual(101_000);
      expectBalance(client);
    }
    expect(client.stats().dropped.memory_budget).toBeGreaterThan(800);
    await client.close(0);
    expect(client.parts.budget.used).toBe(0);
    expectBalance(client);
  });

  it('beside a DSN, a sink that hangs costs the DSN no span', async () => {
    const backend = await startReceiver();
    cleanups.push(() => backend.close());
    const dsn = `${backend.url.replace('/v1/traces', '').replace('//', `//${'0'.repeat(32)}@`)}/1`;
    const { sink } = await create('hangs');
    const client = start([sink], { dsn, maxMemoryBytes: 200_000 });
    for (let sent = 30; sent <= 300; sent += 30) {
      work(Array.from({ length: 30 }, () => 'x'.repeat(100)));
      // The sink never answers, so no flush ends before its time; the DSN's part has answers.
      void client.flush(100);
      await vi.waitFor(() => expect(client.stats()).toMatchObject({ open: 0, delivered: sent }), 10_000);
    }
    const [{ waiting, dropped }] = client.sinkStats() as [ReturnType<Client['sinkStats']>[number]];
    expect(waiting + dropped.memory_budget).toBe(300);
    expect(dropped.memory_budget).toBeGreaterThan(0);
  });

  it('two of them: a span that one takes is delivered', async () => {
    const [refusing, taking] = [await create('refuses'), await create('takes')];
    const client = start([refusing.sink, taking.sink]);
    work(NAMES);
    await client.flush(5000);
    expect(client.stats()).toMatchObject({ delivered: 4 });
    expect(client.sinkStats()).toMatchObject([{ delivered: 0, dropped: { rejected: 4 } }, { delivered: 4 }]);
  });
});

it('a sink that cannot be set up is a warning and left out', async () => {
  const seen: string[] = [];
  const broken: Sink = {
    name: 'broken',
    setup() {
      throw new Error('no');
    },
    send: () => void seen.push('broken'),
  };
  const client = start([broken, { name: 'good', send: (spans) => void seen.push(...spans.map(({ name }) => name)) }]);
  work(['a']);
  await client.flush(1000);
  expect(seen).toEqual(['a']);
});

it('R34: whatever a sink answers, the balance holds', async () => {
  const rubbish: unknown[] = [
    5,
    'x',
    null,
    { losses: 5 },
    { losses: [{ reason: 'nonsense', quantity: 1 }] },
    { losses: [{ quantity: 99 }] },
    { losses: [null] },
  ];
  const client = start([{ name: 'rubbish', send: () => rubbish.shift() as never }]);
  for (let left = rubbish.length; left > 0; left--) {
    work(['a']);
    await client.flush(1000);
    expectBalance(client);
  }
  expect(client.stats()).toMatchObject({ started: 7, delivered: 4, dropped: { rejected: 3 } });
});

it('a port that nobody listens on is a loss of the network, after retries', async () => {
  const port = await new Promise<number>((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });
  const client = start([otlpSink({ url: `http://127.0.0.1:${port}` })]);
  work(NAMES);
  expect(await client.flush(20_000)).toBe(true);
  expect(client.stats()).toMatchObject({ delivered: 0, dropped: { network: 4 } });
}, 30_000);
