export { run, size } from './backend.mjs';
export const backend = 'hanging';
export const endsByItself = true;
