import type { Carrier, Frame } from './page-context.ts';

interface Variable {
  get(): Frame | undefined;
  run<T>(frame: Frame, callback: () => T): T;
}

/** `AsyncContext.Variable` as the carrier, where the platform has it: https://tc39.es/proposal-async-context/ */
export function createAsyncContextCarrier(): Carrier | undefined {
  const { AsyncContext } = globalThis as { AsyncContext?: { readonly Variable?: new () => Variable } };
  if (!AsyncContext?.Variable) return undefined;
  const variable = new AsyncContext.Variable();
  return { isExact: true, get: () => variable.get(), run: (frame, callback) => variable.run(frame, callback) };
}
