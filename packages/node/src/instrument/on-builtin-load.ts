import { subscribe, unsubscribe } from '../builtins.ts';
import { hasSyncHooks } from '../module-hooks.ts';

type Load = (url: string, context: unknown, next: (url: string, context: unknown) => unknown) => unknown;

/** Node’s `module` and `process` as far as their types do not know them. */
interface ModuleBuiltin {
  isBuiltin(id: string): boolean;
  /** Bun claims a version of Node that has it and has it not. */
  registerHooks?(hooks: { load: Load }): { deregister(): void };
}

interface ProcessWithList {
  /** What has been loaded of Node, as `NativeModule fs`. */
  readonly moduleLoadList?: readonly string[];
}

const CHANNELS = ['tracing:module.require:end', 'tracing:module.import:asyncStart'];

/**
 * Calls back once, when the program loads a module that is Node's own: what such a module costs at the start, or warns of, is
 * for those that use it. `id` is its name with `node:`. On Node before 24.13 an ES module's `import` is noticed by the warning
 * that its experimental modules give in the tick after.
 */
export function onBuiltinLoad(id: string, warning: RegExp, loaded: () => void): () => void {
  const module = process.getBuiltinModule('node:module') as unknown as ModuleBuiltin;
  if (!module.isBuiltin(id)) return () => undefined;
  let isOver = false;
  const once = (): void => {
    if (isOver) return;
    isOver = true;
    teardown();
    loaded();
  };
  const teardown = isLoaded(id) ? () => undefined : (watchLoads(module, id, once) ?? watchTraces(id, warning, once));
  if (isLoaded(id)) once();
  return () => {
    isOver = true;
    teardown();
  };
}

/** Whether anybody has loaded the module so far. @param id its name with `node:` */
export function isLoaded(id: string): boolean {
  const { moduleLoadList = [] } = process as ProcessWithList;
  return moduleLoadList.includes(`NativeModule ${id.slice('node:'.length)}`);
}

function watchLoads(module: ModuleBuiltin, id: string, loaded: () => void): (() => void) | undefined {
  if (!hasSyncHooks()) return undefined;
  const registration = module.registerHooks?.({
    load: (url, context, next) => {
      const result = next(url, context);
      if (url === id) loaded();
      return result;
    },
  });
  return registration && (() => registration.deregister());
}

/** https://nodejs.org/api/diagnostics_channel.html#modules; an `import` that is a statement is told to nobody. */
function watchTraces(id: string, warning: RegExp, loaded: () => void): () => void {
  const traced = (message: unknown): void => {
    const { id: required, url } = message as { readonly id?: unknown; readonly url?: unknown };
    if (required === id || url === id) loaded();
  };
  const warned = ({ name, message }: Error): void => {
    if (name === 'ExperimentalWarning' && warning.test(message)) loaded();
  };
  for (const channel of CHANNELS) subscribe(channel, traced);
  process.on('warning', warned);
  return () => {
    for (const channel of CHANNELS) unsubscribe(channel, traced);
    process.off('warning', warned);
  };
}
