import { FOR_PAGES, packageConfig } from '../../rollup.base.mjs';
import { cdnConfig } from './rollup.cdn.mjs';

export default [
  ...packageConfig(import.meta.dirname, ['index', 'stream', 'bare', 'async', 'zone', 'vite', 'rollup'], FOR_PAGES),
  ...cdnConfig(import.meta.dirname),
];
