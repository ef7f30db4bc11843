import type { Library } from './instrument/library.ts';

/** A file of a library that is known. */
export interface LibraryFile {
  readonly packageName: string;
  /** The package's own folder. */
  readonly folder: string;
  /** Below that folder, with slashes. */
  readonly path: string;
}

/** What became of a package that the program has loaded. */
export interface LibraryReport {
  readonly packageName: string;
  readonly version: string;
  readonly state: 'instrumented' | 'unsupported' | 'failed';
  /** The supported versions, or what went wrong. */
  readonly detail: string;
}

const FOLDER = 'node_modules';

/** Recognises files of known libraries by their names; nearly all files are of none, so it costs them a search from the end. */
export class LibraryFiles {
  readonly ranges = new Map<string, string>();

  constructor(libraries: readonly Library[]) {
    for (const { packages } of libraries) for (const [name, range] of Object.entries(packages)) this.ranges.set(name, range);
  }

  find(file: string): LibraryFile | undefined {
    const at = file.lastIndexOf(FOLDER);
    if (at < 0) return undefined;
    const begin = at + FOLDER.length + 1;
    const parts = file.slice(begin).split(/[\\/]/);
    const size = parts[0]?.startsWith('@') === true ? 2 : 1;
    const packageName = parts.slice(0, size).join('/');
    if (!this.ranges.has(packageName)) return undefined;
    return { packageName, folder: file.slice(0, begin + packageName.length), path: parts.slice(size).join('/') };
  }
}
