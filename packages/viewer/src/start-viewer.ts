import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from './server/access.ts';
import { handleRequest } from './server/handle-request.ts';
import { statsOf, type ViewerState } from './server/viewer-state.ts';
import type { ViewerSpan, ViewerStats } from './span-record.ts';
import { Journal } from './store/journal.ts';
import { loadSpanLog, openSpanLog } from './store/span-log.ts';
import { TraceStore } from './store/trace-store.ts';

/** How to start a viewer. */
export interface ViewerOptions {
  /** Default 4280; 0 takes any free port. */
  readonly port?: number;
  /** A loopback address, default 127.0.0.1. What the viewer shows is for this machine only. */
  readonly host?: string;
  /** How many traces are kept, default 1000; the one that received nothing for longest goes first. */
  readonly maxTraces?: number;
  /** How many bytes of spans are kept, default 256 MiB. */
  readonly maxBytes?: number;
  /** A file that spans are appended to, one JSON object a line. */
  readonly logFile?: string;
  /** A file written by `logFile`, read before the viewer listens. */
  readonly loadFile?: string;
  /** Hears of each span as it is stored. */
  readonly onSpan?: (span: ViewerSpan) => void;
}

/** A running viewer. */
export interface Viewer {
  /** Where the page is. */
  readonly url: string;
  /** What an SDK's `dsn` option takes. */
  readonly dsn: string;
  /** Stops listening, ends open connections and finishes the log. */
  close(): Promise<void>;
  stats(): ViewerStats;
}

const DEFAULT_PORT = 4280;
const DEFAULT_MAX_TRACES = 1000;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const KEY = '0'.repeat(32);

/** Starts a viewer on loopback; rejects when an option is unusable, the port is taken or a file cannot be opened. */
export async function startViewer(options: ViewerOptions = {}): Promise<Viewer> {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopbackHost(host)) throw new Error(`host: ${JSON.stringify(host)} is not a loopback address`);
  const port = countOption('port', options.port ?? DEFAULT_PORT, 0, 65_535);
  const limits = {
    maxTraces: countOption('maxTraces', options.maxTraces ?? DEFAULT_MAX_TRACES, 1, Number.MAX_SAFE_INTEGER),
    maxBytes: countOption('maxBytes', options.maxBytes ?? DEFAULT_MAX_BYTES, 1, Number.MAX_SAFE_INTEGER),
  };
  const store = new TraceStore(limits);
  const journal = new Journal();
  if (options.loadFile !== undefined) await load(options.loadFile, store, journal);
  const onFault = (reason: string): void => journal.add({ kind: 'refused', source: 'file', reason });
  const log = options.logFile === undefined ? undefined : await openSpanLog(options.logFile, onFault);
  const { onSpan } = options;
  if (onSpan !== undefined) store.onSpan((stored) => onSpan(JSON.parse(stored.json) as ViewerSpan));
  const state: ViewerState = { store, journal, log };
  const server = createServer((request, response) => void handleRequest(state, request, response));
  const address = await listen(server, host, port, log?.close);
  const authority = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${address.port}`;
  return {
    url: `http://${authority}`,
    dsn: `http://${KEY}@${authority}/1`,
    stats: () => statsOf(state),
    close: () => close(server, state),
  };
}

async function load(path: string, store: TraceStore, journal: Journal): Promise<void> {
  const { unreadable } = await loadSpanLog(path, (span) => store.add(span));
  if (unreadable > 0) journal.add({ kind: 'note', source: 'file', reason: `${unreadable} lines of ${path} hold no span and were skipped` });
}

async function listen(server: Server, host: string, port: number, undo: (() => Promise<void>) | undefined): Promise<AddressInfo> {
  server.listen(port, host.replace(/^\[|\]$/g, ''));
  try {
    await once(server, 'listening');
  } catch (error) {
    await undo?.();
    throw error;
  }
  return server.address() as AddressInfo;
}

async function close(server: Server, state: ViewerState): Promise<void> {
  if (server.listening) {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
  await state.log?.close();
}

function countOption(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new Error(`${name}: ${value} is not a whole number of at least ${least}`);
  return value;
}
