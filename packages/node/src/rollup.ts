import { createLibraryTransform } from './build/library-transform.ts';

/** A plugin of rollup, as far as it is one here. */
export interface LibraryPlugin {
  readonly name: string;
  transform(this: { warn(message: string): void }, code: string, id: string): { code: string; map: string | undefined } | null;
}

/** Libraries in the bundle are traced, as they are unbundled. Stands before `@rollup/plugin-commonjs`. */
export function spanstream(): LibraryPlugin {
  const transform = createLibraryTransform();
  return {
    name: 'spanstream-libraries',
    transform(code, id) {
      return transform(code, id, (message) => this.warn(message)) ?? null;
    },
  };
}
