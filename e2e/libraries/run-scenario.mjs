import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { build as viteBuild } from 'vite';
import { spanstream as spanstreamEsbuild } from '@spanstream/node/esbuild';
import { spanstream as spanstreamRollup } from '@spanstream/node/rollup';
import { spanstream as spanstreamVite } from '@spanstream/node/vite';
import { startBackend } from '../backend/start-backend.mjs';
import { startCommand } from '../process/start-program.mjs';

const folder = import.meta.dirname;
/** Modules in a bundle that is an ES module ask for `require`: https://esbuild.github.io/api/#format-esm */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
/** Native, optional, or found by its path. */
const UNBUNDLED = ['pg-native', 'kerberos', 'snappy', 'gcp-metadata', 'socks', 'aws4', 'mongodb-client-encryption'];

/** How a program can come to be traced. */
export const MODES = ['ESM', 'CommonJS', 'bundled'];

/**
 * Runs a scenario in a process of its own.
 * @param {string} name the file in `scenarios/`
 * @param {string} mode one of `MODES`, or the name of another bundler
 * @param {number} serverPort
 * @param {string} node the program of Node
 */
export async function runScenario(name, mode, serverPort = 0, node = process.execPath) {
  const backend = await startBackend();
  // Beside the scenarios, so that packages are found from there.
  const output = mkdtempSync(join(folder, '.run-'));
  const elsewhere = mkdtempSync(join(tmpdir(), 'spanstream-libraries-'));
  const env = {
    SENTRY_DSN: backend.dsn,
    SENTRY_TRACES_SAMPLE_RATE: '1',
    SENTRY_TRACE_LIFECYCLE: 'stream',
    SERVER_PORT: String(serverPort),
  };
  try {
    const { file, nodeArgs } = await prepare(name, mode, { output, elsewhere });
    const end = await startCommand(node, ['--no-deprecation', ...nodeArgs, file], { env, timeoutMs: 60_000 }).ended;
    return { ...end, spans: backend.spans, refusals: backend.refusals };
  } finally {
    await backend.close();
    rmSync(output, { recursive: true });
    rmSync(elsewhere, { recursive: true });
  }
}

async function prepare(name, mode, { output, elsewhere }) {
  mkdirSync(output, { recursive: true });
  const entry = join(output, 'program.mjs');
  const init = mode in BUNDLERS ? `import './init.mjs';\n` : '';
  writeFileSync(join(output, 'init.mjs'), "import { init } from '@spanstream/node';\ninit();\n");
  writeFileSync(
    entry,
    `${init}import * as sdk from '@spanstream/node';\nimport { scenario } from '../scenarios/${name}.mjs';\nimport { conform } from '../conform.mjs';\nvoid conform(sdk, scenario);\n`,
  );
  if (mode === 'ESM') return { file: entry, nodeArgs: ['--import', '@spanstream/node/register'] };
  if (mode === 'CommonJS') {
    const file = join(output, 'program.cjs');
    await build({ ...COMMON, entryPoints: [entry], outfile: file, format: 'cjs', packages: 'external' });
    return { file, nodeArgs: ['--require', '@spanstream/node/register'] };
  }
  const file = join(elsewhere, 'program.mjs');
  await BUNDLERS[mode](entry, file);
  return { file, nodeArgs: [] };
}

const COMMON = { bundle: true, platform: 'node', target: 'node20', logLevel: 'error', tsconfigRaw: '{}' };

const BUNDLERS = {
  bundled: (entry, outfile) =>
    build({
      ...COMMON,
      entryPoints: [entry],
      outfile,
      format: 'esm',
      banner: { js: REQUIRE },
      external: UNBUNDLED,
      plugins: [spanstreamEsbuild()],
    }),
  async rollup(input, file) {
    const plugins = [
      spanstreamRollup(),
      nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }),
      commonjs({ ignore: ['node:sqlite'] }),
      json(),
    ];
    const bundle = await rollup({ input, plugins, onwarn: () => {} });
    await bundle.write({ file, format: 'es', inlineDynamicImports: true });
    await bundle.close();
  },
  vite: (entry, file) =>
    viteBuild({
      root: dirname(entry),
      configFile: false,
      logLevel: 'error',
      plugins: [spanstreamVite()],
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        outDir: dirname(file),
        target: 'node20',
        rollupOptions: { output: { entryFileNames: 'program.mjs' } },
      },
    }),
};
