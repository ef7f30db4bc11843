/** A copy of `@opentelemetry/api` that was loaded. */
interface ApiCopy {
  readonly folder: string;
  readonly version: string;
}

interface ModuleCache {
  readonly _cache?: Readonly<Record<string, unknown>>;
}

interface Builtins {
  getBuiltinModule?(name: 'node:module'): ModuleCache | undefined;
  getBuiltinModule?(name: 'node:fs'): { readFileSync(path: string, encoding: 'utf8'): string } | undefined;
}

const MAIN_FILE = /^(.*[\\/]@opentelemetry[\\/]api)[\\/](?:build[\\/]src|dist)[\\/]index\.c?js$/;

/**
 * The loaded copies of the API that cannot see what was registered with this version: those of a later minor version. Only
 * CommonJS modules can be found, and only on Node.
 */
export function findBlindCopies(registeredVersion: string): ApiCopy[] {
  const registeredMinor = minorOf(registeredVersion);
  return loadedCopies().filter(({ version }) => minorOf(version) > registeredMinor);
}

function loadedCopies(): ApiCopy[] {
  const builtins = (globalThis as { process?: Builtins }).process;
  const paths = Object.keys(builtins?.getBuiltinModule?.('node:module')?._cache ?? {});
  const folders = new Set(paths.map((path) => MAIN_FILE.exec(path)?.[1]).filter((folder) => folder !== undefined));
  return [...folders].map((folder) => ({ folder, version: versionIn(folder, builtins) }));
}

function versionIn(folder: string, builtins: Builtins | undefined): string {
  try {
    const text = builtins?.getBuiltinModule?.('node:fs')?.readFileSync(`${folder}/package.json`, 'utf8');
    const { version } = JSON.parse(text ?? '{}') as { version?: string };
    return version ?? '0.0.0';
  } catch {
    return '0.0.0'; // bundled or unreadable: nothing is claimed about it
  }
}

function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}
