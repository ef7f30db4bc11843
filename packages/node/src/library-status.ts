import type { Client, Teardown } from '@spanstream/core';
import { onLibraryReport } from './esm-registration.ts';
import type { Library } from './instrument/library.ts';
import { libraries } from './libraries/libraries.ts';
import type { LibraryReport } from './library-files.ts';
import { LibraryHooks } from './library-hooks.ts';
import { hookedFiles, setupModuleHooks } from './module-hooks.ts';
import { sdkRequire } from './sdk-require.ts';

/** Hooks the libraries that are loaded from here on, and says once of each that is not traced why. */
export function setupLibraryHooks(client: Client): Teardown {
  const { diagnostics } = client.parts;
  const traced = libraries.filter(({ integration }) => client.integrationNames.has(integration));
  const report = ({ packageName, version, state, detail }: LibraryReport): void => {
    if (state === 'instrumented') {
      // Where OpenTelemetry's instrumentation of it is there as well, one of the two records.
      if (traced.some(({ packages }) => packageName in packages)) (client.recorded ??= new Set()).add(packageName);
      return diagnostics.debug(`library ${packageName} ${version}`, `${packageName} ${version} is traced.`);
    }
    diagnostics.warn(
      `library ${packageName}`,
      state === 'unsupported'
        ? `${packageName} ${version} is no version that is traced (${detail}): it runs as it is.`
        : `${packageName} could not be instrumented and runs as it is: ${detail}`,
    );
  };
  return diagnostics.guard(
    'Module hooks',
    () => {
      const early = loadedPackages(traced);
      if (early.length > 0)
        diagnostics.warn(
          'loaded early',
          `${early.join(', ')} ${early.length === 1 ? 'was' : 'were'} loaded before init and cannot be traced. ` +
            'Call init first, or start with node --import @spanstream/node/register.',
        );
      const teardowns = [setupModuleHooks(traced, report), onLibraryReport(report)];
      return () => teardowns.forEach((teardown) => teardown());
    },
    () => undefined,
  );
}

/** CommonJS packages that would have had to be changed and are already there. */
function loadedPackages(traced: readonly Library[]): string[] {
  const { _cache: cache } = process.getBuiltinModule('node:module') as unknown as { _cache: Record<string, unknown> };
  const files = Object.keys(cache);
  if (files.length === 0) return [];
  const hooks = new LibraryHooks(traced, sdkRequire, () => undefined);
  const late = files.filter((file) => !hookedFiles.has(file) && hooks.wants(file));
  return [...new Set(late.map((file) => hooks.packageOf(file)))];
}
