import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { packageFor } from './names.ts';
import { transformComponent } from './script-blocks.ts';
import { transform, type Transformed } from './transform.ts';

const EXTENSIONS = new Set(['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx', '.vue', '.svelte']);
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage', '.git']);

/** All files to look at: those named, and those below the folders named. @throws Error where there is no such path */
export function findFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesIn(path);
    return entry.isFile() && EXTENSIONS.has(extname(entry.name)) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** Moves one file's text by its extension. @throws SyntaxError where it cannot be read */
export function transformFile(path: string, source: string): Transformed {
  const options = { fallbackPackage: packageOf(path) };
  const extension = extname(path);
  if (extension === '.vue' || extension === '.svelte') return transformComponent(source, options);
  const language = extension === '.tsx' ? 'tsx' : /^\.[mc]?ts$/.test(extension) ? 'ts' : 'js';
  return transform(source, { ...options, language });
}

/** What the nearest package.json with one of the SDKs depends on. */
function packageOf(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const known = dependenciesIn(file)
        .map((name) => packageFor(name)?.target)
        .find((target) => target !== undefined);
      if (known !== undefined) return known;
    }
    if (folder === dirname(folder)) return '@spanstream/node';
  }
}

/** A package.json that is none, as tests of other tools keep them, says nothing. */
function dependenciesIn(file: string): string[] {
  try {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
    return Object.keys({ ...devDependencies, ...dependencies });
  } catch {
    return [];
  }
}
