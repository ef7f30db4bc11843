import { contextManager, type Frame } from './page-context.ts';

/** One call of an asynchronous function that the build plugin has prepared. */
export interface AsyncScope {
  /** Stands directly before a suspension. */
  wait<T>(value?: T): T;
  /** Stands directly after it, also where the suspension ended in a throw. */
  back<T>(value?: T): T;
  /** The call is over. */
  end(): void;
  /** What `for await` goes through. */
  each<T extends object>(iterable: T): T;
}

interface Iterators {
  [Symbol.asyncIterator]?(): Iterator<unknown>;
  [Symbol.iterator]?(): Iterator<unknown>;
}

/** Called by what `@spanstream/browser/vite` and `/rollup` generate: keeps the context of one call over its suspensions. */
export function startAsyncScope(): AsyncScope {
  const own: Frame = contextManager.fork();
  let below = contextManager.swap(own);
  let isWaiting = false;
  const wait = <T>(value?: T): T => {
    if (!isWaiting) contextManager.swap(below);
    isWaiting = true;
    return value as T;
  };
  return {
    wait,
    back(value) {
      if (isWaiting) below = contextManager.swap(own);
      isWaiting = false;
      return value as never;
    },
    end() {
      if (!isWaiting) contextManager.swap(below);
    },
    each: (iterable) => followIterable(iterable, wait) as typeof iterable,
  };
}

/** The iterable, whose calls each end in a suspension: `for await` asks for the next element, then waits. */
function followIterable(iterable: Iterators, wait: <T>(value: T) => T): Iterators {
  const key = iterable[Symbol.asyncIterator] ? Symbol.asyncIterator : Symbol.iterator;
  return {
    [key]: () => {
      const iterator = iterable[key]!();
      const { next } = iterator;
      return {
        next: () => wait(next.call(iterator)),
        get return() {
          const leave = iterator.return;
          return leave && (() => wait(leave.call(iterator)));
        },
      };
    },
  };
}
