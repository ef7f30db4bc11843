import type { AnySpan } from '../context/context.ts';
import type { Attributes } from '../span/attributes.ts';
import { type Current, getCurrent, spanWithoutClient } from '../trace/current.ts';
import type { StartSpanOptions } from '../trace/start-span-options.ts';
import { runInSpan } from '../trace/tracing.ts';
import { type LegacyChildOptions, LegacySpan, startLegacy, toSpanOptions } from './legacy-span.ts';

/**
 * What a transaction is started with.
 * @deprecated Use `tracing.startSpan({ name, attributes, parentSpan: null })`.
 */
export interface TransactionOptions extends LegacyChildOptions {
  /** What the transaction is listed under; an empty or missing one becomes `<unnamed>`. */
  readonly name: string;
  readonly attributes?: Attributes;
}

/**
 * What the legacy `startSpan` is given.
 * @deprecated Use `tracing.startSpan({ name, attributes })`; `op` is the attribute `sentry.op` there.
 */
export interface LegacyStartSpanOptions extends StartSpanOptions {
  /** The kind of work, e.g. `db.query`. */
  readonly op?: string;
  readonly data?: Attributes;
}

/**
 * Starts a top-level span that is ended by hand and sent with all that is below it as one transaction. It is not active; its
 * children are started with `startChild`. Only with traceLifecycle `static`.
 * @deprecated Use `tracing.startSpan({ name, parentSpan: null })` with traceLifecycle `stream`.
 */
export function startTransaction(options: TransactionOptions): LegacySpan {
  const current = getCurrent();
  try {
    if (current === undefined) return new LegacySpan(spanWithoutClient(options?.name));
    if (current.mode === 'stream') return new LegacySpan(misused(current, 'startTransaction', options?.name));
    const { attributes, description: _, ...given } = { ...options };
    return startLegacy(current, attributes === undefined ? given : { ...given, data: { ...given.data, ...attributes } }, null);
  } catch (error) {
    current?.fault('startTransaction', error);
    return new LegacySpan(spanWithoutClient(''));
  }
}

/**
 * Starts a span below the active one. With a callback it is active inside and ends when the callback returns or its promise
 * settles; a throw sets an error status. Without one it is active for the rest of the running function, until `finish`. Only with
 * traceLifecycle `static`.
 * @deprecated Use `tracing.startSpan` with traceLifecycle `stream`.
 */
export function startSpan(options: LegacyStartSpanOptions): LegacySpan;
export function startSpan<T>(options: LegacyStartSpanOptions, callback: (span: LegacySpan) => T): T;
export function startSpan<T>(options: LegacyStartSpanOptions, callback?: (span: LegacySpan) => T): LegacySpan | T {
  const current = getCurrent();
  if (typeof callback !== 'function') return startByHand(current, options);
  if (current === undefined) return callback(new LegacySpan(spanWithoutClient(nameIn(options))));
  if (current.mode === 'stream') return callback(new LegacySpan(misused(current, 'startSpan', nameIn(options))));
  return runInSpan(current, translate(current, options), (span) => callback(new LegacySpan(span as AnySpan)), callback);
}

function startByHand(current: Current | undefined, options: LegacyStartSpanOptions): LegacySpan {
  if (current === undefined) return new LegacySpan(spanWithoutClient(nameIn(options)));
  if (current.mode === 'stream') return new LegacySpan(misused(current, 'startSpan', nameIn(options)));
  try {
    return new LegacySpan(current.tracer.startSpan(translate(current, options)));
  } catch (error) {
    current.fault('startSpan', error);
    return new LegacySpan(spanWithoutClient(''));
  }
}

/** The old options in today's form. Getters of the application's that throw leave a span without a name (R34). */
function translate(current: Current, options: LegacyStartSpanOptions): StartSpanOptions {
  try {
    // Most calls have neither, and a copy costs more than the look.
    if (options.op === undefined && options.data === undefined) return options;
    const { op, data, ...rest } = options;
    const { attributes } = toSpanOptions({ ...(op !== undefined && { op }), ...(data && { data }), name: rest.name });
    return { ...rest, attributes: { ...attributes, ...rest.attributes } };
  } catch (error) {
    current.fault('startSpan', error);
    return { name: '' };
  }
}

function misused(current: Current, call: string, name: unknown): AnySpan {
  current.warn(
    `mode ${call}`,
    `${call} is of the static API and this client runs traceLifecycle 'stream': the span is inert. Use tracing.startSpan instead, or init with { traceLifecycle: 'static' }.`,
  );
  return current.tracer.inert('mode', name as string);
}

function nameIn(options: LegacyStartSpanOptions): unknown {
  try {
    return options?.name;
  } catch {
    return ''; // a hostile getter
  }
}
