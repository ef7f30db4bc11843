import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@spanstream/core';

/** Carries the context along everything asynchronous that Node starts. */
export class AsyncLocalStorageContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context | undefined {
    return this.#storage.getStore();
  }

  run<T>(context: Context, callback: () => T): T {
    return this.#storage.run(context, callback);
  }

  enter(context: Context): void {
    this.#storage.enterWith(context);
  }
}
