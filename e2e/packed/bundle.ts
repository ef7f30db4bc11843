import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';

/** CommonJS packages in a bundle that is an ES module ask for `require`: https://esbuild.github.io/api/#format-esm */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Bundles everything but Node's own modules into one file, CommonJS or an ES module by its extension. */
export async function bundleWithEsbuild(input: string, output: string): Promise<void> {
  const isModule = output.endsWith('.mjs');
  await build({
    entryPoints: [input],
    outfile: output,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: isModule ? 'esm' : 'cjs',
    logLevel: 'error',
    ...(isModule ? { banner: { js: REQUIRE } } : {}),
  });
}

/** As `bundleWithEsbuild`, with rollup. Its plugin would load undici's optional `node:sqlite`, which Node 20 lacks, at the start. */
export async function bundleWithRollup(input: string, output: string): Promise<void> {
  const bundle = await rollup({
    input,
    plugins: [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs({ ignore: ['node:sqlite'] }), json()],
    onwarn: () => {},
  });
  await bundle.write({ file: output, format: output.endsWith('.mjs') ? 'es' : 'cjs', inlineDynamicImports: true });
  await bundle.close();
}
