import { type Context, type ContextManager, StackContextManager } from '@spanstream/core';

interface Storage {
  getStore(): Context | undefined;
  run<T>(context: Context, callback: () => T): T;
  enterWith(context: Context): void;
}

interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): { readonly AsyncLocalStorage: new () => Storage } | undefined };
}

/** Follows whatever is asynchronous where the runtime can (Node, Deno, Bun), else synchronous calls. */
export function createContextManager(): ContextManager {
  const hooks = (globalThis as Runtime).process?.getBuiltinModule?.('node:async_hooks');
  if (hooks === undefined) return new StackContextManager();
  const storage = new hooks.AsyncLocalStorage();
  return {
    active: () => storage.getStore(),
    run(context, callback) {
      if (storage.getStore() !== context) return storage.run(context, callback);
      // Node skips `run` for the store that is current, and what the callback enters would stay.
      try {
        return callback();
      } finally {
        storage.enterWith(context);
      }
    },
    enter: (context) => storage.enterWith(context),
  };
}
