import { packageConfig } from '../../rollup.base.mjs';

const SILENT = 'const silent = () => {}; export default { diag: { debug: silent, info: silent, warn: silent, error: silent } };';

/**
 * The serialisers tell their faults to the logger of `@opentelemetry/api`, which brings all of that package along: 90 kB, and a
 * second copy of it beside the application's. What else is read from it is shaken off.
 */
const silentApi = {
  name: 'silent-api',
  resolveId: (id) => (id === '@opentelemetry/api' ? '\0silent-api' : null),
  load: (id) => (id === '\0silent-api' ? { code: SILENT, syntheticNamedExports: true, moduleSideEffects: false } : null),
};

const [code, types] = packageConfig(import.meta.dirname, ['index']);
export default [{ ...code, treeshake: { moduleSideEffects: 'no-external' }, plugins: [silentApi, ...code.plugins] }, types];
