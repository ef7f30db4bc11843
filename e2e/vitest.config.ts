import { defineConfig } from 'vitest/config';

/** Real processes and sockets on the built packages: `pnpm build` and `pnpm check pack` come first. */
export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['*/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
