import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_TIMEOUT_MS = 60_000;
const RETRY_MS = 50;

/**
 * A server of the machine's own packages, on loopback, with its data in a folder that goes with it.
 * @typedef {{ port: number, stop(): Promise<void> }} RunningServer
 */

/** The first of these files that exists, else what `command -v` finds. */
export function findProgram(name, ...files) {
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) return found;
  const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return stdout.trim() === '' ? undefined : stdout.trim();
}

/** The user's ids: servers that refuse to run as root are run as theirs. Undefined where this process is not root. */
export function idsOf(user) {
  if (process.getuid?.() !== 0) return undefined;
  const read = (flag) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout.trim());
  return { uid: read('-u'), gid: read('-g') };
}

export function makeFolder(name, ids) {
  const folder = mkdtempSync(join(tmpdir(), `spanstream-${name}-`));
  chmodSync(folder, 0o700);
  if (ids !== undefined) chownSync(folder, ids.uid, ids.gid);
  return folder;
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a program to its end; throws what it said when it failed. */
export function runToEnd(program, args, ids) {
  const { status, stderr, stdout } = spawnSync(program, args, { ...ids, encoding: 'utf8', cwd: '/' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}${stderr}`);
}

/**
 * Starts a server and waits until its port answers; a server that takes one of its own choice says which on its standard error,
 * where `port` finds it.
 * @returns {Promise<RunningServer>}
 */
export async function startServer({ program, args, port, folder, ids, env = process.env, stopSignal = 'SIGTERM' }) {
  const child = spawn(program, args, { ...ids, env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const gone = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null) child.kill(stopSignal);
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  const findPort = () => (typeof port === 'function' ? port(said) : port);
  while (!(await isListening(findPort()))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} does not listen on ${findPort()}: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return { port: findPort(), stop };
}

async function isListening(port) {
  if (port === undefined) return false;
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}
