import type { AnySpan, Context } from '../context/context.ts';
import type { Tracer } from './tracer.ts';

/** Why a traced stream is over; `dropped`: it was garbage-collected unfinished. */
type StreamEndReason = 'done' | 'cancelled' | 'error' | 'closed' | 'dropped';

/** A span and the context that its work runs in. */
export interface SpanWork {
  readonly span: AnySpan;
  readonly context: Context;
  readonly tracer: Tracer;
}

/** Runs a piece of the stream's work in the span's context. */
type RunInSpan = <T>(callback: () => T) => T;

const END_REASON = 'spanstream.stream.end_reason';
const FIRST_CHUNK_MS = 'spanstream.stream.first_chunk_ms';
const CHUNKS = 'spanstream.stream.chunks';
const BYTES = 'spanstream.stream.bytes';

let droppedTargets: FinalizationRegistry<StreamSpan> | undefined;

/**
 * The span of one stream: counts what passes, keeps nothing of it, and ends the span once, whichever end comes first. Holds
 * no reference to the stream, so that a dropped one can be collected.
 */
export class StreamSpan {
  /** How the source of a stream that stands in its place is cancelled. */
  cancelSource: (() => void) | undefined = undefined;
  #cancelsWhenDropped = false;
  readonly #work: SpanWork;
  #counts = false;
  #chunks = 0;
  #bytes = 0;
  #isBinary = true;
  #firstChunkMs = 0;
  #lastMs: number;

  constructor(work: SpanWork) {
    this.#work = work;
    this.#lastMs = work.tracer.clock.now();
  }

  /** Nothing that happens from here on reaches the backend. */
  get isOver(): boolean {
    return this.#work.span.ended;
  }

  /** Runs the callback in the span's context. */
  run<T>(callback: () => T): T {
    return this.#work.tracer.runIn(this.#work.context, callback);
  }

  /**
   * Runs each callback in the context that the one before left behind, so that a block's span stays active across the
   * `yield` of a generator.
   */
  resumable(): RunInSpan {
    const { tracer } = this.#work;
    let { context } = this.#work;
    return (callback) =>
      tracer.runIn(context, () => {
        try {
          return callback();
        } finally {
          context = tracer.context;
        }
      });
  }

  /** Chunks of this stream can be seen: their count is told, even if it is 0. */
  startCounting(): void {
    this.#counts = true;
  }

  /** A chunk has passed. */
  addChunk(chunk: unknown): void {
    if (this.#work.span.ended) return;
    this.#lastMs = this.#work.tracer.clock.now();
    if (this.#chunks++ === 0) this.#firstChunkMs = this.#lastMs;
    const bytes = byteLengthOf(chunk);
    if (bytes === undefined) this.#isBinary = false;
    else this.#bytes += bytes;
  }

  /** The stream failed. An abort is a cancellation that arrives as an error. */
  fail(error: unknown): void {
    if (this.#work.span.ended) return;
    this.#work.span.fail(error);
    this.end(isAbort(error) ? 'cancelled' : 'error');
  }

  /** The stream is over; the first call counts. */
  end(reason: StreamEndReason): void {
    const { span } = this.#work;
    if (span.ended) return;
    droppedTargets?.unregister(this);
    span.setAttribute(END_REASON, reason);
    if (this.#counts) span.setAttribute(CHUNKS, this.#chunks);
    if (this.#chunks > 0) {
      if (span.isRecording() && 'startMs' in span)
        span.setAttribute(FIRST_CHUNK_MS, Math.max(0, toMicroseconds(this.#firstChunkMs - span.startMs)));
      if (this.#isBinary) span.setAttribute(BYTES, this.#bytes);
    }
    // The collection comes at any time later: the last sign of life is the better end.
    span.end(reason === 'dropped' ? this.#lastMs : undefined);
  }

  /** There is nothing to follow: the span ends without a word about a stream. */
  leave(): void {
    this.#work.span.end();
  }

  /** A source that nobody can reach any more is to be cancelled. */
  cancelWhenDropped(): void {
    this.#cancelsWhenDropped = true;
  }

  /** Ends the span when the target was garbage-collected unfinished; about a microsecond a stream, nothing a chunk. */
  watch(target: object): void {
    if (typeof FinalizationRegistry !== 'function') return;
    droppedTargets ??= new FinalizationRegistry((stream) => {
      stream.#drop();
    });
    droppedTargets.unregister(this);
    droppedTargets.register(target, this, this);
  }

  #drop(): void {
    if (this.#work.span.ended) return;
    this.end('dropped');
    if (this.#cancelsWhenDropped) this.cancelSource?.();
  }
}

/** Milliseconds to the precision that clocks have. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function byteLengthOf(chunk: unknown): number | undefined {
  if (typeof chunk !== 'object' || chunk === null) return undefined;
  try {
    const { byteLength } = chunk as { byteLength?: unknown };
    return typeof byteLength === 'number' ? byteLength : undefined;
  } catch {
    return undefined; // a chunk with hostile getters, or a revoked proxy: no bytes to count
  }
}

function isAbort(error: unknown): boolean {
  try {
    return (error as { name?: unknown } | undefined | null)?.name === 'AbortError';
  } catch {
    return false; // an error with hostile getters is an error
  }
}
