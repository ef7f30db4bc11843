import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/**
 * Builds a page's script for production as an application would, the built package inside.
 * @param {string} name a file of `pages/`, without its extension
 * @returns {Promise<string>}
 */
export async function bundlePage(name) {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('.', import.meta.url)),
    build: {
      write: false,
      rollupOptions: { input: fileURLToPath(new URL(`pages/${name}.mjs`, import.meta.url)) },
    },
  });
  const [{ code }] = output.output.filter(({ type }) => type === 'chunk');
  return code;
}
