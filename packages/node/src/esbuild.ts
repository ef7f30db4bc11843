import { createLibraryTransform, libraryFilePattern } from './build/library-transform.ts';

interface LoadResult {
  readonly contents?: string;
  readonly loader?: 'js';
  readonly warnings?: { readonly text: string }[];
}

/** A plugin of esbuild, as far as it is one here. */
export interface LibraryPlugin {
  readonly name: string;
  setup(build: { onLoad(options: { filter: RegExp }, load: (args: { path: string }) => LoadResult | undefined): void }): void;
}

/** Libraries in the bundle are traced, as they are unbundled. */
export function spanstream(): LibraryPlugin {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const transform = createLibraryTransform();
  return {
    name: 'spanstream-libraries',
    setup(build) {
      build.onLoad({ filter: libraryFilePattern() }, ({ path }) => {
        const warnings: { text: string }[] = [];
        const changed = transform(readFileSync(path, 'utf8'), path, (text) => warnings.push({ text }));
        if (changed === undefined) return warnings.length > 0 ? { warnings } : undefined;
        const { code, map } = changed;
        // In two parts, lest tools take this file's own text for a map.
        const comment =
          map === undefined
            ? ''
            : ['\n//# sourceMappingURL', `data:application/json;base64,${Buffer.from(map).toString('base64')}`].join('=');
        return { contents: code + comment, loader: 'js' };
      });
    },
  };
}
