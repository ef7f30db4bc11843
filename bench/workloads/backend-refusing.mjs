export { run, size } from './backend.mjs';
export const backend = 'refusing';
export const endsByItself = true;
