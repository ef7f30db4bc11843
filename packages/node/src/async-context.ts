import type { Context, ContextManager } from '@spanstream/core';
import { AsyncLocalStorage } from './builtins.ts';

/** Carries the context along everything asynchronous that Node starts. */
export class AsyncLocalStorageContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context | undefined {
    return this.#storage.getStore();
  }

  run<T>(context: Context, callback: () => T): T {
    if (this.#storage.getStore() !== context) return this.#storage.run(context, callback);
    // Node skips `run` for the store that is current, and what the callback enters would stay.
    try {
      return callback();
    } finally {
      this.#storage.enterWith(context);
    }
  }

  enter(context: Context): void {
    this.#storage.enterWith(context);
  }
}
