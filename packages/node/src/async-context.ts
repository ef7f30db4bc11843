import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Channel } from 'node:diagnostics_channel';
import type { Context, ContextManager } from '@spanstream/core';

/** Carries the context along everything asynchronous that the runtime starts. */
export class AsyncLocalStorageContextManager implements ContextManager {
  readonly #storage: AsyncLocalStorage<Context | undefined>;
  readonly #bound = new Map<Channel, ContextOf[]>();

  constructor(storage: AsyncLocalStorage<Context | undefined>) {
    this.#storage = storage;
  }

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

  /**
   * Runs what the channel runs with a message in the context for it; undefined: where it is. A channel takes one transform for
   * a storage, so the last to come is asked. The returned function undoes it.
   */
  bind(channel: Channel, contextOf: ContextOf): () => void {
    const storage = this.#storage;
    const bound = this.#bound.get(channel) ?? [];
    if (bound.push(contextOf) === 1) {
      this.#bound.set(channel, bound);
      channel.bindStore(storage, (message) => bound.at(-1)?.(message) ?? storage.getStore());
    }
    return () => {
      const at = bound.lastIndexOf(contextOf);
      if (at >= 0) bound.splice(at, 1);
      if (bound.length > 0 || !this.#bound.delete(channel)) return;
      channel.unbindStore(storage);
    };
  }
}

type ContextOf = (message: unknown) => Context | undefined;
