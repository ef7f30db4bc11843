import { type Context, type ContextManager, StackContextManager } from '@spanstream/core';

/** As far as it is needed of https://nodejs.org/api/async_context.html: Node, workerd, Deno, Bun and Vercel's edge runtime have it. */
interface Storage<T> {
  getStore(): T | undefined;
  run<R>(store: T, callback: () => R): R;
  enterWith(store: T): void;
}

type StorageClass = new <T>() => Storage<T>;

interface RuntimeGlobals {
  readonly AsyncLocalStorage?: StorageClass;
  readonly process?: { getBuiltinModule?(id: string): { readonly AsyncLocalStorage?: StorageClass } | undefined };
}

/** What `run` started: the context, and what a block has entered since, until the running code pauses. */
interface Frame {
  readonly context: Context | undefined;
  entered: Context | undefined;
}

/** The runtime's way to carry a context, else the synchronous stack, with which `parentSpan` and `tracing.bind` are exact. */
export function createEdgeContextManager(): ContextManager {
  const { AsyncLocalStorage: own, process } = globalThis as unknown as RuntimeGlobals;
  const AsyncLocalStorage = own ?? process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  if (AsyncLocalStorage === undefined) return new StackContextManager();
  const storage = new AsyncLocalStorage<Context | undefined>();
  return canEnter(storage) ? new EnteringManager(storage as Storage<Context>) : new FrameManager(new AsyncLocalStorage<Frame>());
}

/** workerd has the method and throws: https://developers.cloudflare.com/workers/runtime-apis/nodejs/asynclocalstorage/#caveats */
function canEnter(storage: Storage<Context | undefined>): boolean {
  try {
    storage.enterWith(undefined);
    return true;
  } catch {
    return false;
  }
}

class EnteringManager implements ContextManager {
  readonly #storage: Storage<Context>;

  constructor(storage: Storage<Context>) {
    this.#storage = storage;
  }

  active(): Context | undefined {
    return this.#storage.getStore();
  }

  run<T>(context: Context, callback: () => T): T {
    const before = this.#storage.getStore();
    if (before !== context) return this.#storage.run(context, callback);
    // Node skips `run` for the store that is current, and what the callback enters would stay.
    try {
      return callback();
    } finally {
      this.#storage.enterWith(before);
    }
  }

  enter(context: Context): void {
    this.#storage.enterWith(context);
  }
}

/**
 * Where nothing can be entered. A block's span is active until its function pauses; after an `await` the span of the callback
 * around it is, which is an ancestor and never a stranger.
 */
class FrameManager implements ContextManager {
  readonly #storage: Storage<Frame>;
  readonly #outside: Frame = { context: undefined, entered: undefined };

  constructor(storage: Storage<Frame>) {
    this.#storage = storage;
  }

  active(): Context | undefined {
    const { context, entered } = this.#frame;
    return entered ?? context;
  }

  run<T>(context: Context, callback: () => T): T {
    return this.#storage.run({ context, entered: undefined }, callback);
  }

  enter(context: Context): void {
    const frame = this.#frame;
    frame.entered = context;
    queueMicrotask(() => {
      if (frame.entered === context) frame.entered = undefined;
    });
  }

  get #frame(): Frame {
    return this.#storage.getStore() ?? this.#outside;
  }
}
