import { readFileSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Tests run on the sources; with SPANSTREAM_TEST_DIST=1 those that import a package by its name run on what `pnpm build` made.
const onDist = process.env['SPANSTREAM_TEST_DIST'] === '1';

const path = (relative: string) => new URL(relative, import.meta.url).pathname;
const entry = (folder: string, name: string) => path(onDist ? `packages/${folder}/dist/${name}.mjs` : `packages/${folder}/src/${name}.ts`);
const version = (JSON.parse(readFileSync(path('packages/core/package.json'), 'utf8')) as { version: string }).version;

const testFiles = ['packages', 'scripts'].flatMap((folder) =>
  readdirSync(path(folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => /^(packages\/[^/]+\/src|scripts)\/.*\.test\.(ts|mjs)$/.test(file)),
);
const runsOnDist = (file: string) => file.includes('shipped') || /from '@spanstream\//.test(readFileSync(path(file), 'utf8'));

export default defineConfig({
  define: { __SDK_VERSION__: JSON.stringify(version) },
  resolve: {
    alias: [
      { find: /^@spanstream\/core$/, replacement: entry('core', 'index') },
      { find: /^@spanstream\/core\/testing$/, replacement: entry('core', 'testing') },
      { find: /^@spanstream\/node$/, replacement: entry('node', 'index') },
      { find: /^@spanstream\/node\/libraries$/, replacement: entry('node', 'libraries') },
      { find: /^@spanstream\/browser$/, replacement: entry('browser', 'index') },
      { find: /^@spanstream\/otlp$/, replacement: entry('otlp', 'index') },
      { find: /^@spanstream\/opentelemetry$/, replacement: entry('opentelemetry', 'index') },
    ],
  },
  test: {
    include: onDist ? testFiles.filter(runsOnDist) : ['packages/*/src/**/*.test.ts', 'scripts/*.test.mjs'],
    exclude: onDist ? [] : ['scripts/shipped.test.mjs'],
    pool: 'forks',
    maxWorkers: 2,
    // Many tests start processes or bundle; on a machine that others use too that takes several times as long. Nothing is proven by it.
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
