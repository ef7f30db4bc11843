type AnyFunction = (...args: never[]) => unknown;

/**
 * Puts a wrapper in the place of a method; it takes over name and length (R36). The returned function restores what was
 * there, unless somebody else has put a wrapper around this one meanwhile: theirs stays, and still calls this one.
 */
export function replaceMethod<K extends string>(target: { [key in K]: AnyFunction }, name: K, wrapper: AnyFunction): () => void {
  const original = target[name];
  const before = Object.getOwnPropertyDescriptor(target, name);
  for (const key of ['name', 'length'] as const) Object.defineProperty(wrapper, key, { value: original[key], configurable: true });
  Object.defineProperty(target, name, { writable: true, configurable: true, enumerable: false, ...before, value: wrapper });
  return () => {
    if (target[name] !== wrapper) return;
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}
