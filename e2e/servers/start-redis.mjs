import { findProgram, freePort, makeFolder, startServer } from './start-server.mjs';

/** Servers of a cluster talk to each other on their port and this, unless told otherwise. */
const BUS_OFFSET = 10_000;
const MAX_PORT = 65_535;

/** Whether Redis is installed. */
export const hasRedis = () => findProgram('redis-server') !== undefined;

/** Redis that keeps nothing. */
export const startRedis = async () => start(await freePort(), []);

/** A server that may be part of a cluster; it has no slots yet. */
export async function startRedisOfCluster() {
  let port = await freePort();
  while (port + BUS_OFFSET > MAX_PORT) port = await freePort();
  return start(port, ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
}

function start(port, flags) {
  const folder = makeFolder('redis');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...flags];
  return startServer({ program: findProgram('redis-server'), args, port, folder });
}
