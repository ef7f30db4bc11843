/** Keeps an invocation alive until the promise has settled. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** What runtimes pass to their handlers, or keep for the running invocation. */
export interface InvocationContext {
  waitUntil?(promise: Promise<unknown>): void;
}

/** Where frameworks keep it, as a function `get` that answers for the running invocation. */
const STORES = ['@vercel/request-context', '@next/request-context'].map((name) => Symbol.for(name));

/** The running invocation's `waitUntil`: the given context's, else Vercel's, Next's or Netlify's; undefined where processes just live on. */
export function findWaitUntil(given: InvocationContext | undefined): WaitUntil | undefined {
  const runtime = globalThis as unknown as Record<symbol, { get?(): unknown } | undefined> & {
    readonly Netlify?: { readonly context?: unknown };
  };
  for (const context of [given, ...STORES.map((key) => runtime[key]?.get?.()), runtime.Netlify?.context]) {
    if (typeof context === 'object' && context !== null && 'waitUntil' in context && typeof context.waitUntil === 'function')
      return context.waitUntil.bind(context) as WaitUntil;
  }
  return undefined;
}
