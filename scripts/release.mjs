/**
 * `node scripts/release.mjs preview [--channel next]` prints the versions and changelogs that the waiting changesets make, in a copy.
 * `node scripts/release.mjs publish [--dry-run]` publishes what is built; a dry run asks npm what it would take and sends nothing.
 * In prerelease mode (`pnpm changeset pre enter next`) both use the channel's tag, so that `latest` stays where it is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { publishedPackages, root } from './packages.mjs';

/** What each package would become: `{ name, version, changelog }`, the changelog of that version only. */
export function previewRelease(channel) {
  const copy = mkdtempSync(join(tmpdir(), 'spanstream-release-'));
  const changeset = (...args) =>
    execFileSync(process.execPath, [`${root}node_modules/@changesets/cli/bin.js`, ...args], { cwd: copy, encoding: 'utf8', stdio: 'pipe' });
  try {
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, copy]);
    symlinkSync(`${root}node_modules`, join(copy, 'node_modules'));
    if (channel !== undefined) changeset('pre', 'enter', channel);
    changeset('version');
    return publishedPackages().map(({ folder }) => {
      const read = (file) => readFileSync(join(copy, 'packages', folder, file), 'utf8');
      const { name, version } = JSON.parse(read('package.json'));
      return { name, version, changelog: sectionOf(read('CHANGELOG.md'), version) };
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What stands below the version's heading, up to the next version. */
function sectionOf(changelog, version) {
  const [, after = ''] = changelog.split(`\n## ${version}\n`);
  return after.split('\n## ')[0].trim();
}

/** The tag on npm: the channel's in prerelease mode. @param pre what `.changeset/pre.json` says, if there is one */
export function distTag(pre) {
  return pre?.mode === 'pre' ? pre.tag : 'latest';
}

function readPre() {
  const file = `${root}.changeset/pre.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function publish(isDryRun) {
  // npm signs where a package was built when it runs in a CI that it trusts: https://docs.npmjs.com/generating-provenance-statements
  const env = { ...process.env, ...(process.env.CI !== undefined && { NPM_CONFIG_PROVENANCE: 'true' }) };
  const command = isDryRun
    ? [
        'pnpm',
        ['--filter', './packages/*', '-r', 'publish', '--dry-run', '--no-git-checks', '--access', 'public', '--tag', distTag(readPre())],
      ]
    : [process.execPath, [`${root}node_modules/@changesets/cli/bin.js`, 'publish']];
  const { status } = spawnSync(...command, { cwd: root, env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { channel: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
  });
  const [verb] = positionals;
  if (verb === 'preview')
    for (const { name, version, changelog } of previewRelease(values.channel)) console.log(`# ${name} ${version}\n\n${changelog}\n`);
  else if (verb === 'publish') publish(values['dry-run']);
  else throw new Error(`preview or publish, not ${verb}`);
}
