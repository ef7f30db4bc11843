import type { MessagePort } from 'node:worker_threads';
import type { Library } from './instrument/library.ts';
import { LibraryHooks } from './library-hooks.ts';

/** What the application's thread gives to this one. */
export interface EsmHooksData {
  readonly libraries: readonly Library[];
  readonly port: MessagePort;
}

type Next = (url: string, context: unknown) => Promise<unknown>;

interface TracingHooks {
  initialize(data: { instrumentations: LibraryHooks['configs'] }): Promise<void>;
  resolve(specifier: string, context: unknown, next: () => Promise<{ url: string }>): Promise<unknown>;
  load(url: string, context: unknown, next: Next): Promise<unknown>;
  setDiagnosticsHook(hook: (diagnostics: { moduleName: string; error?: unknown }) => void): void;
}

const { createRequire } = process.getBuiltinModule('node:module');
const { fileURLToPath } = process.getBuiltinModule('node:url');

let hooks: LibraryHooks | undefined;
let transforming: Promise<TracingHooks> | undefined;

/** Node calls it in the thread of its module hooks: https://nodejs.org/api/module.html#initialize */
export function initialize({ libraries, port }: EsmHooksData): void {
  hooks = new LibraryHooks(libraries, createRequire(import.meta.url), (report) => port.postMessage(report));
}

/** Node calls it with each ES module, and with CommonJS that one imports; the latter is changed in the application's thread. */
export async function load(url: string, context: unknown, next: Next): Promise<unknown> {
  if (!url.startsWith('file:') || hooks === undefined) return next(url, context);
  const theirs = await transformerFor(url, hooks);
  if (theirs === undefined) return next(url, context);
  await theirs.resolve(url, context, async () => ({ url }));
  return theirs.load(url, context, next);
}

/** Undefined where the module is to run as it is, also since it cannot be changed. */
async function transformerFor(url: string, ours: LibraryHooks): Promise<TracingHooks | undefined> {
  try {
    return ours.wants(fileURLToPath(url)) ? await (transforming ??= loadTransformer(ours)) : undefined;
  } catch (error) {
    ours.failed(url, error);
    return undefined;
  }
}

async function loadTransformer(ours: LibraryHooks): Promise<TracingHooks> {
  // @ts-expect-error -- it has no types
  const theirs = (await import('@apm-js-collab/tracing-hooks/hook.mjs')) as TracingHooks;
  theirs.setDiagnosticsHook(({ moduleName, error }) => {
    if (error !== undefined) ours.failed(moduleName, error);
  });
  await theirs.initialize({ instrumentations: ours.configs });
  return theirs;
}
