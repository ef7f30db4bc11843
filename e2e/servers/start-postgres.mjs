import { readdirSync, existsSync } from 'node:fs';
import { findProgram, freePort, idsOf, makeFolder, runToEnd, startServer } from './start-server.mjs';

const DEBIAN = '/usr/lib/postgresql';

function find(name) {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  return findProgram(name, ...versions.map((version) => `${DEBIAN}/${version}/bin/${name}`));
}

/** Whether PostgreSQL is installed. */
export const hasPostgres = () => find('initdb') !== undefined;

/** PostgreSQL with the database and the user `postgres`, without a password. */
export async function startPostgres() {
  const ids = idsOf('postgres');
  const folder = makeFolder('postgres', ids);
  const port = await freePort();
  runToEnd(find('initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'], ids);
  const args = ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'];
  return startServer({ program: find('postgres'), args, port, folder, ids, stopSignal: 'SIGINT' });
}
