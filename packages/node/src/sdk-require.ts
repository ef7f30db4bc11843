/**
 * Loads what only some programs need, from where the SDK is, else from where the program is: a bundle in CommonJS has no URL
 * of its own. Throws where it is not installed.
 */
export function sdkRequire(name: string): unknown {
  const { createRequire } = process.getBuiltinModule('node:module');
  // Written out: bundlers know it in this form alone.
  const url = import.meta.url as string | undefined;
  return createRequire(url ?? process.argv[1] ?? `${process.cwd()}/program`)(name);
}
