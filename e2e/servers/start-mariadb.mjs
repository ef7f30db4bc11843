import { findProgram, freePort, idsOf, makeFolder, runToEnd, startServer } from './start-server.mjs';

const findInstaller = () => findProgram('mariadb-install-db', '/usr/bin/mariadb-install-db');

/** Whether MariaDB is installed. */
export const hasMariaDb = () => findInstaller() !== undefined && findProgram('mariadbd', '/usr/sbin/mariadbd') !== undefined;

/** MariaDB with the database `test` and the user `root`, without a password. */
export async function startMariaDb() {
  const ids = idsOf('mysql');
  const folder = makeFolder('mariadb', ids);
  const port = await freePort();
  runToEnd(
    findInstaller(),
    ['--no-defaults', `--datadir=${folder}`, '--auth-root-authentication-method=normal', '--skip-name-resolve'],
    ids,
  );
  const args = [
    '--no-defaults',
    `--datadir=${folder}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${folder}/socket`,
    '--skip-name-resolve',
  ];
  return startServer({ program: findProgram('mariadbd', '/usr/sbin/mariadbd'), args, port, folder, ids });
}
