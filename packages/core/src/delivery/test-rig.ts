import type { Platform } from '../platform.ts';
import type { Batch } from '../wire/batch.ts';
import { ByteBudget } from './budget.ts';
import { ClientReports } from './client-reports.ts';
import { Delivery } from './delivery.ts';
import { Ledger } from './ledger.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

/** The timers of whichever runtime runs the tests; fake ones when the test says so. */
const runtime = globalThis as unknown as {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
};

let lastSpanNumber = 0;

/** A batch of spans that encodes to `bytesPerSpan` characters each. */
export function createTestBatch(
  spanCount: number,
  options: { category?: 'span' | 'transaction'; bytesPerSpan?: number } = {},
): Batch & { readonly encodings: number } {
  const spanIds = Array.from({ length: spanCount }, () => (++lastSpanNumber).toString(16).padStart(16, '0'));
  return batchOf(spanIds, { category: options.category ?? 'span', bytesPerSpan: options.bytesPerSpan ?? 100 });
}

function batchOf(
  spanIds: string[],
  options: { category: 'span' | 'transaction'; bytesPerSpan: number },
): Batch & { readonly encodings: number } {
  let encodings = 0;
  return {
    category: options.category,
    traceId: (spanIds[0] ?? '').padStart(32, 'a'),
    spanCount: spanIds.length,
    retainedBytes: spanIds.length * options.bytesPerSpan,
    get encodings() {
      return encodings;
    },
    encode() {
      encodings++;
      return spanIds.map((spanId) => spanId.padEnd(options.bytesPerSpan - 1, '.')).join('\n');
    },
    halve() {
      if (spanIds.length < 2) return undefined;
      const middle = spanIds.length >> 1;
      return [batchOf(spanIds.slice(0, middle), options), batchOf(spanIds.slice(middle), options)];
    },
    forEachSpanId(callback) {
      for (const spanId of spanIds) callback(Number.parseInt(spanId.slice(0, 8), 16), Number.parseInt(spanId.slice(8), 16));
    },
    hasSpan: (spanId) => spanIds.includes(spanId),
  };
}

/** The ids of a batch's spans, as users see them. */
export function idsOf(batch: Batch): string[] {
  const ids: string[] = [];
  const hex = (half: number): string => half.toString(16).padStart(8, '0');
  batch.forEachSpanId((high, low) => ids.push(hex(high) + hex(low)));
  return ids;
}

/** An answer as a transport gives it. */
export function answer(status: number, headers: Record<string, string> = {}): TransportResponse {
  return { status, headers: { get: (name) => headers[name.toLowerCase()] } };
}

/** How the fake backend treats a request: an answer, a fault to throw, or no answer at all. */
export type Behaviour = (request: TransportRequest) => TransportResponse | Error | 'hang';

/** A delivery on fake timers with a backend whose behaviour can be changed. */
export function createRig(
  options: { maxMemoryBytes?: number; platform?: Partial<Platform>; clientReports?: boolean; maxConcurrency?: number } = {},
) {
  const debugLines: string[] = [];
  const platform = {
    name: 'node',
    monotonicMs: () => Date.now(),
    wallClockMs: () => Date.now(),
    setTimer: (callback: () => void, delayMs: number) => runtime.setTimeout(callback, delayMs),
    clearTimer: (timer: unknown) => runtime.clearTimeout(timer),
    ...options.platform,
  } as Platform;
  const backend: FakeBackend = {
    behave: () => answer(200),
    delayMs: 0,
    bodies: [],
    reports: [],
    rejectedReports: 0,
    running: 0,
    mostRunning: 0,
    isClosed: false,
  };
  const clientReports = new ClientReports({ enabled: options.clientReports ?? true, envelopeHeader: {}, platform });
  const ledger = new Ledger({
    platform,
    clientReports,
    diagnostics: { fault: (_reason, error) => debugLines.push(String(error)) },
  });
  const budget = new ByteBudget(options.maxMemoryBytes ?? 1_000_000);
  const transport: Transport = { send: (_url, request) => receive(backend, request), close: () => void (backend.isClosed = true) };
  const delivery = new Delivery({
    platform,
    transport: options.maxConcurrency === undefined ? transport : { ...transport, maxConcurrency: options.maxConcurrency },
    url: 'https://ingest.example.com/api/42/envelope/',
    headers: { 'Content-Type': 'application/x-sentry-envelope' },
    ledger,
    clientReports,
    budget,
    diagnostics: { debug: (_reason, message) => debugLines.push(message), warn: (_reason, message) => debugLines.push(message) },
  });
  const enqueue = (batch: Batch): void => {
    for (let count = batch.spanCount; count > 0; count--) {
      ledger.spanStarted();
      ledger.spanBuffered();
    }
    budget.reserve(batch.retainedBytes);
    delivery.enqueue(batch);
  };
  return { delivery, ledger, budget, clientReports, backend, debugLines, enqueue };
}

/** Started minus everything the spans can have become: 0 when the ledger balances. */
export function imbalance(ledger: Ledger): number {
  const lost = Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);
  return ledger.started - ledger.open - ledger.buffered - ledger.inFlight - ledger.delivered - lost;
}

interface FakeBackend {
  behave: Behaviour;
  delayMs: number;
  bodies: string[];
  reports: { reason: string; category: string; quantity: number }[];
  /** Reports answered with a refusal: what they told is lost. */
  rejectedReports: number;
  running: number;
  mostRunning: number;
  isClosed: boolean;
}

async function receive(backend: FakeBackend, request: TransportRequest): Promise<TransportResponse> {
  const result = backend.behave(request);
  backend.mostRunning = Math.max(backend.mostRunning, ++backend.running);
  if (result === 'hang') return new Promise(() => {});
  if (backend.delayMs > 0) await new Promise<void>((resolve) => runtime.setTimeout(resolve, backend.delayMs));
  backend.running--;
  if (result instanceof Error) throw result;
  const [, itemHeader, payload] = textOf(request.body).split('\n');
  if (itemHeader === '{"type":"client_report"}' && result.status >= 300) {
    backend.rejectedReports++;
  } else if (itemHeader === '{"type":"client_report"}') {
    backend.reports.push(...(JSON.parse(payload ?? '') as { discarded_events: typeof backend.reports }).discarded_events);
  } else {
    backend.bodies.push(textOf(request.body));
  }
  return result;
}

function textOf(body: TransportRequest['body']): string {
  return typeof body === 'string' ? body : String.fromCharCode(...body);
}
