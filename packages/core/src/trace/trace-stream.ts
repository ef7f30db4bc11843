import { type SpanWork, StreamSpan } from './stream-span.ts';
import { isIterable, traceIterable } from './trace-iterator.ts';
import { shared } from './current.ts';
import { isReadableStream, isResponse, traceReadableStream, traceResponse } from './trace-web-stream.ts';

/**
 * Ends the span when the stream is over, whichever way: its last chunk, an early `break`, `cancel()`, an error, an abort,
 * a closed connection, `destroy()`. Never clones, never tees, holds no chunk, keeps back-pressure; what the stream does to
 * produce a chunk runs in the span's context.
 *
 * Generators, iterators, iterables and Node streams stay the objects they are, with some methods of their own; a frozen
 * iterable is replaced by one that inherits from it. A `ReadableStream` (byte streams stay such) and a `Response` are
 * replaced, since consumers reach into their internals. Anything else, and a body that is locked or used, passes through
 * and its span ends at once.
 *
 * Attributes of the span, beside `error.type` after an error (the conventions have such names for AI responses only):
 * - `spanstream.stream.end_reason`: `done`; `cancelled` by the consumer, or aborted; `error`; `closed` before its end;
 *   `dropped`, garbage-collected unfinished where the runtime tells (the span then ends with the last chunk)
 * - `spanstream.stream.first_chunk_ms`: milliseconds from the span's start to the first chunk
 * - `spanstream.stream.chunks`: how many have passed, where they can be counted
 * - `spanstream.stream.bytes`: their bytes, when all were binary
 */
export function traceStream<T>(stream: T, work: SpanWork): T {
  if (work.span.ended) return stream;
  try {
    return follow(stream, new StreamSpan(work));
  } catch {
    work.span.end(); // hostile getters or a revoked proxy: it cannot be followed and is passed on as it is
    return stream;
  }
}

function follow<T>(value: T, stream: StreamSpan): T {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    if (isReadableStream(value)) return traceReadableStream(value, stream);
    if (isResponse(value)) return traceResponse(value, stream);
    if (shared.traceNodeStream?.(value, stream)) return value;
    // Binary data can be iterated, and nobody does: it is no stream.
    if (isIterable(value) && !ArrayBuffer.isView(value)) return traceIterable(value, stream);
  }
  stream.leave();
  return value;
}
