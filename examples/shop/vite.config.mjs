import { spanstream } from '@spanstream/browser/vite';

export default {
  root: 'page',
  // The active span survives `await` in the page's functions.
  plugins: [spanstream()],
  build: { outDir: '../dist', emptyOutDir: true },
  logLevel: 'warn',
};
