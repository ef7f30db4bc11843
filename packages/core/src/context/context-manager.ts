import type { Context, ContextManager } from './context.ts';

/** Follows synchronous calls only: the fallback where the runtime offers nothing better, and the manager of unit tests. */
export class StackContextManager implements ContextManager {
  #current: Context | undefined;

  active(): Context | undefined {
    return this.#current;
  }

  run<T>(context: Context, callback: () => T): T {
    const before = this.#current;
    this.#current = context;
    try {
      return callback();
    } finally {
      this.#current = before;
    }
  }

  enter(context: Context): void {
    this.#current = context;
  }
}
