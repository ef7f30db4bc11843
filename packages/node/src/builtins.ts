/**
 * Node's own modules, taken without an `import`: for that, Node reads each export of the module, and with it loads what is
 * loaded on first use only, such as all of web crypto (Node 20: lib/internal/bootstrap/realm.js, `syncExports`).
 */
const { getBuiltinModule } = process;

export const { AsyncLocalStorage, AsyncResource } = getBuiltinModule('node:async_hooks');
export const { channel, subscribe, tracingChannel, unsubscribe } = getBuiltinModule('node:diagnostics_channel');
export const { errorMonitor } = getBuiltinModule('node:events');
export const { performance } = getBuiltinModule('node:perf_hooks');
