import type { Context as ApiContext, ContextManager } from '@opentelemetry/api';
import type { Bridge } from './bridge.ts';
import { activeContext, contextFor } from './bridged-context.ts';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** What listeners are added and removed with. */
interface Emitter {
  on(event: unknown, listener: AnyFunction): unknown;
  removeListener(event: unknown, listener: AnyFunction): unknown;
}

/** OpenTelemetry's contexts in the places where ours are: one current context for both APIs. */
export class BridgedContextManager implements ContextManager {
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  active(): ApiContext {
    return activeContext(this.#bridge);
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: ApiContext,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const ours = contextFor(this.#bridge, context);
    return this.#bridge.tracer.runIn(ours, () => Reflect.apply(fn, thisArg, args) as ReturnType<F>);
  }

  bind<T>(context: ApiContext, target: T): T {
    if (typeof target === 'function') return this.#bindFunction(context, target as unknown as AnyFunction) as T;
    try {
      return isEmitter(target) ? bindEmitter(target, (listener) => this.#bindFunction(context, listener)) : target;
    } catch (error) {
      this.#bridge.current.fault('OpenTelemetry bind', error); // frozen, or a proxy that throws
      return target;
    }
  }

  /** Makes the context current until the token is disposed of, at most within the innermost `with`. */
  attach(context: ApiContext): { dispose(): void } {
    const before = this.#bridge.tracer.context;
    this.#bridge.enter(contextFor(this.#bridge, context));
    return { dispose: () => this.#bridge.enter(before) };
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }

  #bindFunction(context: ApiContext, target: AnyFunction): AnyFunction {
    const { tracer } = this.#bridge;
    const ours = contextFor(this.#bridge, context);
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return tracer.runIn(ours, (): unknown => Reflect.apply(target, this, args));
    };
    Object.defineProperty(bound, 'length', { value: target.length, configurable: true });
    return bound;
  }
}

/** Each emitter's listeners as they were added, with what is called in their place. */
const boundListeners = new WeakMap<object, WeakMap<AnyFunction, AnyFunction>>();

const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const;
const REMOVING = ['off', 'removeListener'] as const;

function isEmitter(target: unknown): target is Emitter {
  return (
    typeof target === 'object' &&
    target !== null &&
    'on' in target &&
    typeof target.on === 'function' &&
    'removeListener' in target &&
    typeof target.removeListener === 'function'
  );
}

/** Listeners that are added from now on run bound; those bound before by another context stay as they are. */
function bindEmitter<T extends Emitter>(emitter: T, bind: (listener: AnyFunction) => AnyFunction): T {
  if (boundListeners.has(emitter)) return emitter;
  const listeners = new WeakMap<AnyFunction, AnyFunction>();
  boundListeners.set(emitter, listeners);
  // `once` and its sibling call `on`, with a function of theirs around the listener.
  let isAdding = false;
  const methods = emitter as unknown as Record<string, AnyFunction | undefined>;
  for (const name of ADDING) {
    const original = methods[name];
    if (typeof original !== 'function') continue;
    methods[name] = function (this: unknown, event: unknown, listener: unknown) {
      if (isAdding || typeof listener !== 'function') return original.call(this, event, listener);
      isAdding = true;
      try {
        const given = listener as AnyFunction;
        // One for all events: whichever it is removed from, it is found.
        const bound = listeners.get(given) ?? bind(given);
        listeners.set(given, bound);
        return original.call(this, event, bound);
      } finally {
        isAdding = false;
      }
    };
  }
  for (const name of REMOVING) {
    const original = methods[name];
    if (typeof original !== 'function') continue;
    methods[name] = function (this: unknown, event: unknown, listener: unknown) {
      return original.call(this, event, (typeof listener === 'function' && listeners.get(listener as AnyFunction)) || listener);
    };
  }
  return emitter;
}
