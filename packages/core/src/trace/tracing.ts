import { type Context, toOurs } from '../context/context.ts';
import type { Span } from '../span/span-data.ts';
import { type Current, getCurrent, spanWithoutClient } from './current.ts';
import { type Carrier, parseIncoming } from './propagation.ts';
import { settle } from './settle.ts';
import { formatMetaTags } from './trace-headers.ts';
import { traceStream as wrapStream } from './trace-stream.ts';
import type { StartSpanOptions } from './start-span-options.ts';

type AnyFunction = (...args: never[]) => unknown;

/**
 * Starts a span. With a callback it is active inside, exactly, and ends when the callback returns, its promise settles or
 * its generator finishes; a throw sets the status `error` (R7). Without one it is active for the rest of the running
 * function and all that this starts, until `end()` or the end of a `using` block.
 */
export function startSpan(options: StartSpanOptions): Span;
export function startSpan<T>(options: StartSpanOptions, callback: (span: Span) => T): T;
export function startSpan<T>(options: StartSpanOptions, callback?: (span: Span) => T): Span | T {
  const current = getCurrent();
  const given = options ?? { name: '' };
  if (typeof callback !== 'function') return current === undefined ? spanWithoutClient(nameIn(given)) : startByHand(current, given);
  if (current === undefined) return callback(spanWithoutClient(nameIn(given)));
  if (current.mode === 'static') return callback(misused(current, given, 'tracing.startSpan'));
  return runInSpan(current, given, callback);
}

/** The function, each call of it in a span of its own; name, length and `this` stay. */
export function traced<F extends AnyFunction>(fn: F, options?: Partial<StartSpanOptions>): F {
  return wrap(fn, options, 'tracing.traced');
}

function wrap<F extends AnyFunction>(fn: F, options: Partial<StartSpanOptions> | undefined, verb: string): F {
  if (typeof fn !== 'function') return fn;
  const given = copyOptions(options, fn);
  const call = function (this: unknown, ...args: unknown[]): unknown {
    const run = (): unknown => Reflect.apply(fn, this, args);
    const current = getCurrent();
    if (current === undefined) return run();
    if (current.mode === 'static') {
      warnMode(current, verb);
      return run();
    }
    // `fn` is what decides how its promise is passed on, not the closure around it.
    return runInSpan(current, given, run, fn);
  };
  return likeOriginal(call, fn);
}

/** Method decorator (TC39): each call of the method runs in a span named as it, or as `name` says. */
export function trace(
  options?: Partial<StartSpanOptions>,
): <F extends AnyFunction>(method: F, context: { readonly name: string | symbol }) => F {
  return (method, context) => wrap(method, copyOptions(options, { name: String(context.name) }), 'tracing.trace');
}

/** The innermost span that is active and has not ended. */
export function getActiveSpan(): Span | undefined {
  return getCurrent()?.tracer.activeSpan();
}

/** Runs the callback with this span active, even one that has ended; `null`: with none, in the current trace (R1). */
export function withActiveSpan<T>(span: Span | null, callback: () => T): T {
  return runIn((current) => current.tracer.contextWith(span), callback);
}

/** Runs the callback in the trace that the carrier's headers name; a new one when they name none (R24). */
export function continueTrace<T>(carrier: Carrier, callback: () => T): T {
  return runIn((current) => current.tracer.contextWithTrace(parseIncoming(carrier, current.incoming)), callback);
}

/** Runs the callback in a trace of its own, one for all spans and headers inside. */
export function startNewTrace<T>(callback: () => T): T {
  return runIn(({ tracer }) => tracer.contextWithTrace(tracer.newTrace()), callback);
}

/** Runs the callback without recording anything that starts inside; its requests say that they are not sampled. */
export function suppressTracing<T>(callback: () => T): T {
  return runIn(({ tracer }) => ({ ...tracer.context, suppressed: true }), callback);
}

/** Runs the callback outside everything: no active span, no pinned trace. For pools, timers and listeners that outlive their cause. */
export function runDetached<T>(callback: () => T): T {
  return runIn(
    ({ tracer }) => ({ ...tracer.rootContext, span: undefined, trace: undefined, suppressed: tracer.context.suppressed }),
    callback,
  );
}

/** Runs the callback in a fork of the isolation scope; it joins the current trace, or has one of its own where there is none. */
export function withIsolationScope<T>(callback: () => T): T {
  return runIn(({ tracer }) => tracer.contextWithScope(), callback);
}

/** The function, to be run later in today's context. */
export function bind<F extends AnyFunction>(fn: F): F {
  const current = getCurrent();
  if (current === undefined || typeof fn !== 'function') return fn;
  const { tracer } = current;
  const { context } = tracer;
  const bound = function (this: unknown, ...args: unknown[]): unknown {
    return tracer.runIn(context, (): unknown => Reflect.apply(fn, this, args));
  };
  return likeOriginal(bound, fn);
}

/** `sentry-trace`, `baggage`, `traceparent` and, if there is one, `tracestate`, for the given span, else the active one, else the current trace. */
export function getTraceHeaders(span?: Span): Record<string, string> {
  const current = getCurrent();
  if (current === undefined) return {};
  try {
    return current.headers.create(current.tracer.context, span);
  } catch (error) {
    current.fault('getTraceHeaders', error);
    return {};
  }
}

/** The trace headers as `<meta>` tags, for a page to continue the server's trace. */
export function getTraceMetaTags(span?: Span): string {
  return formatMetaTags(getTraceHeaders(span));
}

/**
 * The same stream, whose end ends the span: ReadableStream, Response, Node stream, iterable or asynchronous iterable. Never
 * cloned; each element is pulled in the span's context.
 */
export function traceStream<T>(stream: T, span: Span): T {
  const current = getCurrent();
  const ours = toOurs(span);
  if (current === undefined || ours === undefined) return stream;
  if (current.mode === 'static') {
    warnMode(current, 'tracing.traceStream');
    return stream;
  }
  try {
    const { tracer } = current;
    return wrapStream(stream, { span: ours, tracer, context: tracer.contextWith(span) });
  } catch (error) {
    current.fault('traceStream', error);
    span.end();
    return stream;
  }
}

function startByHand(current: Current, options: StartSpanOptions): Span {
  if (current.mode === 'static') return misused(current, options, 'tracing.startSpan');
  try {
    return current.tracer.startSpan(options);
  } catch (error) {
    current.fault('startSpan', error);
    return spanWithoutClient('');
  }
}

/** The callback form, for the SDK's own use in either mode. @param origin the function whose promise or generator it is, if another one */
export function runInSpan<T>(current: Current, options: StartSpanOptions, callback: (span: Span) => T, origin: unknown = callback): T {
  const { tracer } = current;
  let started: ReturnType<typeof tracer.begin>;
  try {
    started = tracer.begin(options);
  } catch (error) {
    current.fault('startSpan', error);
    return callback(spanWithoutClient(''));
  }
  const { span, context } = started;
  let result: T;
  try {
    result = tracer.runIn(context, () => callback(span));
  } catch (error) {
    span.fail(error);
    span.end();
    throw error;
  }
  if (result !== null && (typeof result === 'object' || typeof result === 'function')) {
    return settle({ span, context, tracer }, result, origin);
  }
  span.end();
  return result;
}

function misused(current: Current, options: StartSpanOptions, verb: string): Span {
  warnMode(current, verb);
  return current.tracer.inert('mode', nameIn(options));
}

/** No getter of the application's fails it (R34). */
function nameIn(options: { readonly name: string }): string {
  try {
    return options.name;
  } catch {
    return '';
  }
}

function copyOptions(options: Partial<StartSpanOptions> | undefined, otherwise: { readonly name: string }): StartSpanOptions {
  try {
    return { ...options, name: options?.name ?? otherwise.name };
  } catch {
    return { name: nameIn(otherwise) }; // hostile getters
  }
}

function warnMode(current: Current, call: string): void {
  current.warn(
    `mode ${call}`,
    `${call} needs traceLifecycle 'stream': the span is inert. Use the static API (startSpan, startTransaction), or init({ traceLifecycle: 'stream' }).`,
  );
}

function runIn<T>(context: (current: Current) => Context, callback: () => T): T {
  const current = getCurrent();
  if (current === undefined) return callback();
  let target: Context;
  try {
    target = context(current);
  } catch (error) {
    current.fault('tracing', error);
    return callback();
  }
  return current.tracer.runIn(target, callback);
}

/** Gives a wrapper the name and the length of what it wraps (R36). */
function likeOriginal<F extends AnyFunction>(wrapper: (...args: never[]) => unknown, original: F): F {
  try {
    Object.defineProperty(wrapper, 'name', { value: original.name, configurable: true });
    Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true });
  } catch {
    // A hostile or revoked proxy keeps them to itself.
  }
  return wrapper as F;
}
