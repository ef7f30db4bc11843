import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding } from './finding.ts';

/** A tree deeper than this has none that an application would load. */
const MAX_DEPTH = 12;
const SCOPE = '@spanstream';

interface Copy {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

/** Finds each installed copy of each package of the SDK, here and above. Two of one package share no active span and no client. */
export function checkCopies(folder: string): Finding[] {
  const copies = new Map<string, Copy>();
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    collect(join(at, 'node_modules'), copies, 0);
    if (at === dirname(at)) break;
  }
  if (copies.size === 0)
    return [{ level: 'problem', text: `No ${SCOPE} package is installed for ${folder}.`, fix: 'npm install @spanstream/node' }];
  const byName = group([...copies.values()]);
  return Array.from(byName, ([name, found]) => toFinding(name, found));
}

function group(copies: readonly Copy[]): Map<string, Copy[]> {
  const groups = new Map<string, Copy[]>();
  for (const copy of copies) groups.set(copy.name, [...(groups.get(copy.name) ?? []), copy]);
  return groups;
}

function toFinding(name: string, found: readonly Copy[]): Finding {
  if (found.length === 1) return { level: 'ok', text: `${name} ${found[0]!.version}` };
  return {
    level: 'problem',
    text: `${found.length} copies of ${name}: ${found.map(({ version, path }) => `${version} in ${path}`).join(', ')}`,
    fix: 'Spans of one copy are unknown to the other. Ask for one version everywhere (npm dedupe, overrides, or a peer dependency in libraries).',
  };
}

function collect(modules: string, copies: Map<string, Copy>, depth: number): void {
  if (depth > MAX_DEPTH || !existsSync(modules)) return;
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    if (!entry.isDirectory() && !entry.isSymbolicLink()) continue;
    if (entry.name === '.pnpm') collectStore(join(modules, entry.name), copies, depth);
    else if (entry.name === SCOPE) collectScope(join(modules, entry.name), copies, depth);
    else if (entry.isDirectory() && entry.name.startsWith('@')) collectScoped(join(modules, entry.name), copies, depth);
    else if (entry.isDirectory() && !entry.name.startsWith('.')) collect(join(modules, entry.name, 'node_modules'), copies, depth + 1);
  }
}

/** Packages of a scope of somebody else's, which may have their own dependencies. */
function collectScoped(scope: string, copies: Map<string, Copy>, depth: number): void {
  for (const { name } of readdirSync(scope, { withFileTypes: true })) collect(join(scope, name, 'node_modules'), copies, depth + 1);
}

/** pnpm keeps every package there, and links to it. */
function collectStore(store: string, copies: Map<string, Copy>, depth: number): void {
  for (const { name } of readdirSync(store, { withFileTypes: true }))
    if (name.startsWith(`${SCOPE}+`)) collect(join(store, name, 'node_modules'), copies, depth + 1);
}

/** The packages, and the ones of their own that they may have: a second core is as bad as a second node. */
function collectScope(scope: string, copies: Map<string, Copy>, depth: number): void {
  for (const name of readdirSync(scope)) {
    const manifest = join(scope, name, 'package.json');
    if (!existsSync(manifest)) continue;
    const path = realpathSync(join(scope, name));
    if (copies.has(path)) continue;
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    copies.set(path, { name: `${SCOPE}/${name}`, version, path });
    collect(join(path, 'node_modules'), copies, depth + 1);
  }
}
