import { chmodSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { startCommand, startProgram } from '../process/start-program.mjs';

const require = createRequire(import.meta.url);

/** The entry and what it imports as one module, with the settings written in. */
async function bundle(entry, settings, options = { external: ['node:async_hooks'] }) {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    tsconfigRaw: {},
    define: { SETTINGS: JSON.stringify(settings) },
    ...options,
  });
  return outputFiles[0].text;
}

/** Writes it into an empty folder, where no runtime finds a configuration of this repository. */
function write(text) {
  const file = join(mkdtempSync(join(tmpdir(), 'spanstream-runtime-')), 'program.mjs');
  writeFileSync(file, text);
  return file;
}

/** Cloudflare's runtime, from the npm package that brings it. */
export async function startWorkerd(settings, compatibilityFlags = ['nodejs_compat'], entry = 'worker.mjs') {
  const said = [];
  const miniflare = new Miniflare({
    modules: true,
    script: await bundle(entry, settings),
    compatibilityDate: '2026-04-01',
    compatibilityFlags,
    handleRuntimeStdio: (out, err) => {
      for (const stream of [out, err]) stream.on('data', (chunk) => said.push(String(chunk)));
    },
  });
  const { href } = await miniflare.ready;
  return { url: href.replace(/\/$/, ''), said, stop: () => miniflare.dispose() };
}

const BUN = ['@oven/bun-linux-x64', 'bin/bun', 'run'];
const DENO = ['@deno/linux-x64-glibc', 'deno', 'run', '--no-lock', '--no-config', '--allow-all'];

export const startBun = (settings) => startServer(BUN, settings);
export const startDeno = (settings) => startServer(DENO, settings);

async function startServer(runtime, settings) {
  const program = start(runtime, write(await bundle('server.mjs', settings)));
  await program.said('listening');
  const [, port] = /port (\d+)/.exec(program.stdout);
  return {
    url: `http://127.0.0.1:${port}`,
    said: [],
    stop: async () => {
      program.kill('SIGTERM');
      await program.ended;
    },
  };
}

/** A program of the edge entry, to its end. */
export const endOnBun = async (settings) => start(BUN, write(await bundle('ending.mjs', settings))).ended;
export const endOnDeno = async (settings) => start(DENO, write(await bundle('ending.mjs', settings))).ended;

export const runOnNode = async (entry, env) => startProgram(write(await bundleForNode(entry)), { env }).ended;
export const runOnBun = async (entry, env) => start(BUN, write(await bundleForNode(entry)), env).ended;
export const runOnDeno = async (entry, env) => start(DENO, write(await bundleForNode(entry)), env).ended;

function bundleForNode(entry) {
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  return bundle(entry, {}, { platform: 'node', banner: { js: banner } });
}

function start([name, path, ...args], file, env = {}) {
  const binary = join(dirname(require.resolve(`${name}/package.json`)), path);
  if (!existsSync(binary)) throw new Error(`${name} has no ${path}`);
  chmodSync(binary, 0o755); // an installer that runs no scripts leaves it as it was packed
  return startCommand(binary, [...args, file], { env: { NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...env } });
}
