import { getClient, init, registerEsmHooks } from '@spanstream/node';

const { isMainThread } = process.getBuiltinModule('node:worker_threads');

// Loader threads and workers inherit `--import` and `--require`; each worker decides for itself whether to call `init`.
if (isMainThread) {
  registerEsmHooks();
  if (getClient() === undefined) init();
}
