import type { InstrumentationConfig } from '@apm-js-collab/code-transformer';
import type { Library } from './instrument/library.ts';
import { type LibraryFile, LibraryFiles, type LibraryReport } from './library-files.ts';

type Require = (name: string) => unknown;

/** Decides, as files are loaded, which are changed, and says once for each package what became of it. */
export class LibraryHooks {
  readonly configs: readonly InstrumentationConfig[];
  readonly #files: LibraryFiles;
  readonly #require: Require;
  readonly #report: (report: LibraryReport) => void;
  readonly #versions = new Map<string, string | undefined>();

  constructor(libraries: readonly Library[], require: Require, report: (report: LibraryReport) => void) {
    this.configs = libraries.flatMap(({ hooks }) => hooks);
    this.#files = new LibraryFiles(libraries);
    this.#require = require;
    this.#report = report;
  }

  /** Whether the file is to be changed before it runs. */
  wants(file: string): boolean {
    const found = this.#files.find(file);
    if (found === undefined) return false;
    const version = this.#supportedVersion(found);
    return (
      version !== undefined && this.configs.some(({ module }) => isOfFile(module, found) && this.#satisfies(version, module.versionRange))
    );
  }

  /** The package that the file belongs to. */
  packageOf(file: string): string {
    return this.#files.find(file)?.packageName ?? file;
  }

  /** A file could not be changed: its library is one that nobody knows. */
  failed(packageName: string, error: unknown): void {
    const [detail = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    this.#report({ packageName, version: 'unknown', state: 'failed', detail });
  }

  /** Each folder is a package of its own: an application may have several versions. Undefined: not one that is traced. */
  #supportedVersion({ packageName, folder }: LibraryFile): string | undefined {
    if (this.#versions.has(folder)) return this.#versions.get(folder);
    const version = readVersion(folder);
    const range = this.#files.ranges.get(packageName)!;
    const isSupported = version !== undefined && this.#satisfies(version, range);
    this.#versions.set(folder, isSupported ? version : undefined);
    this.#report({ packageName, version: version ?? 'unknown', state: isSupported ? 'instrumented' : 'unsupported', detail: range });
    return this.#versions.get(folder);
  }

  #satisfies(version: string, range: string): boolean {
    return (this.#require('semifies') as (version: string, range: string) => boolean)(version, range);
  }
}

function isOfFile({ name, filePath }: InstrumentationConfig['module'], { packageName, path }: LibraryFile): boolean {
  return name === packageName && (typeof filePath === 'string' ? filePath === path : filePath.test(path));
}

function readVersion(folder: string): string | undefined {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  try {
    const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined; // no manifest, no version; that is what is reported
  }
}
