import { join } from 'node:path';
import { FOR_PAGES, packageConfig } from '../../rollup.base.mjs';

const [code, ...types] = packageConfig(import.meta.dirname, ['index', 'testing']);

const [{ plugins }] = packageConfig(import.meta.dirname, ['index'], FOR_PAGES);

const source = (file) => join(import.meta.dirname, 'src', file);

/**
 * For bundlers of pages the verbs of `tracing` are a file of their own: as a namespace inside another file none of them could be
 * left out. Servers have one file, since each costs their start 2 ms (Node 20).
 */
const page = {
  ...code,
  input: { index: 'page', tracing: source('trace/public.ts') },
  external: ['./tracing.mjs'],
  plugins: [
    {
      name: 'page-entry',
      resolveId: (id) => (id === 'page' ? id : null),
      load: (id) =>
        id === 'page' ? `export * from ${JSON.stringify(source('index.ts'))};\nexport * as tracing from './tracing.mjs';` : null,
    },
    ...plugins,
  ],
  makeAbsoluteExternalsRelative: false,
  output: {
    dir: join(import.meta.dirname, 'dist/page'),
    entryFileNames: '[name].mjs',
    chunkFileNames: 'shared.mjs',
    minifyInternalExports: false,
    format: 'es',
    sourcemap: true,
  },
};

export default [code, page, ...types];
