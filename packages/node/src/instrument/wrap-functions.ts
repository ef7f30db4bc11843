import type { Current } from '@spanstream/core';
import type { RequestLayer } from './request-layers.ts';
import { runLayer } from './run-layer.ts';

type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** What a call of a function is; undefined: nothing that is to be seen. */
type Describe = (
  original: object & { readonly name: string; readonly length: number },
  args: readonly unknown[],
) => RequestLayer | undefined;

/** Puts wrappers around functions that a framework is given: one for each, which stands for it wherever it is given again. */
export class FunctionWraps {
  readonly #wrappers = new WeakMap<AnyFunction, AnyFunction>();
  readonly #originals = new WeakSet<AnyFunction>();
  readonly #current: Current;
  readonly #library: string;
  readonly #describe: Describe;
  #isActive = true;

  constructor(current: Current, library: string, describe: Describe) {
    this.#current = current;
    this.#library = library;
    this.#describe = describe;
  }

  /** The wrapper, with the function's name, length and own properties. Anything but a function stays what it is. */
  wrap(given: unknown): unknown {
    if (typeof given !== 'function' || this.#originals.has(given as AnyFunction)) return given;
    const original = given as AnyFunction;
    const known = this.#wrappers.get(original);
    if (known !== undefined) return known;
    const layerOf = (args: unknown[]): RequestLayer | undefined => this.#layerOf(original, args);
    const current = this.#current;
    const library = this.#library;
    const wrapper = function (this: unknown, ...args: never[]): unknown {
      const layer = layerOf(args);
      const run = (): unknown => original.apply(this, args);
      return layer === undefined ? run() : runLayer(current, library, layer, run);
    };
    Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
    this.#wrappers.set(original, wrapper);
    this.#originals.add(wrapper);
    return wrapper;
  }

  /** Wrappers that are still held by a framework call their functions and nothing else. */
  stop(): void {
    this.#isActive = false;
  }

  #layerOf(original: AnyFunction, args: unknown[]): RequestLayer | undefined {
    if (!this.#isActive) return undefined;
    try {
      return this.#describe(original, args);
    } catch (error) {
      this.#current.fault(this.#library, error);
      return undefined;
    }
  }
}
