import { type ContextPlugin, type ContextPluginOptions, createContextPlugin } from './build/plugin.ts';

export type { ContextPlugin, ContextPluginOptions } from './build/plugin.ts';

/** The active span survives `await`, `for await` and `yield` in asynchronous functions of the application. */
export function spanstream(options?: ContextPluginOptions): ContextPlugin & { readonly enforce: 'post' } {
  return { ...createContextPlugin(options), enforce: 'post' };
}
