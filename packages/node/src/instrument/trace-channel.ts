import type { AnySpan, Context, IntegrationClient, StartSpanOptions, Teardown } from '@spanstream/core';
import { contextManager } from '../platform.ts';
import { eventChannel } from './event-channel.ts';
import { failSpan } from './fail-span.ts';

/** What channels that were put into a library say of a call; `result` and `error` are there once it has one. */
export interface CallMessage {
  arguments: unknown[];
  readonly self?: unknown;
  result?: unknown;
  readonly error?: unknown;
}

/** What becomes of the calls that a channel tells of. */
export interface ChannelTracing<M> {
  /** The span of this call; undefined: none, though its callback still runs where the caller is. */
  start(message: M): StartSpanOptions | undefined;
  /** Where the span belongs when that is not where it is called, e.g. in the trace that a message brings along. */
  context?(message: M): Context;
  /** The call has been made: its span is there, and so are the arguments, which may be changed. */
  started?(span: AnySpan, message: M): void;
  /** It has a result or an error; the span ends next. */
  finish?(span: AnySpan, message: M): void;
  /** Whether the result goes on where the call returns, e.g. a stream. Who says so ends the span. */
  keepsOpen?(span: AnySpan, message: M, call: Call): boolean;
}

/** A call under way. */
export interface Call {
  readonly span: AnySpan | undefined;
  /** Where the caller is. */
  readonly outer: Context;
  /** Where what the call does is. */
  readonly inner: Context;
}

/**
 * Gives each call that the tracing channel tells of a span. What the call does runs in that span's context, its callback in
 * the caller's, whatever connection or pool calls it.
 */
export function traceChannel<M extends object>(client: IntegrationClient, name: string, tracing: ChannelTracing<M>): Teardown {
  const calls: Calls = new WeakMap();
  let unwatch: Teardown | undefined;
  const unbind = contextManager.bind(eventChannel(name, 'start'), (message) => {
    // From the first call on: most channels that are known never tell of any, and a start pays for each that is listened to.
    unwatch ??= watchOutcomes(client, name, tracing, calls);
    return startCall(client, message as M, tracing, calls);
  });
  return () => {
    void unwatch?.();
    unbind();
  };
}

type Calls = WeakMap<object, Call>;

function watchOutcomes<M extends object>({ current }: IntegrationClient, name: string, tracing: ChannelTracing<M>, calls: Calls): Teardown {
  const guarded =
    (handle: (message: M) => void) =>
    (message: unknown): void => {
      try {
        handle(message as M);
      } catch (error) {
        current.fault(name, error);
      }
    };
  const end = (message: M): void => {
    const span = take(calls, message)?.span;
    if (span !== undefined) finish(span, message, tracing);
  };
  const returned = eventChannel(name, 'end');
  const settled = eventChannel(name, 'asyncStart');
  const unbind = contextManager.bind(settled, (message) => calls.get(message as object)?.outer);
  const onReturned = guarded((message) => {
    if ('error' in message) return end(message);
    if (!('result' in message)) return;
    const call = take(calls, message);
    if (call?.span === undefined) return;
    let isOpen = false;
    try {
      isOpen = tracing.keepsOpen?.(call.span, message, call) === true;
    } finally {
      if (!isOpen) finish(call.span, message, tracing);
    }
  });
  // The outcome is there; what a callback does with it is no part of the call.
  const onSettled = guarded(end);
  returned.subscribe(onReturned);
  settled.subscribe(onSettled);
  return () => {
    returned.unsubscribe(onReturned);
    settled.unsubscribe(onSettled);
    unbind();
  };
}

function startCall<M extends object>(
  { current }: IntegrationClient,
  message: M,
  tracing: ChannelTracing<M>,
  calls: Calls,
): Context | undefined {
  const { tracer } = current;
  const outer = tracer.context;
  try {
    const options = tracing.start(message);
    if (options === undefined) {
      calls.set(message, { span: undefined, outer, inner: outer });
      return outer;
    }
    const { span, context } = tracer.begin(options, tracing.context?.(message) ?? outer);
    // What has no parent says nothing about what happens inside.
    const inner = options.onlyIfParent === true && !span.isRecording() ? outer : context;
    calls.set(message, { span, outer, inner });
    tracing.started?.(span, message);
    return inner;
  } catch (error) {
    current.fault('A library’s channel', error);
    return outer;
  }
}

/** Forgets the call: functions that a connection keeps may keep the message, and with it where the caller was. */
function take(calls: Calls, message: object): Call | undefined {
  const call = calls.get(message);
  calls.delete(message);
  return call;
}

function finish<M extends object>(span: AnySpan, message: M, tracing: ChannelTracing<M>): void {
  try {
    tracing.finish?.(span, message);
    if ('error' in message) failSpan(span, message.error);
  } finally {
    span.end();
  }
}
