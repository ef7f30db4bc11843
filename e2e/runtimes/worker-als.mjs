import { AsyncLocalStorage } from 'node:async_hooks';

// What docs/runtimes.md says for workers with the flag `nodejs_als` alone.
globalThis.AsyncLocalStorage ??= AsyncLocalStorage;

const { default: worker } = await import('./worker.mjs');
export default worker;
