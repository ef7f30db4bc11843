/** Bytes that users' pages load, gzip, of what was built. The limits are what is reached; the target in a name is where it should go. */
const bundle = (name, path, limit) => ({
  name,
  path,
  gzip: true,
  limit,
  modifyEsbuildConfig: (config) => ({ ...config, target: 'es2022', tsconfigRaw: {} }),
});

export default [
  bundle('init + startSpan + stream delivery (target 8 kB)', 'bench/size/spanstream-minimal.mjs', '34.9 kB'),
  bundle('the default page (target 16 kB)', 'bench/size/spanstream-page.mjs', '42.5 kB'),
  bundle('the default page, static lifecycle included', 'bench/size/spanstream-both.mjs', '50.1 kB'),
  bundle('the script for pages without a bundler, streams only', 'packages/browser/dist/spanstream.stream.min.js', '49.1 kB'),
  bundle('the script with the static lifecycle as well', 'packages/browser/dist/spanstream.min.js', '56.4 kB'),
  bundle('the loader (target 1 kB)', 'packages/browser/dist/loader.min.js', '1 kB'),
];
