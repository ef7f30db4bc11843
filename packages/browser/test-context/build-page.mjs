import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parseAst } from 'rollup/parseAst';

const PAGE = fileURLToPath(new URL('page.mjs', import.meta.url));

/**
 * The judging page as one script, whose exports are in the global `page`.
 * @param options `plugin`: a context plugin that prepares the flows; `isLowered`: async functions become generators, as the Angular
 * CLI makes them; `zone`: with zone.js; `alias`: where packages are found
 */
export async function buildPage({ plugin, isLowered = false, zone = false, alias = {}, version = '0.0.0' } = {}) {
  const entry = `${zone ? "import '@spanstream/browser/zone';" : ''} export * from ${JSON.stringify(PAGE)};`;
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    logLevel: 'error',
    format: 'iife',
    globalName: 'page',
    target: 'esnext',
    define: { __SDK_VERSION__: JSON.stringify(version) },
    alias,
    tsconfigRaw: '{}', // whose `paths` lead to the sources of some entries
    ...(isLowered && { supported: { 'async-await': false, 'for-await': false, 'async-generator': false } }),
    plugins: plugin ? [asEsbuildPlugin(plugin)] : [],
  });
  return outputFiles[0].text;
}

/** Only the flows are application code here. */
function asEsbuildPlugin({ transform }) {
  return {
    name: 'context',
    setup: ({ onLoad }) =>
      onLoad({ filter: /interleaved-flows\.mjs$/ }, async ({ path }) => {
        const result = transform.handler.call({ parse: parseAst }, await readFile(path, 'utf8'), path);
        return { contents: result.code, loader: 'js' };
      }),
  };
}
