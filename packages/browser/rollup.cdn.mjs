import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import esbuild from 'rollup-plugin-esbuild';
import { minify } from 'terser';
import { FOR_PAGES } from '../../rollup.base.mjs';

const GLOBAL = 'SpanStream';
const ZONE_ENTRY = 'spanstream:zone';

/** Terser's output is 4 % smaller after gzip than esbuild's, and nobody minifies these files again. */
const minified = {
  name: 'minified',
  async renderChunk(code, _chunk, { sourcemap }) {
    const { code: smaller, map } = await minify(code, {
      ecma: 2020,
      sourceMap: sourcemap ? { asObject: true } : false,
      compress: { passes: 2, unsafe_arrows: true },
      format: { comments: false },
    });
    return { code: smaller, map };
  },
};

/** Writes the hash of each script for its `integrity` attribute into `dist/integrity.json`, and prints it. */
function integrity(directory) {
  return {
    name: 'integrity',
    writeBundle(_options, bundle) {
      const path = join(directory, 'dist/integrity.json');
      const hashes = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
      for (const [name, { type }] of Object.entries(bundle)) {
        if (type !== 'chunk') continue;
        hashes[name] = `sha384-${createHash('sha384')
          .update(readFileSync(join(directory, 'dist', name)))
          .digest('base64')}`;
        console.log(`${name} ${hashes[name]}`);
      }
      mkdirSync(join(directory, 'dist'), { recursive: true });
      const built = Object.entries(hashes).filter(([name]) => existsSync(join(directory, 'dist', name)));
      writeFileSync(path, `${JSON.stringify(Object.fromEntries(built.sort()), null, 2)}\n`);
    },
  };
}

/** The zone variant brings zone.js in front of the same script. */
function zoneEntry(directory) {
  return {
    name: 'zone-entry',
    resolveId: (id) => (id === ZONE_ENTRY ? id : null),
    load: (id) =>
      id === ZONE_ENTRY
        ? `import ${JSON.stringify(join(directory, 'src/zone.ts'))};\nexport * from ${JSON.stringify(join(directory, 'src/cdn.ts'))};`
        : null,
  };
}

/** The files for pages without a bundler: one script each, with everything in it, and the loader to inline in a page. */
export function cdnConfig(directory) {
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const script = (input, file, output) => ({
    input,
    plugins: [
      zoneEntry(directory),
      nodeResolve({ browser: true, extensions: ['.mjs', '.js', '.ts'] }),
      commonjs(),
      esbuild({
        target: 'es2022',
        define: { __SDK_VERSION__: JSON.stringify(version) },
        tsconfig: false,
        tsconfigRaw: { compilerOptions: FOR_PAGES },
      }),
      minified,
      integrity(directory),
    ],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
    output: { file: join(directory, 'dist', file), format: 'iife', generatedCode: 'es2015', ...output },
  });
  const named = { name: GLOBAL, sourcemap: true };
  return [
    script(join(directory, 'src/cdn.ts'), 'spanstream.min.js', named),
    script(join(directory, 'src/cdn-stream.ts'), 'spanstream.stream.min.js', named),
    ...(existsSync(join(directory, 'src/zone.ts')) ? [script(ZONE_ENTRY, 'spanstream.zone.min.js', named)] : []),
    // A page's own policy may list it by its hash; a map would be asked for from the page's address.
    script(join(directory, 'src/loader.ts'), 'loader.min.js', { sourcemap: false }),
  ];
}
