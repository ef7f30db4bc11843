import { packageConfig } from '../../rollup.base.mjs';

export default [
  ...packageConfig(import.meta.dirname, ['index', 'register']),
  // Each a file of its own: what a server loads is not what a worker loads.
  ...packageConfig(import.meta.dirname, ['edge']),
  // For a thread of its own and for bundlers: each file more that the application loads costs its start 2 ms (Node 20).
  ...['esm-hooks', 'rollup', 'vite', 'esbuild', 'libraries'].flatMap((entry) => packageConfig(import.meta.dirname, [entry])),
];
