import type { ContextManager } from './context/context.ts';
import type { CreateSinkTransport, CreateTransport } from './delivery/transport.ts';
import type { Attributes } from './span/attributes.ts';
import type { TraceNodeStream } from './trace/trace-node-stream.ts';
import type { CreateEncoder } from './wire/span-encoder.ts';

/** What core needs from the runtime it lives in. Platform packages provide one. */
export interface Platform {
  /** The `platform` field of payloads: `node` or `javascript`. */
  readonly name: 'node' | 'javascript';
  /**
   * `init` only checks the options and attaches; the parts are made when the first of them is needed, at the latest in a task of
   * their own. For pages, where `init` stands in the way of the page.
   */
  readonly startsLate?: boolean;
  /** The value of `sentry.sdk.name`, e.g. `spanstream.node`. */
  readonly sdkName: string;
  /** Browsers put the credentials into the query, which saves a CORS preflight; others into a header (wire.md, DSN). */
  readonly authentication: 'header' | 'query';
  /** The default of `maxMemoryBytes`. */
  readonly defaultMaxMemoryBytes: number;
  /** Milliseconds since the epoch, as the wall clock says. */
  wallClockMs(): number;
  /** Milliseconds since an arbitrary instant; never goes back. */
  monotonicMs(): number;
  /** Fills the array from a cryptographic source. */
  fillRandom(bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * Pages: bytes of bodies that may be under way when the runtime ends. Buckets leave at half of it whatever `batching` says,
   * and all of them together at the whole, so that what waits still fits.
   */
  readonly exitAllowanceBytes?: number;
  /** A timer that never keeps the process alive. */
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
  /** Keeps the process alive until the returned function is called: only while a `flush()` or `close()` is awaited. */
  holdProcess?(): () => void;
  log(level: 'debug' | 'warn', message: string): void;
  readonly contextManager: ContextManager;
  readonly createTransport: CreateTransport;
  /** For sinks; absent where `fetch` serves them as well: Node's keeps a process alive until the answer has come. */
  readonly createSinkTransport?: CreateSinkTransport;
  /** Follows streams of Node; absent where there are none. */
  readonly traceNodeStream?: TraceNodeStream | undefined;
  /** How ended spans wait: `createPackingEncoder` for servers, `createTextEncoder` where little code counts more. */
  readonly createEncoder: CreateEncoder;
  /** Facts about host, runtime and OS that every top-level span carries. */
  segmentAttributes(): Attributes;
}
