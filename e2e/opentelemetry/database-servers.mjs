import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** @typedef {{ port: number, stop: () => Promise<void> }} DatabaseServer */

const START_TIMEOUT_MS = 30_000;

/** The folder of PostgreSQL's programs; undefined where it is not installed. */
export function postgresFolder() {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').toSorted() : [];
  const folders = [...versions.reverse().map((version) => `/usr/lib/postgresql/${version}/bin`), '/usr/local/bin', '/usr/bin'];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** The program `redis-server`; undefined where it is not installed. */
export function redisProgram() {
  return ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((path) => existsSync(path));
}

/** Starts PostgreSQL with an empty database of its own that anybody on loopback may use. */
export async function startPostgres() {
  const programs = postgresFolder();
  const owner = serverOwner();
  const data = temporaryFolder('postgres', owner);
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8'], {
    ...owner,
    cwd: data,
    stdio: 'ignore',
  });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', data, '-F'];
  return startServer({ program: join(programs, 'postgres'), args, port, data, owner, signal: 'SIGINT' });
}

/** Starts Redis without persistence. */
export async function startRedis() {
  const data = temporaryFolder('redis', {});
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', data];
  return startServer({ program: redisProgram(), args, port, data, owner: {}, signal: 'SIGTERM' });
}

/** PostgreSQL refuses to run as root. */
function serverOwner() {
  if (userInfo().uid !== 0) return {};
  const id = (kind) => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function temporaryFolder(name, { uid, gid }) {
  const folder = mkdtempSync(join(tmpdir(), `spanstream-${name}-`));
  chmodSync(folder, 0o700);
  if (uid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

/** @returns {Promise<DatabaseServer>} */
async function startServer({ program, args, port, data, owner, signal }) {
  const child = spawn(program, args, { ...owner, cwd: data, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill(signal);
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} does not answer:\n${errors}`);
    }
  }
  return { port, stop };
}

/** Whether somebody listens; the answer takes a moment, so that asking again is no busy loop. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 50, false));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
