import { packageConfig } from '../../rollup.base.mjs';

export default [
  ...packageConfig(import.meta.dirname, ['index', 'register']),
  // Each a file of its own: what a server loads is not what a worker loads.
  ...packageConfig(import.meta.dirname, ['edge']),
];
