import { getClient, init, registerEsmHooks } from '@spanstream/node';

const { isMainThread } = process.getBuiltinModule('node:worker_threads');
/**
 * Node's thread for hooks takes the flags over, and there Node 22 cannot `require` what is an ES module: it would end with
 * ERR_METHOD_NOT_IMPLEMENTED. A program with this flag is one of CommonJS, which needs no such thread.
 */
const REQUIRED = /(?:--require|-r)[= ]\S*@spanstream\/node\/register/;

// Loader threads and workers inherit `--import` and `--require`; each worker decides for itself whether to call `init`.
if (isMainThread) {
  if (!REQUIRED.test(`${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`)) registerEsmHooks();
  if (getClient() === undefined) init();
}
