import { readFileSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import dts from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const external = [/^node:/, ...Object.keys(dependencies)];

export default [
  {
    input: { index: 'src/index.ts', cli: 'src/cli.ts' },
    external,
    // What the doctor knows of libraries comes with it.
    plugins: [nodeResolve({ extensions: ['.mjs', '.js', '.ts'] }), esbuild({ target: 'node20', tsconfig: false })],
    output: { dir: 'dist', format: 'es', entryFileNames: '[name].js', chunkFileNames: 'codemod.js' },
  },
  {
    input: 'src/index.ts',
    external,
    plugins: [dts({ tsconfig: 'tsconfig.json' })],
    output: { file: 'dist/index.d.ts', format: 'es' },
  },
];
