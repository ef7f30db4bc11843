import { findNode24, NODE_24 } from '../../scripts/node-24.mjs';

export { NODE_24 };

/**
 * The program of Node 24, for what earlier ones do not have. Undefined: npm cannot bring it, and nothing asks for it as CI does.
 * @type {string | undefined}
 */
export const node24 = find();

function find() {
  try {
    return findNode24();
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return undefined;
  }
}
