export { create } from './spanstream.mjs';

/** Only in `cold-start`: with the hooks for libraries that are ES modules, as `--import @spanstream/node/register` sets them up. */
export const label = 'spanstream, register';
export const packages = ['@spanstream/node'];
