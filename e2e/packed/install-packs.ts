import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCommand, startProgram } from '../process/start-program.mjs';

const PACKS = fileURLToPath(new URL('../../.cache/packs/', import.meta.url));

/** An application in a folder of its own, into which npm has installed the tarballs of `scripts/pack.mjs`. */
export interface Application {
  readonly directory: string;
  write(file: string, text: string): string;
  run(
    file: string,
    options?: { nodeArgs?: string[]; env?: Record<string, string> },
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
  remove(): void;
}

/** Makes an empty application and installs the packages with npm, as its user would. */
export async function installPacks(type: 'module' | 'commonjs', packages: readonly string[]): Promise<Application> {
  const directory = mkdtempSync(join(tmpdir(), `spanstream-${type}-`));
  const write = (file: string, text: string): string => {
    writeFileSync(join(directory, file), text);
    return join(directory, file);
  };
  write('package.json', JSON.stringify({ name: 'application', version: '1.0.0', private: true, type }));
  const tarballs = packages.map(tarballOf);
  const install = startCommand('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], {
    cwd: directory,
    timeoutMs: 280_000,
  });
  const { code, stderr } = await install.ended;
  if (code !== 0) throw new Error(`npm install ended with ${code}: ${stderr}`);
  return {
    directory,
    write,
    run: (file, options = {}) => startProgram(join(directory, file), { cwd: directory, ...options }).ended,
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function tarballOf(name: string): string {
  const found = readdirSync(PACKS).filter((file) => new RegExp(`^spanstream-${name}-\\d`).test(file));
  if (found.length !== 1) throw new Error(`${found.length} tarballs of ${name} in ${PACKS}; \`pnpm check pack\` makes them`);
  return PACKS + found[0];
}
