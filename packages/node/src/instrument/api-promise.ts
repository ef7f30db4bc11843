import type { AnySpan, Current } from '@spanstream/core';
import { failSpan } from './fail-span.ts';

/**
 * What the clients of OpenAI and Anthropic return. It asks for the answer's body when somebody asks it, so `then` must not
 * be called: https://github.com/openai/openai-node#accessing-raw-response-data-eg-headers
 */
interface ApiPromise {
  responsePromise: Promise<unknown>;
  parseResponse: (this: unknown, ...args: unknown[]) => unknown;
}

/** An answer in pieces. */
interface AnswerStream {
  iterator: (this: unknown) => AsyncIterator<unknown>;
  readonly controller?: AbortController;
}

/** An answer that nobody has begun to read ends with its collection. */
const unread = new FinalizationRegistry<AnySpan>((span) => span.end());

/** What is done with an answer, whole or in pieces. */
export interface AnswerNotes {
  note(span: AnySpan, answer: unknown): void;
  notePiece(span: AnySpan, piece: unknown): void;
}

/** Ends the span with the answer: when it has been read, to its last piece or to where the reader stops. */
export function watchApiPromise(current: Current, span: AnySpan, given: unknown, unguarded: AnswerNotes): boolean {
  if (!isApiPromise(given)) return false;
  const notes = guarded(current, unguarded);
  const { parseResponse, responsePromise } = given;
  let isRead = false;
  given.parseResponse = async function (...args) {
    isRead = true;
    try {
      const answer: unknown = await parseResponse.apply(this, args);
      if (isStream(answer)) watchStream(span, answer, notes);
      else {
        notes.note(span, answer);
        span.end();
      }
      return answer;
    } catch (error) {
      fail(span, error);
      throw error;
    }
  };
  // What is asked in its place: a rejection that nobody handles there stays one that nobody handles.
  given.responsePromise = responsePromise.then(
    (response) => {
      // Who asked for the bare response reads it on his own.
      setImmediate(() => isRead || span.end());
      return response;
    },
    (error: unknown) => {
      fail(span, error);
      throw error;
    },
  );
  return true;
}

function watchStream(span: AnySpan, stream: AnswerStream, notes: AnswerNotes): void {
  const { iterator: iterate, controller } = stream;
  endWithAbort(controller, span);
  unread.register(stream, span, stream);
  stream.iterator = function () {
    unread.unregister(stream);
    const iterator = iterate.call(this);
    return watched(iterator, span, notes);
  };
}

/** Apart, as functions made together keep alive what any of them mentions. */
function endWithAbort(controller: AbortController | undefined, span: AnySpan): void {
  controller?.signal.addEventListener('abort', () => span.end(), { once: true });
}

function watched(iterator: AsyncIterator<unknown>, span: AnySpan, notes: AnswerNotes): AsyncIterableIterator<unknown> {
  const step = async (result: Promise<IteratorResult<unknown>> | undefined): Promise<IteratorResult<unknown>> => {
    try {
      const { done, value } = (await result) ?? { done: true, value: undefined };
      if (done === true) span.end();
      else notes.notePiece(span, value);
      return { done: done === true, value };
    } catch (error) {
      fail(span, error);
      throw error;
    }
  };
  return {
    next: (...args) => step(iterator.next(...args)),
    return: (value) => step(iterator.return?.(value)),
    throw: (error) => step(iterator.throw?.(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What an answer looks like is the backend's affair, and an oddity there no fault of the application's. */
function guarded(current: Current, { note, notePiece }: AnswerNotes): AnswerNotes {
  const guard =
    (handle: AnswerNotes['note']): AnswerNotes['note'] =>
    (span, answer) => {
      try {
        handle(span, answer);
      } catch (error) {
        current.fault('The answer of a model', error);
      }
    };
  return { note: guard(note), notePiece: guard(notePiece) };
}

function fail(span: AnySpan, error: unknown): void {
  failSpan(span, error);
  span.end();
}

function isApiPromise(given: unknown): given is ApiPromise {
  if (typeof given !== 'object' || given === null) return false;
  const { responsePromise, parseResponse } = given as Partial<ApiPromise>;
  return responsePromise instanceof Promise && typeof parseResponse === 'function';
}

function isStream(answer: unknown): answer is AnswerStream {
  return typeof answer === 'object' && answer !== null && typeof (answer as Partial<AnswerStream>).iterator === 'function';
}
