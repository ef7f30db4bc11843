import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import dts from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';

/** `Symbol.dispose` is in no default `lib` of a user's tsconfig yet. */
const TYPES_BANNER = '/// <reference lib="esnext.disposable" />';

/** The constants of @sentry/conventions come minified in one line of 570 kB: no use in a source map. */
const unmappedConventions = {
  name: 'unmapped-conventions',
  transform: (code, id) => (id.includes('@sentry/conventions') ? { code, map: { mappings: '' } } : null),
};

/** What core gives to fetch-retry is text, never a `Request`, and asking for that global makes Node load its fetch (27 ms and 10 MB, Node 20). */
const REQUEST_CHECK = /typeof Request !== 'undefined' && input instanceof Request\s+\? input\.clone\(\)\s+: input/;

/** Its checks of options, of which it only gets what core gives: 0.2 kB. */
const OPTION_CHECKS = [
  /^  if \(.*\) \{\n    throw new ArgumentError\(.*\);\n  \}\n/gm,
  / else \{\n        throw new ArgumentError\(.*\);\n      \}/g,
];

/** fetch-retry is one CommonJS function: as a module it needs nothing around it. */
const fetchRetryModule = {
  name: 'fetch-retry-module',
  transform(code, id) {
    if (!id.includes('/fetch-retry/')) return null;
    if (!REQUEST_CHECK.test(code)) throw new Error('fetch-retry no longer looks for a Request as it did');
    const used = OPTION_CHECKS.reduce((text, checks) => text.replaceAll(checks, ''), code.replace(REQUEST_CHECK, 'input'));
    if (used.includes('new ArgumentError')) throw new Error('fetch-retry no longer checks its options as it did');
    return { code: used.replace('module.exports =', 'export default'), map: null };
  },
};

/** The files that each start of a server reads. */
const LOADED_BY_ALL = ['@spanstream/core', '@spanstream/node'];

/** One character beyond ASCII, in a comment too, and V8 keeps and reads the whole file as two bytes a character: 1 ms of each start (Node 20). */
const asciiOnly = {
  name: 'ascii-only',
  renderChunk(code, { fileName }) {
    const [found] = /.*[^\0-\x7f].*/.exec(code) ?? [];
    if (found !== undefined) throw new Error(`${fileName} is not ASCII: ${found.trim()}`);
    return null;
  },
};

/** Members that the constructor sets are not declared besides: 0.2 kB. Servers keep the form with which their speed was measured. */
export const FOR_PAGES = { useDefineForClassFields: false };

/**
 * Builds `src/<entry>.ts` of a package as ES module, CommonJS and rolled-up types for each.
 * Dependencies and peers stay imports; what is only a devDependency is inlined and tree-shaken:
 * `@sentry/conventions`, and `fetch-retry`, which as a CommonJS package of its own costs each start 5 ms (Node 20).
 * @param compilerOptions TypeScript's, as far as they change what is written
 */
export function packageConfig(directory, entries, compilerOptions = {}) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  // Its own name too: an entry that imports the main one by name leaves that in one file, and each file costs a start 2 ms (Node 20).
  const packages = [manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })];
  const shared = {
    input: Object.fromEntries(entries.map((entry) => [entry, join(directory, `src/${entry}.ts`)])),
    external: (id) => id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`)),
    onwarn: (warning) => {
      if (warning.code !== 'EMPTY_BUNDLE') throw new Error(warning.message); // the types of a side-effect entry are empty
    },
  };
  const output = (extension, options) => ({
    dir: join(directory, 'dist'),
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `shared.${extension}`,
    minifyInternalExports: false,
    ...options,
  });
  return [
    {
      ...shared,
      plugins: [
        nodeResolve({ extensions: ['.mjs', '.js', '.ts'] }),
        fetchRetryModule,
        commonjs(),
        unmappedConventions,
        esbuild({
          target: 'es2022',
          define: { __SDK_VERSION__: JSON.stringify(manifest.version) },
          tsconfig: false,
          tsconfigRaw: { compilerOptions },
        }),
        LOADED_BY_ALL.includes(manifest.name) && asciiOnly,
      ],
      output: [output('mjs', { format: 'es', sourcemap: true }), output('cjs', { format: 'cjs', sourcemap: true, exports: 'named' })],
    },
    {
      ...shared,
      // `paths` leads to the sources of sibling packages; here their built types count.
      plugins: [
        dts({ tsconfig: join(directory, 'tsconfig.json'), compilerOptions: { paths: {} }, includeExternal: ['@sentry/conventions'] }),
      ],
      output: ['d.mts', 'd.cts'].map((extension) => output(extension, { format: 'es', banner: TYPES_BANNER })),
    },
  ];
}
