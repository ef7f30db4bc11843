import { create } from '@apm-js-collab/code-transformer';
import { libraries } from '../libraries/libraries.ts';
import { LibraryFiles } from '../library-files.ts';

/** A file of a library, with channels put into it. */
export interface TransformedFile {
  readonly code: string;
  readonly map: string | undefined;
}

/** Changes files of known libraries; undefined: stays as it is. `warn` hears of a file whose shape is unknown. */
export type LibraryTransform = (code: string, file: string, warn: (message: string) => void) => TransformedFile | undefined;

/** `import` and `export` at the beginning of a statement; `import()` is no sign of a module. */
const MODULE_SYNTAX = /(?:^|[\n;])\s*(?:import\s*[\w{*'"]|export\b)/;

/** What build plugins of all bundlers have in common: the hooks of the run time, at build time. */
export function createLibraryTransform(): LibraryTransform {
  const files = new LibraryFiles(libraries);
  const matcher = create(libraries.flatMap(({ hooks }) => [...hooks]));
  return (code, id, warn) => {
    // A bundler's own modules about a file: https://rollupjs.org/plugin-development/#conventions
    if (id.startsWith('\0')) return undefined;
    const [file = id] = id.split('?', 1);
    const found = files.find(file);
    if (found === undefined) return undefined;
    try {
      const transformer = matcher.getTransformer(found.packageName, readVersion(found.folder), found.path);
      return transformer?.transform(code, moduleType(file, code));
    } catch (error) {
      warn(`${found.packageName} cannot be traced: ${error instanceof Error ? error.message : String(error)} in ${found.path}`);
      return undefined;
    }
  };
}

/** Matches the files that `createLibraryTransform` may change, so that bundlers ask for no others. */
export function libraryFilePattern(): RegExp {
  const names = new Set(libraries.flatMap(({ hooks }) => hooks.map(({ module }) => module.name.replaceAll('/', '[\\\\/]'))));
  return new RegExp(`[\\\\/]node_modules[\\\\/](?:${[...names].join('|')})[\\\\/].*\\.[cm]?js$`);
}

function moduleType(file: string, code: string): 'esm' | 'cjs' {
  if (file.endsWith('.mjs')) return 'esm';
  if (file.endsWith('.cjs')) return 'cjs';
  return MODULE_SYNTAX.test(code) ? 'esm' : 'cjs';
}

function readVersion(folder: string): string {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version?: unknown };
  return typeof version === 'string' ? version : '0.0.0';
}
