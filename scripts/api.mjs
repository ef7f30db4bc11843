/** Compares the rolled-up types of each built package with the copy under `api/`; `--write` renews the copies. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hasCondition, publishedPackages, root } from './packages.mjs';

const target = process.argv.includes('--write') ? 'api' : '.cache/api';

function report({ directory, manifest }) {
  const files = readdirSync(`${directory}/dist`).filter((file) => /\.d\.m?ts$/.test(file));
  if (files.length === 0) throw new Error(`${manifest.name} has no built types: run \`pnpm build\``);
  return files.map((file) => `// ${manifest.name}: ${file}\n${readFileSync(`${directory}/dist/${file}`, 'utf8')}`).join('\n');
}

rmSync(`${root}${target}`, { recursive: true, force: true });
mkdirSync(`${root}${target}`, { recursive: true });
for (const entry of publishedPackages().filter((candidate) => hasCondition(candidate, 'types')))
  writeFileSync(`${root}${target}/${entry.folder}.d.ts`, report(entry));

if (target !== 'api') {
  try {
    execFileSync('git', ['diff', '--no-index', '--exit-code', 'api', target], { cwd: root, stdio: 'inherit' });
  } catch {
    console.error('The public types differ from api/: `pnpm api` accepts the change.');
    process.exitCode = 1;
  }
}
