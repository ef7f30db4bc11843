export { create } from './none.mjs';

/** Only in `cold-start`: what loading any ES module costs before an SDK has done anything. */
export const label = 'empty ES module';
