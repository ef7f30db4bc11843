import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publishedPackages, root } from './packages.mjs';

const read = (file) => readFileSync(root + file, 'utf8');
const lineCount = (file) => read(file).trimEnd().split('\n').length;
const list = (folder) => (existsSync(root + folder) ? readdirSync(root + folder) : []);
const packages = publishedPackages();

test('README.md stays within 120 lines', () => {
  expect(lineCount('README.md')).toBeLessThanOrEqual(120);
});

test('CONTRIBUTING.md stays within 80 lines', () => {
  expect(lineCount('CONTRIBUTING.md')).toBeLessThanOrEqual(80);
});

test('all packages have one version, one licence and the same floor of Node', () => {
  expect(packages.length).toBeGreaterThan(0);
  const facts = packages.map(({ manifest }) => `${manifest.version} ${manifest.license} ${manifest.engines?.node}`);
  expect(new Set(facts).size).toBe(1);
});

test('changesets name packages that exist', () => {
  const known = new Set(packages.map(({ manifest }) => manifest.name));
  for (const file of readdirSync(`${root}.changeset`).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
    const named = [...read(`.changeset/${file}`).matchAll(/^'(.+)': (?:major|minor|patch)$/gm)].map((match) => match[1]);
    expect(named, file).not.toEqual([]);
    for (const name of named) expect(known, file).toContain(name);
  }
});

test('relative links of the documents lead to files', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', ...list('docs').map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));
  for (const file of documents) {
    const folder = new URL(file, `file://${root}`);
    for (const [, target] of read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      expect(() => readFileSync(new URL(target, folder)), `${file} → ${target}`).not.toThrow(/ENOENT/);
    }
  }
});
