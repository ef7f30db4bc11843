/** Packs each package as npm would receive it into `.cache/packs/` and lints the tarball. */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { hasCondition, publishedPackages, root } from './packages.mjs';

const packs = `${root}.cache/packs`;

function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

rmSync(packs, { recursive: true, force: true });
for (const entry of publishedPackages()) {
  const packed = execFileSync('pnpm', ['pack', '--json', '--pack-destination', packs], { cwd: entry.directory, encoding: 'utf8' });
  const { filename } = JSON.parse(packed);
  run('publint', 'run', '--strict', filename);
  // node10 knows no `exports`; every supported Node does.
  const profile = hasCondition(entry, 'require') ? 'node16' : 'esm-only';
  if (hasCondition(entry, 'types')) run('attw', '--profile', profile, '--quiet', filename);
}
