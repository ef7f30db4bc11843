import { execFileSync } from 'node:child_process';
import { root } from './packages.mjs';

/** The Node 24 that checks run on. */
export const NODE_24 = '24.21.0';

/** Its program, from npm's `node` unless this is one as new; throws where npm cannot bring it. */
export function findNode24() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  const path = execFileSync('npx', ['-y', '-p', `node@${NODE_24}`, 'node', '-p', 'process.execPath'], { cwd: root, encoding: 'utf8' });
  return path.trim();
}
