import type { StreamSpan } from './stream-span.ts';
import { shared } from './current.ts';
import { isNodeStream } from './trace-node-stream.ts';

interface StreamReader {
  readonly closed: Promise<unknown>;
  read(view?: Uint8Array): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason: unknown): Promise<void>;
  releaseLock(): void;
}

interface WebStream {
  readonly locked: boolean;
  getReader(options?: { mode: 'byob' }): StreamReader;
}

interface ByobRequest {
  readonly view: Uint8Array;
  respond(bytes: number): void;
}

interface StreamController {
  readonly byobRequest?: ByobRequest | null;
  enqueue(chunk: unknown): void;
  close(): void;
  error(error: unknown): void;
}

interface StreamSource {
  type?: 'bytes';
  start(controller: StreamController): void;
  pull(controller: StreamController): Promise<void>;
  cancel(reason: unknown): Promise<void>;
}

interface WebResponse {
  readonly body: object | null | undefined;
  readonly bodyUsed: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: object;
  clone(): WebResponse;
}

/** As far as they are needed; read when used, since they may be missing or come late as polyfills. */
interface WebGlobals {
  readonly ReadableStream?: new (source: StreamSource, strategy: { highWaterMark: number }) => WebStream;
  readonly Response?: new (body: unknown, init: { status: number; statusText: string; headers: object }) => WebResponse;
}

const globals = globalThis as WebGlobals;

/** Facts that only the network can give to a response: https://fetch.spec.whatwg.org/#response-class */
const READ_ONLY_FACTS = ['url', 'type', 'redirected', 'status', 'ok'] as const;

/** Whether the value is a web stream to read from. */
export function isReadableStream(value: object): value is WebStream {
  return globals.ReadableStream !== undefined && value instanceof globals.ReadableStream;
}

/** Whether the value is a response of `fetch`, or of a library that makes its own with the same members. */
export function isResponse(value: object): value is WebResponse {
  if (globals.Response !== undefined && value instanceof globals.Response) return true;
  const { body, clone, headers } = value as Partial<WebResponse>;
  return typeof clone === 'function' && typeof headers === 'object' && typeof body === 'object' && body !== null && isNodeStream(body);
}

/** A stream in place of this one: nobody can follow a stream without reading it. Pulls only when it is read from itself. */
export function traceReadableStream<T extends WebStream>(source: T, stream: StreamSpan): T {
  if (source.locked || globals.ReadableStream === undefined) {
    stream.leave();
    return source;
  }
  const traced = new globals.ReadableStream(new Relay(source, stream).source, { highWaterMark: 0 });
  stream.startCounting();
  stream.watch(traced);
  return traced as T;
}

/** A response with the traced body; it keeps the facts that only the network could give it. */
export function traceResponse<T extends WebResponse>(response: T, stream: StreamSpan): T {
  const { body } = response;
  if (body === null || body === undefined) {
    stream.end('done');
    return response;
  }
  if (shared.traceNodeStream?.(body, stream)) return response;
  if (response.bodyUsed || !isReadableStream(body) || body.locked || globals.Response === undefined) {
    stream.leave();
    return response;
  }
  const hasUsualStatus = response.status >= 200 && response.status <= 599 && ![204, 205, 304].includes(response.status);
  // The response itself where it can be, since runtimes keep in it what it shows nobody: workerd `encodeBody`, without which it compresses twice.
  const init = hasUsualStatus ? response : { status: 200, statusText: response.statusText, headers: response.headers };
  // Whatever it refuses is refused before the body is taken.
  void new globals.Response(null, init);
  const facts: PropertyDescriptorMap = {};
  for (const name of READ_ONLY_FACTS) facts[name] = { value: (response as unknown as Record<string, unknown>)[name], configurable: true };
  const traced = withFacts(new globals.Response(traceReadableStream(body, stream), init), facts) as T;
  // undici does so for an unread body whose response is collected, but not for a locked one, which this has become.
  stream.cancelWhenDropped();
  return traced;
}

function withFacts(response: WebResponse, facts: PropertyDescriptorMap): WebResponse {
  const { clone } = response;
  const cloneWithFacts = (): WebResponse => withFacts(Reflect.apply(clone, response, []), facts);
  return Object.defineProperties(response, { ...facts, clone: { value: cloneWithFacts, configurable: true, writable: true } });
}

/** Carries chunks from the source to the stream in its place, one for each pull. */
class Relay {
  readonly source: StreamSource;
  readonly #from: WebStream;
  readonly #stream: StreamSpan;
  #reader: StreamReader;
  #isByobReader = false;
  #controller: StreamController | undefined;
  #isReading = false;
  /** The source has closed while a chunk was on its way. */
  #isClosed = false;
  #isOver = false;

  constructor(from: WebStream, stream: StreamSpan) {
    this.#from = from;
    this.#stream = stream;
    this.source = {
      ...(isByteStream(from) && { type: 'bytes' }),
      start: (controller) => void (this.#controller = controller),
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.#cancel(reason),
    };
    this.#reader = this.#read(undefined);
  }

  async #pull(controller: StreamController): Promise<void> {
    const request = controller.byobRequest ?? undefined;
    if ((request !== undefined) !== this.#isByobReader) {
      this.#reader.releaseLock();
      this.#reader = this.#read(request);
    }
    this.#isReading = true;
    try {
      // A view of its own: the consumer's cannot be handed on, since reading into it detaches it.
      const { done, value } = await this.#stream.run(() => this.#reader.read(request && new Uint8Array(request.view.byteLength)));
      this.#isReading = false;
      if (this.#isOver) return;
      if (!done) this.#pass(controller, request, value);
      if (done || this.#isClosed) this.#close(request);
    } catch (error) {
      this.#isReading = false;
      this.#isOver = true;
      this.#stream.fail(error);
      throw error;
    }
  }

  #pass(controller: StreamController, request: ByobRequest | undefined, value: unknown): void {
    this.#stream.addChunk(value);
    if (request === undefined) return controller.enqueue(value);
    const { buffer, byteOffset } = request.view;
    const bytes = value as Uint8Array;
    new Uint8Array(buffer, byteOffset, bytes.byteLength).set(bytes);
    request.respond(bytes.byteLength);
  }

  #close(request: ByobRequest | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.end('done');
    this.#controller?.close();
    if (request !== undefined && this.#controller?.byobRequest) this.#controller.byobRequest.respond(0);
  }

  #cancel(reason: unknown): Promise<void> {
    this.#isOver = true;
    this.#stream.end('cancelled');
    return this.#stream.run(() => this.#reader.cancel(reason));
  }

  /** A reader of the kind that the consumer uses, whose end is heard of even when nobody pulls. */
  #read(request: ByobRequest | undefined): StreamReader {
    this.#isByobReader = request !== undefined;
    const reader = request === undefined ? this.#from.getReader() : this.#from.getReader({ mode: 'byob' });
    followEnd(reader, typeof WeakRef === 'function' ? new WeakRef(this) : holding(this));
    this.#stream.cancelSource = cancelling(reader);
    return reader;
  }

  sourceClosed(reader: StreamReader): void {
    if (reader !== this.#reader || this.#isOver) return;
    if (this.#isReading) this.#isClosed = true;
    else this.#close(undefined);
  }

  sourceFailed(reader: StreamReader, error: unknown): void {
    if (reader !== this.#reader || this.#isReading || this.#isOver) return;
    this.#isOver = true;
    this.#stream.fail(error);
    this.#controller?.error(error);
  }
}

// Functions of their own, since closures of one scope keep each other's variables alive: an open connection holds the source,
// and through it must not hold the stream that the application has dropped.

function followEnd(reader: StreamReader, relay: { deref(): Relay | undefined }): void {
  reader.closed
    .then(
      () => relay.deref()?.sourceClosed(reader),
      (error: unknown) => relay.deref()?.sourceFailed(reader, error),
    )
    .catch(() => undefined); // the stream was closed in the same turn: nothing is left to tell
}

function cancelling(reader: StreamReader): () => void {
  return () => void reader.cancel('garbage-collected unfinished').catch(() => undefined); // nobody is left to tell
}

function holding(relay: Relay): { deref(): Relay } {
  return { deref: () => relay };
}

function isByteStream(stream: WebStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false; // how a stream says that it is none of bytes
  }
}
