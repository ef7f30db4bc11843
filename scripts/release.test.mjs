import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publishedPackages, root } from './packages.mjs';
import { distTag, previewRelease } from './release.mjs';

/** Just after a release nothing waits. */
const waiting = readdirSync(`${root}.changeset`).filter((name) => name.endsWith('.md') && name !== 'README.md');
const versions = (preview) => new Set(preview.map(({ version }) => version));

test.skipIf(waiting.length === 0)(
  'a preview of the next release gives every package one version and a changelog, and touches nothing here',
  { timeout: 60_000 },
  () => {
    const before = publishedPackages().map(({ manifest }) => manifest.version);
    const preview = previewRelease();
    expect(versions(preview).size).toBe(1);
    expect(preview[0].version).not.toBe(before[0]);
    for (const { changelog } of preview) expect(changelog).toMatch(/^### /);
    expect(publishedPackages().map(({ manifest }) => manifest.version)).toEqual(before);
  },
);

test.skipIf(waiting.length === 0)('a prerelease has the channel in its version', { timeout: 60_000 }, () => {
  const preview = previewRelease('next');
  expect(versions(preview).size).toBe(1);
  expect(preview[0].version).toMatch(/^\d+\.\d+\.\d+-next\.0$/);
});

test('a channel is published under its own tag, everything else as `latest`', () => {
  expect(distTag(undefined)).toBe('latest');
  expect(distTag({ mode: 'pre', tag: 'next' })).toBe('next');
  expect(distTag({ mode: 'exit', tag: 'next' })).toBe('latest');
});
