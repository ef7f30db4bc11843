import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where programs run and `--import` looks for packages, wherever the tests were started. */
const DIRECTORY = fileURLToPath(new URL('..', import.meta.url));
/** What programs inherit; no NODE_OPTIONS and no variable of the SDK, whatever the tests run in. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'CHROMIUM_PATH', 'npm_config_registry', 'npm_config_cache'];

/**
 * How a process ended.
 * @typedef {{ code: number | null, signal: string | null, at: number, stdout: string, stderr: string }} End
 */

/**
 * Runs one of `programs/` (or any file) with Node in a process of its own, killed when it takes too long.
 * @param {string} file
 * @param {{ args?: string[], nodeArgs?: string[], env?: Record<string, string>, cwd?: string, timeoutMs?: number }} options
 */
export function startProgram(file, options = {}) {
  return new Program(process.execPath, [...(options.nodeArgs ?? []), pathOf(file), ...(options.args ?? [])], options);
}

/**
 * Runs any command.
 * @param {string} command
 * @param {string[]} args
 */
export function startCommand(command, args, options = {}) {
  return new Program(command, args, options);
}

class Program {
  stdout = '';
  stderr = '';
  /** @type {Promise<End>} */
  ended;
  /** @type {End | undefined} */
  end;
  #child;
  /** @type {Set<() => void>} */
  #watchers = new Set();

  constructor(command, args, { env = {}, cwd = DIRECTORY, timeoutMs = 50_000 }) {
    const inherited = Object.fromEntries(INHERITED.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
    const child = spawn(command, args, { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text) => this.#hear('stdout', text));
    child.stderr.setEncoding('utf8').on('data', (text) => this.#hear('stderr', text));
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    this.ended = new Promise((resolve, reject) => {
      let at = 0;
      child.on('error', reject);
      child.on('exit', () => (at = Date.now()));
      child.on('close', (code, signal) => {
        clearTimeout(killer);
        this.end = { code, signal, at, stdout: this.stdout, stderr: this.stderr };
        resolve(this.end);
        for (const watch of this.#watchers) watch();
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.#child.kill(signal);
  }

  /** Waits until the standard output has this text in it. */
  async said(text, timeoutMs = 20_000) {
    if (this.stdout.includes(text)) return;
    await new Promise((resolve, reject) => {
      const end = (settle) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        settle();
      };
      const fail = (why) => reject(new Error(`${why} before ${JSON.stringify(text)}\n${this.stdout}\n${this.stderr}`));
      const watch = () => {
        if (this.stdout.includes(text)) end(resolve);
        else if (this.end !== undefined) end(() => fail(`ended with ${this.end?.code ?? this.end?.signal}`));
      };
      const timer = setTimeout(() => end(() => fail(`${timeoutMs} ms passed`)), timeoutMs);
      this.#watchers.add(watch);
    });
  }

  #hear(stream, text) {
    this[stream] += text;
    for (const watch of this.#watchers) watch();
  }
}

/**
 * What a program wrote as its last line of standard output: JSON.
 * @param {End} end
 * @returns {any}
 */
export function lastReport(end) {
  const line = end.stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`no report; ended with ${end.code ?? end.signal}\n${end.stdout}\n${end.stderr}`);
  return JSON.parse(line);
}

function pathOf(file) {
  return file.startsWith('/') ? file : fileURLToPath(new URL(`../programs/${file}`, import.meta.url));
}
