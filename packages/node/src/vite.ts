import { type LibraryPlugin, spanstream as rollupPlugin } from './rollup.ts';

export type { LibraryPlugin } from './rollup.ts';

/** Libraries that Vite puts into a server’s bundle are traced; those that stay outside are hooked when the server loads them. */
export function spanstream(): LibraryPlugin & { readonly enforce: 'pre' } {
  return { ...rollupPlugin(), enforce: 'pre' };
}
