import {
  allLifecycles,
  type AttributeValue,
  type Client,
  type ContextManager,
  createPackingEncoder,
  type CreateTransport,
  init,
  type Options,
  type Platform,
  type SpanJSON,
  type SpanLink,
  traceNodeStream,
  tracing,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@spanstream/core';
import { readTransaction } from './static/read-transaction.ts';
import { ManualClock } from './testing-clock.ts';
import { createContextManager } from './testing-context.ts';

export type { ManualClock } from './testing-clock.ts';

/** The options of `init`, and what follows the context. */
export interface TestClientOptions extends Options {
  /**
   * Carries the active span. Default: as on the platform where there is `AsyncLocalStorage`, else a synchronous stack, which
   * loses it at the first `await`.
   */
  readonly contextManager?: ContextManager | undefined;
}

/** A finished span as it arrived, with the spans below it. */
export interface TestSpan extends SpanJSON {
  /** In the order of their starts. */
  readonly children: TestSpan[];
}

/** What the pretended backend says: a status, a status with headers, an error for no connection, `never` for silence. */
export type TestAnswer = number | { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | Error | 'never';

/** A client that lives in memory. */
export interface TestClient {
  /** What `init` returned. */
  readonly client: Client;
  /** The stream API, the same that applications import; all of it works on the client that was made last. */
  readonly tracing: typeof tracing;
  /** Time stands still until it is moved. */
  readonly clock: ManualClock;
  /** All finished spans as trees: what had no parent, or one that has not arrived, stands at the top. Sends what waits first. */
  spans(): TestSpan[];
  /** All finished spans, in the order of their ends. Sends what waits first. */
  flatSpans(): SpanJSON[];
  /** The envelopes that were sent so far, client reports included, as text. Sends nothing. */
  envelopes(): string[];
  /** What was written to the log, with the option `debug` the decisions as well. */
  logLines(): string[];
  /** What the backend answers to the next envelopes, one each; afterwards 200 again. */
  respondWith(...answers: TestAnswer[]): void;
  /** As `client.flush`; the clock moves on by itself where it waits for a timer, e.g. for a retry. */
  flush(timeoutMs?: number): Promise<boolean>;
  /** As `client.close`; the clock moves on by itself. */
  close(timeoutMs?: number): Promise<boolean>;
  /** @throws Error naming the spans that have started and not ended, if there are any */
  expectNoOpenSpans(): void;
}

const DEFAULTS: Options = { dsn: 'https://00000000000000000000000000000000@ingest.test/1', traceLifecycle: 'stream', tracesSampleRate: 1 };
const MEBIBYTE = 1024 * 1024;

/**
 * Starts a client that sends nothing anywhere: for tests of your own instrumentation. It samples everything in lifecycle
 * `stream`, unless the options say otherwise; its clock is moved by hand, its ids are the same in each run. It replaces the
 * client that ran before, as `init` does.
 * @example
 * const test = createTestClient();
 * checkout(cart);
 * expect(test.spans()).toMatchObject([{ name: 'checkout', children: [{ name: 'payment' }] }]);
 * test.expectNoOpenSpans();
 */
export function createTestClient(options: TestClientOptions = {}): TestClient {
  const { contextManager = createContextManager(), transport, ...rest } = options;
  const clock = new ManualClock();
  const backend = new MemoryBackend();
  const logLines: string[] = [];
  const platform = createPlatform({ clock, contextManager, logLines, createTransport: () => backend });
  const chosen: CreateTransport | undefined = transport && ((given) => backend.inFrontOf(transport(given)));
  const client = init(
    { ...DEFAULTS, ...rest, ...(chosen && { transport: chosen }) },
    { platform, env: {}, defaultIntegrations: () => [], lifecycles: allLifecycles },
  );
  const startOrder = followStarts(client);
  const flatSpans = (): SpanJSON[] => {
    client.parts.lifecycle.flush();
    clock.advance(0);
    return backend.bodies.flatMap((body) => READERS.flatMap((read) => read(body))).filter(isFirst);
  };
  return {
    client,
    tracing,
    clock,
    spans: () => toTrees(flatSpans(), startOrder),
    flatSpans,
    envelopes: () => [...backend.bodies],
    logLines: () => [...logLines],
    respondWith: (...answers) => void backend.answers.push(...answers),
    flush: (timeoutMs) => clock.drive(client.flush(timeoutMs)),
    close: (timeoutMs) => clock.drive(client.close(timeoutMs)),
    expectNoOpenSpans() {
      const open = client.openSpans();
      if (open.length > 0) throw new Error(`${open.length} open span(s): ${open.map(({ name }) => name).join(', ')}`);
    },
  };
}

interface PlatformParts {
  readonly clock: ManualClock;
  readonly contextManager: ContextManager;
  readonly logLines: string[];
  readonly createTransport: CreateTransport;
}

function createPlatform({ clock, contextManager, logLines, createTransport }: PlatformParts): Platform {
  return {
    name: 'javascript',
    sdkName: 'spanstream.testing',
    authentication: 'header',
    defaultMaxMemoryBytes: 32 * MEBIBYTE,
    wallClockMs: () => clock.nowMs,
    monotonicMs: () => clock.monotonicMs,
    fillRandom: createRandom(),
    setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
    clearTimer: (timer) => clock.clearTimer(timer),
    log: (level, message) => void logLines.push(`${level}: ${message}`),
    contextManager,
    createTransport,
    createEncoder: createPackingEncoder,
    traceNodeStream,
    segmentAttributes: () => ({}),
  };
}

/** Random enough for ids and the same in each run: https://en.wikipedia.org/wiki/Xorshift */
function createRandom(): Platform['fillRandom'] {
  let state = 0x2545f491;
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[i] = state & 0xff;
    }
  };
}

/** Takes envelopes and keeps them. */
class MemoryBackend implements Transport {
  readonly bodies: string[] = [];
  readonly answers: TestAnswer[] = [];

  async send(_url: string, request: TransportRequest): Promise<TransportResponse> {
    this.bodies.push(toText(request.body));
    const answer = this.answers.shift() ?? 200;
    if (answer === 'never') return new Promise(() => undefined);
    if (answer instanceof Error) throw answer;
    const { status, headers = {} } = typeof answer === 'number' ? { status: answer } : answer;
    const byLowerCase = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return { status, headers: { get: (name) => byLowerCase.get(name.toLowerCase()) } };
  }

  /** A transport of the application's own: what it is given is kept here as well. */
  inFrontOf(transport: Transport): Transport {
    return {
      ...(transport.maxConcurrency !== undefined && { maxConcurrency: transport.maxConcurrency }),
      send: (url, request) => {
        this.bodies.push(toText(request.body));
        return transport.send(url, request);
      },
      close: () => transport.close?.(),
    };
  }
}

const { TextDecoder } = globalThis as unknown as { TextDecoder: new () => { decode(bytes: Uint8Array): string } };

function toText(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

interface WireSpan extends Omit<SpanJSON, 'attributes' | 'links'> {
  readonly attributes: Record<string, WireAttribute>;
  readonly links?: {
    readonly trace_id: string;
    readonly span_id: string;
    readonly sampled?: boolean;
    readonly attributes?: Record<string, WireAttribute>;
  }[];
}

interface WireAttribute {
  readonly value: AttributeValue;
  readonly unit?: string;
}

/** The spans of an envelope; none for one that carries something else. */
function readSpans(envelope: string): SpanJSON[] {
  const [, itemHeader = '{}', payload = '{}'] = envelope.split('\n');
  if ((JSON.parse(itemHeader) as { type?: string }).type !== 'span') return [];
  const { items } = JSON.parse(payload) as { items: WireSpan[] };
  return items.map(({ attributes, links, ...span }) => ({
    ...span,
    attributes: readAttributes(attributes),
    ...(links && { links: links.map(readLink) }),
  }));
}

function readAttributes(attributes: Record<string, WireAttribute> = {}): Record<string, AttributeValue> {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.map(([key, { value, unit }]) => [key, unit === undefined ? value : { value: value as number, unit }]));
}

function readLink(link: NonNullable<WireSpan['links']>[number]): SpanLink {
  const { trace_id: traceId, span_id: spanId, sampled, attributes } = link;
  return {
    context: { traceId, spanId, ...(sampled !== undefined && { sampled }) },
    ...(attributes && { attributes: readAttributes(attributes) }),
  };
}

/** What reads the spans of an envelope, one for each kind. */
const READERS = [readSpans, readTransaction];

/** Retries bring a span more than once. */
function isFirst(span: SpanJSON, at: number, all: SpanJSON[]): boolean {
  return all.findIndex(({ span_id }) => span_id === span.span_id) === at;
}

/** Spans start at the same instant as long as the clock stands, so their order is noted. */
function followStarts(client: Client): ReadonlyMap<string, number> {
  const { lifecycle } = client.parts;
  const order = new Map<string, number>();
  const started = lifecycle.spanStarted.bind(lifecycle);
  lifecycle.spanStarted = (span) => {
    order.set(span.spanId, order.size);
    started(span);
  };
  return order;
}

function toTrees(spans: SpanJSON[], startOrder: ReadonlyMap<string, number>): TestSpan[] {
  const orderOf = ({ span_id }: SpanJSON): number => startOrder.get(span_id) ?? Infinity;
  const byId = new Map<string | undefined, TestSpan>(spans.map((span) => [span.span_id, { ...span, children: [] }]));
  const inOrder = [...byId.values()].sort((a, b) => a.start_timestamp - b.start_timestamp || orderOf(a) - orderOf(b));
  for (const span of inOrder) byId.get(span.parent_span_id)?.children.push(span);
  return inOrder.filter(({ parent_span_id }) => !byId.has(parent_span_id));
}
