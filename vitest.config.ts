import { defineConfig } from 'vitest/config';

const source = (name: string) => new URL(`./packages/${name}/src/index.ts`, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@spanstream\/core$/, replacement: source('core') },
      { find: /^@spanstream\/core\/testing$/, replacement: new URL('./packages/core/src/testing.ts', import.meta.url).pathname },
      { find: /^@spanstream\/node$/, replacement: source('node') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
