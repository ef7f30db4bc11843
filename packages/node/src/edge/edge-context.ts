import type { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, StackContextManager } from '@spanstream/core';
import { AsyncLocalStorageContextManager } from '../async-context.ts';

/** Node, workerd, Deno, Bun and Vercel's edge runtime have it: https://nodejs.org/api/async_context.html */
type StorageClass = new <T>() => AsyncLocalStorage<T>;

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
  const Storage = own ?? process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  if (Storage === undefined) return new StackContextManager();
  const storage = new Storage<Context | undefined>();
  return canEnter(storage) ? new AsyncLocalStorageContextManager(storage) : new FrameManager(new Storage<Frame>());
}

/** workerd has the method and throws: https://developers.cloudflare.com/workers/runtime-apis/nodejs/asynclocalstorage/#caveats */
function canEnter(storage: AsyncLocalStorage<Context | undefined>): boolean {
  try {
    storage.enterWith(undefined);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where nothing can be entered. A block's span is active until its function pauses; after an `await` the span of the callback
 * around it is, which is an ancestor and never a stranger.
 */
class FrameManager implements ContextManager {
  readonly #storage: AsyncLocalStorage<Frame>;
  readonly #outside: Frame = { context: undefined, entered: undefined };

  constructor(storage: AsyncLocalStorage<Frame>) {
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
