/**
 * Stands in for the script until it arrives; inlined in a page's head. Callbacks run at once, and what was called is called
 * again on the real thing in the same order: spans keep their times and parents. No `eval`, no storage.
 *
 * Spans that start inside `continueTrace`, `startNewTrace`, `suppressTracing`, `runDetached` or `withIsolationScope`
 * meanwhile are not recorded: what these say about a span cannot be said again later.
 */
type AnyFunction = (...args: unknown[]) => unknown;
type Verbs = Record<PropertyKey, AnyFunction>;
type Real = Verbs & { readonly tracing: Verbs };
type Call = (real: Real) => void;
/** A span that stands in for a real one. */
type StandIn = Verbs & { real?: Verbs };

/** More than this is a script that never comes. */
const MAX_CALLS = 1000;

const script = document.currentScript as HTMLScriptElement;
const { src, integrity, load } = script.dataset;
const calls: Call[] = [];
let real: Real | undefined;
let isRequested = load !== 'use';
let isLost = false;
/** False: nothing is recorded. */
let active: StandIn | null | undefined | false;

const later = (call: Call, isUse = true): void => {
  if (real) return call(real);
  if (active !== false && !isLost && calls.length < MAX_CALLS) calls.push(call);
  if (isUse && !isRequested) request();
};

const settle = (api: Real): void => {
  for (const call of calls.splice(0)) {
    try {
      call(api);
    } catch (error) {
      if (!isLost) reportError(error);
    }
  }
};

const request = (): void => {
  isRequested = true;
  const element = document.createElement('script');
  // A strict policy trusts the script for the nonce that this one came with.
  element.nonce = script.nonce;
  if (integrity) {
    element.crossOrigin = 'anonymous';
    element.integrity = integrity;
  }
  element.onerror = () => {
    isLost = true;
    settle({} as Real);
  };
  element.src = src!;
  document.head.append(element);
};

const createSpan = (options: Record<string, unknown> | null): StandIn => {
  const startTime = Date.now();
  const parent = options?.['parentSpan'] === undefined ? active : (options['parentSpan'] as StandIn | null);
  const own = {
    ...options,
    status: 'ok',
    isRecording: () => true,
    getAttributes: () => ({}),
    spanContext: () => ({ traceId: '', spanId: '', sampled: false }),
    real: undefined,
    // It is no promise and no text.
    then: undefined,
    [Symbol.toPrimitive]: undefined,
  } as unknown as StandIn;
  const span = new Proxy(own, {
    get: (_, verb) =>
      verb in own
        ? own[verb]
        : (...args: unknown[]) => {
            // The only other symbol that anybody asks for is `Symbol.dispose`.
            const name = typeof verb === 'symbol' ? 'end' : verb;
            if (name === 'end') args[0] ||= Date.now();
            later(() => own.real?.[name]?.(...args));
            return span;
          },
  });
  later(({ tracing: { startSpan: start } }) => {
    own.real = start!({ startTime, ...options, parentSpan: (parent && parent.real) ?? parent, active: false }) as Verbs;
  });
  return span;
};

const within = (span: typeof active, callback: AnyFunction): unknown => {
  const before = active;
  if (before !== false) active = span;
  try {
    return callback();
  } finally {
    active = before;
  }
};

const startSpan = (options: unknown, callback?: unknown): unknown => {
  if (real) return real.tracing['startSpan']!(options, callback);
  // What the real one makes of options that are none, it says when it is there.
  const span = createSpan(options as Record<string, unknown> | null);
  if (typeof callback !== 'function') return span;
  const fail = (error: unknown): never => {
    span['setStatus']!('error');
    span['end']!();
    throw error;
  };
  let result: unknown;
  try {
    result = within(span, () => callback(span));
  } catch (error) {
    fail(error);
  }
  const succeed = (value: unknown): unknown => (span['end']!(), value);
  return result instanceof Promise ? result.then(succeed, fail) : succeed(result);
};

const traced = (call: AnyFunction, options?: object): AnyFunction =>
  function (this: unknown, ...args) {
    return startSpan({ name: call.name, ...options }, () => call.apply(this, args));
  };

/** Runs the last argument. */
const quietly: AnyFunction = (...args) => within(false, args.pop() as AnyFunction);

const tracing: object = new Proxy(
  {
    startSpan,
    traced,
    trace: (options?: object) => (method: AnyFunction, context: { name: string }) => traced(method, { name: context.name, ...options }),
    withActiveSpan: within,
    getActiveSpan: () => active || undefined,
    getTraceHeaders: () => ({}),
    getTraceMetaTags: () => '',
    bind: (call: AnyFunction) => call,
    traceStream: (stream: unknown, span?: Verbs) => (span?.['end']!(), stream),
  } as unknown as Verbs,
  { get: (verbs, name) => (real?.tracing ?? verbs)[name] ?? quietly },
);

const standIn = {
  ready: (callback: () => void) => later(callback, false),
  withIsolationScope: quietly,
  getClient: () => undefined,
  tracing,
  /** Called by the script. */
  arrive(api: Real) {
    real = api;
    settle(api);
  },
} as unknown as Verbs;

(globalThis as { SpanStream?: object }).SpanStream = new Proxy(standIn, {
  get: (verbs, name) =>
    (real ?? verbs)[name] ??
    ((...args: unknown[]) =>
      new Promise((resolve) => {
        if (isLost) resolve(false);
        else later((api) => resolve(api[name]?.(...args) ?? false), name !== 'init');
      })),
});
if (isRequested) request();
