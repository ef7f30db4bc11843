import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import dts from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';

/** Only Node's own modules stay imports: `npx` then installs one package and nothing else. */
const external = /^node:/;

export default [
  {
    input: { index: 'src/index.ts', cli: 'src/cli.ts' },
    external,
    plugins: [
      nodeResolve({ preferBuiltins: true, extensions: ['.mjs', '.js', '.ts'] }),
      commonjs(),
      esbuild({ target: 'node20', legalComments: 'inline', tsconfig: false }),
    ],
    output: { dir: 'dist', format: 'es', entryFileNames: '[name].js', chunkFileNames: 'viewer.js' },
  },
  {
    input: 'src/index.ts',
    external,
    plugins: [dts({ tsconfig: 'tsconfig.json' })],
    output: { file: 'dist/index.d.ts', format: 'es' },
  },
];
