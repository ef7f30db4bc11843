type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** Puts wrappers around functions that a library is given: one for each, which stands for it wherever it is given again. */
export class FunctionWraps {
  readonly #wrappers = new WeakMap<AnyFunction, AnyFunction>();
  readonly #originals = new WeakMap<AnyFunction, AnyFunction>();
  readonly #around: (original: AnyFunction, self: unknown, args: never[]) => unknown;
  #isActive = true;

  /** `around` calls the original function; after `stop` that happens without it. */
  constructor(around: (original: AnyFunction, self: unknown, args: never[]) => unknown) {
    this.#around = around;
  }

  /** The wrapper, with the function's name, length and own properties. Anything but a function stays what it is. */
  wrap(given: unknown): unknown {
    if (typeof given !== 'function' || this.#originals.has(given as AnyFunction)) return given;
    const original = given as AnyFunction;
    const known = this.#wrappers.get(original);
    if (known !== undefined) return known;
    const isActive = (): boolean => this.#isActive;
    const around = this.#around;
    const wrapper = function (this: unknown, ...args: never[]): unknown {
      return isActive() ? around(original, this, args) : original.apply(this, args);
    };
    Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
    this.#wrappers.set(original, wrapper);
    this.#originals.set(wrapper, original);
    return wrapper;
  }

  /** Wrappers that are still held by a library call their functions and nothing else. */
  stop(): void {
    this.#isActive = false;
  }
}
