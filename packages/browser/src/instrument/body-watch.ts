import { HTTP_RESPONSE_STATUS_CODE, SENTRY_CANCELLATION_REASON } from '@sentry/conventions/attributes';
import type { AnySpan, IntegrationClient } from '@spanstream/core';
import { guarded } from './guarded.ts';
import { observe } from './observe.ts';
import { replaceMethod } from './replace-method.ts';
import { responseAttributes } from './response-attributes.ts';

/** A request of `fetch`. */
export interface FetchCall {
  readonly span: AnySpan;
  /** Without fragment. */
  readonly url: URL;
  /** On the clock of performance entries. */
  readonly startTime: number;
  status?: number;
  /** What the browser measured, if it told so before the response was there. */
  entry?: PerformanceResourceTiming;
}

/** Knows when the bodies of responses end. */
export interface BodyWatch {
  /** The request leaves. */
  start(call: FetchCall): void;
  /** Its response has begun; true if the end of the body will end the span. */
  follow(call: FetchCall, response: Response): boolean;
  /** There is nothing to wait for any more. */
  end(call: FetchCall, error?: { readonly cause: unknown }): void;
  stop(): void;
}

const READING_METHODS = ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'] as const;

/**
 * Hears when bodies end without standing in their way: the page keeps its very Response, nothing is cloned, no chunk passes
 * through here. The browser's resource timing tells of every end, also of bodies that nobody reads or that native code
 * consumes, but not why; so the response's own reading methods are listened to as well, and the first that knows ends the span.
 */
export function createBodyWatch(client: IntegrationClient): BodyWatch {
  const calls = new Set<FetchCall>();
  const observer = observe(client, { type: 'resource' }, (entries: PerformanceResourceTiming[]) => entries.forEach(take));

  function take(entry: PerformanceResourceTiming): void {
    if (entry.initiatorType !== 'fetch') return;
    const [url] = entry.name.split('#', 1);
    let found: FetchCall | undefined;
    // Of several for one URL, the last that had begun by then.
    for (const call of calls) if (call.startTime <= entry.startTime && call.url.href === url && !call.entry) found = call;
    if (found === undefined) return;
    found.entry = entry;
    // Whoever reads it hears of a failure in this turn too, perhaps after us.
    if (found.status !== undefined) setTimeout(end, 0, found);
  }

  function end(call: FetchCall, error?: { readonly cause: unknown }): void {
    if (!calls.delete(call)) return;
    const { span, status, entry } = call;
    // A browser that gives a request up forgets the status that was there.
    const isAborted = status && (error ? (error.cause as Partial<Error> | undefined)?.name === 'AbortError' : entry?.responseStatus === 0);
    if (isAborted) span.setAttribute(SENTRY_CANCELLATION_REASON, 'aborted');
    else if (error) span.fail(error.cause);
    if (entry) span.setAttributes({ ...responseAttributes(entry), [HTTP_RESPONSE_STATUS_CODE]: status || undefined });
    span.end(entry && client.current.tracer.clock.offsetMs + entry.responseEnd);
  }

  const ended = guarded(client, 'Fetch', (call: FetchCall, error?: { readonly cause: unknown }): void => {
    // Where the browser has measured it already, that is the better end.
    for (const entry of observer?.takeRecords() ?? []) take(entry as PerformanceResourceTiming);
    end(call, error);
  });

  return {
    start: (call) => void calls.add(call),
    follow(call, response) {
      call.status = response.status;
      // Made by a mock or in another frame, or opaque, or without a body: nobody will tell.
      if (!isNetworkResponse(response) || [204, 205, 304].includes(response.status) || !observer || call.entry) return false;
      listenToReading(response, (error) => ended(call, error));
      return true;
    },
    end,
    stop: () => observer?.disconnect(),
  };
}

/** Of this page, and from the network: a mock may claim a URL. Throws for a proxy. */
const isNetworkResponse = (response: Response): boolean =>
  response instanceof Response && Boolean(Reflect.get(Response.prototype, 'url', response));

function listenToReading(response: Response, onEnd: (error?: { readonly cause: unknown }) => void): void {
  for (const name of READING_METHODS) {
    const read = (response as Partial<Record<typeof name, (...args: never[]) => Promise<unknown>>>)[name];
    if (read === undefined) continue;
    replaceMethod(response as unknown as Record<typeof name, () => unknown>, name, function (this: Response, ...args: never[]) {
      return Reflect.apply(read, this, args).then(
        (value: unknown) => {
          onEnd();
          return value;
        },
        (cause: unknown) => {
          onEnd({ cause });
          throw cause;
        },
      );
    });
  }
  Object.defineProperty(response, 'body', {
    configurable: true,
    get: () => {
      const stream = Reflect.get(Object.getPrototypeOf(response) as Response, 'body', response) as ReadableStream | null;
      if (stream && !Object.hasOwn(stream, 'getReader')) listenToReaders(stream, onEnd);
      return stream;
    },
  });
}

function listenToReaders(stream: ReadableStream, onEnd: (error?: { readonly cause: unknown }) => void): void {
  const { getReader } = stream;
  replaceMethod(stream as { getReader(...args: never[]): unknown }, 'getReader', function (this: ReadableStream, ...args: never[]) {
    const reader = Reflect.apply(getReader, this, args) as ReadableStreamDefaultReader;
    // To release the lock rejects it, too; then this reader has nothing more to say of the stream.
    reader.closed.then(
      () => onEnd(),
      (cause: unknown) => reader.cancel().catch((again: unknown) => again === cause && onEnd({ cause })),
    );
    return reader;
  });
}
