import type { LibraryReport } from './library-files.ts';
import { libraries } from './libraries/libraries.ts';
import { hasSyncHooks } from './module-hooks.ts';

/** What the thread of the hooks has said; read by whoever is client then. */
let listener: ((report: LibraryReport) => void) | undefined;
const early: LibraryReport[] = [];
let isRegistered = false;

/**
 * Lets libraries that are ES modules be traced too, on Node before 24.13, whose hooks for them have a thread of their own
 * (60 ms of CPU at the start). Must run before the application is loaded: `--import @spanstream/node/register` does, and so
 * does a file of your own that `--import` names. Does nothing where `init` alone is enough.
 */
export function registerEsmHooks(): void {
  if (isRegistered || hasSyncHooks()) return;
  isRegistered = true;
  const { MessageChannel } = process.getBuiltinModule('node:worker_threads');
  const { register } = process.getBuiltinModule('node:module');
  const { port1, port2 } = new MessageChannel();
  port1.on('message', (report: LibraryReport) => (listener === undefined ? early.push(report) : listener(report)));
  port1.unref();
  try {
    register('./esm-hooks.mjs', { parentURL: import.meta.url, data: { libraries, port: port2 }, transferList: [port2] });
  } catch (error) {
    // No such file beside a bundle, no threads under Node’s permission model.
    port1.close();
    const detail = error instanceof Error ? error.message : String(error);
    early.push({ packageName: 'What is an ES module', version: 'unknown', state: 'failed', detail });
  }
}

/** Passes on what the hooks say of libraries, also what they said before. */
export function onLibraryReport(report: (report: LibraryReport) => void): () => void {
  listener = report;
  for (const past of early.splice(0)) report(past);
  return () => {
    if (listener === report) listener = undefined;
  };
}
