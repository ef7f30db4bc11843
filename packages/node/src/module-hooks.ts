import type { InstrumentationConfig } from '@apm-js-collab/code-transformer';
import type { Teardown } from '@spanstream/core';
import type { Library } from './instrument/library.ts';
import { replaceMethod } from './instrument/replace-method.ts';
import type { LibraryReport } from './library-files.ts';
import { LibraryHooks } from './library-hooks.ts';
import { sdkRequire } from './sdk-require.ts';

type Compile = (this: unknown, content: string, file: string, ...rest: unknown[]) => unknown;
type Resolve = (specifier: string, context: unknown, next: () => { url: string }) => unknown;
type Load = (url: string, context: unknown, next: (url: string, context: unknown) => unknown) => unknown;

/** `@apm-js-collab/tracing-hooks`, which brings a parser: 40 ms of CPU, so it is loaded with the first file that needs it. */
interface TracingHooks {
  readonly ModulePatch: new (options: Instrumentations) => { compile: Compile; patch(): void; unpatch(): void };
  readonly sync: { initialize(options: Instrumentations): void; readonly resolve: Resolve; readonly load: Load };
}

interface Instrumentations {
  readonly instrumentations: readonly InstrumentationConfig[];
}

/** Node’s `module` as far as its types do not know it. */
interface ModuleBuiltin {
  readonly prototype: { _compile: Compile };
  registerHooks?(hooks: { load: Load }): { deregister(): void };
}

/** Files that have been changed, whoever was client then: they stay so. */
export const hookedFiles = ((globalThis as Record<symbol, unknown>)[Symbol.for(`spanstream.hooked@${__SDK_VERSION__}`)] ??=
  new Set()) as Set<string>;

const PACKAGE = '@apm-js-collab/tracing-hooks';

/**
 * Puts channels into the libraries that publish none, as they are loaded. On Node before 24.13 that reaches CommonJS, which
 * nearly all of them are, also where an ES module imports it; `registerEsmHooks` reaches the rest.
 */
export function setupModuleHooks(libraries: readonly Library[], report: (report: LibraryReport) => void): Teardown {
  const module = process.getBuiltinModule('node:module') as unknown as ModuleBuiltin;
  const hooks = new LibraryHooks(libraries, sdkRequire, report);
  return hasSyncHooks() ? setupSyncHooks(module, hooks) : setupCompileHook(module, hooks);
}

/** Whether hooks run in the application's own thread; earlier ones were not stable: https://nodejs.org/api/module.html#moduleregisterhooksoptions */
export function hasSyncHooks(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 25 || (major === 25 && minor >= 1) || (major === 24 && minor >= 13);
}

function setupCompileHook(module: ModuleBuiltin, hooks: LibraryHooks): Teardown {
  const { prototype } = module;
  const original = prototype._compile;
  let isActive = true;
  let transforming: Compile | undefined;
  const load = (): Compile => {
    watchFailures(hooks);
    const patch = new (sdkRequire(PACKAGE) as TracingHooks['ModulePatch'])({ instrumentations: hooks.configs });
    // Theirs stays behind ours, so that other files are not looked at twice.
    const ours = prototype._compile;
    patch.compile = original;
    patch.patch();
    const theirs = prototype._compile;
    prototype._compile = ours;
    return theirs;
  };
  const restore = replaceMethod(prototype, '_compile', function _compile(this: unknown, ...args: Parameters<Compile>) {
    if (!isActive || !wants(hooks, args[1])) return original.apply(this, args);
    transforming ??= attempt(hooks, args[1], load) ?? original;
    return transforming.apply(this, args);
  });
  return () => {
    isActive = false;
    restore();
  };
}

function setupSyncHooks(module: ModuleBuiltin, hooks: LibraryHooks): Teardown {
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  let transforming: TracingHooks['sync'] | undefined;
  const load = (): TracingHooks['sync'] => {
    watchFailures(hooks);
    const sync = sdkRequire(`${PACKAGE}/hook-sync.mjs`) as TracingHooks['sync'];
    sync.initialize({ instrumentations: hooks.configs });
    return sync;
  };
  const registration = module.registerHooks!({
    load: (url, context, next) => {
      if (!url.startsWith('file:') || !wants(hooks, fileURLToPath(url))) return next(url, context);
      transforming ??= attempt(hooks, fileURLToPath(url), load);
      if (transforming === undefined) return next(url, context);
      transforming.resolve(url, context, () => ({ url }));
      return transforming.load(url, context, next);
    },
  });
  // It asks for itself.
  return () => registration.deregister();
}

function wants(hooks: LibraryHooks, file: string): boolean {
  if (attempt(hooks, file, () => hooks.wants(file)) !== true) return false;
  hookedFiles.add(file);
  return true;
}

/** A library that cannot be changed runs as it is. */
function attempt<T>(hooks: LibraryHooks, file: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    hooks.failed(hooks.packageOf(file), error);
    return undefined;
  }
}

function watchFailures(hooks: LibraryHooks): void {
  const { setDiagnosticsHook } = sdkRequire(`${PACKAGE}/lib/diagnostics.js`) as {
    setDiagnosticsHook(hook: (diagnostics: { moduleName: string; error?: unknown }) => void): void;
  };
  setDiagnosticsHook(({ moduleName, error }) => {
    if (error !== undefined) hooks.failed(moduleName, error);
  });
}
