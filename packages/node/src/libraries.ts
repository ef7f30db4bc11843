export type { Library } from './instrument/library.ts';
export { libraries } from './libraries/libraries.ts';
