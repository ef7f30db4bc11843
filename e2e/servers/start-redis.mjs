import { findProgram, freePort, makeFolder, startServer } from './start-server.mjs';

/** Whether Redis is installed. */
export const hasRedis = () => findProgram('redis-server') !== undefined;

/** Redis that keeps nothing. */
export async function startRedis() {
  const folder = makeFolder('redis');
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  return startServer({ program: findProgram('redis-server'), args, port, folder });
}
