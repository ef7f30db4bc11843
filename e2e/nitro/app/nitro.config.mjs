import { spanstream } from '@spanstream/node/rollup';
import { defineConfig } from 'nitro';

export default defineConfig({
  compatibilityDate: '2026-09-03',
  serverDir: './',
  tracingChannel: true,
  rollupConfig: { plugins: [spanstream()] },
});
