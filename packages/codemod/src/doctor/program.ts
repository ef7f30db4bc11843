import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { NodePath } from '@babel/traverse';
import type { CallExpression, File, ImportDeclaration, Node, ObjectExpression } from '@babel/types';
import { requiredBy, SdkNames } from '../sdk-names.ts';
import { survey } from '../survey.ts';
import { bare, type Language, parseSource } from '../syntax.ts';
import { traverse } from '../traverse.ts';

/** One thing that happens while a program starts. */
export type Step =
  | {
      readonly kind: 'load';
      readonly file: string;
      readonly source: string;
      /** Takes functions out of what it loads, which then stay as they are: `const { request } = require(…)`. */
      readonly takesOut: boolean;
    }
  | { readonly kind: 'init'; readonly file: string; readonly line: number; readonly options: Node | undefined };

interface Manifest {
  readonly main?: string;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** What is known of how a program starts. */
export interface Program {
  /** What Node is told to load first, e.g. by `--import`, and the file that is run; those that were found. */
  readonly preloaded: string | undefined;
  readonly entry: string | undefined;
  /** Loads of packages and calls of `init`, in the order in which they happen. */
  readonly steps: readonly Step[];
}

/** More files than this are not read: what is loaded so late is no start. */
const MAX_FILES = 2000;
const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.tsx', '.jsx', '/index.js', '/index.mjs', '/index.ts'];

/** Reads the files that the start script or `main` names, and those that they load; undefined: there is no package.json. */
export function readProgram(folder: string): Program | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const start = manifest.scripts?.['start'] ?? '';
  const preloaded = /(?:--(?:import|require)[= ]+|\s-r\s+)(\S+)/.exec(start)?.[1];
  const entry = entryOf(folder, manifest, start);
  const walk = new Walk();
  if (preloaded !== undefined) walk.load(preloaded, join(folder, 'package.json'));
  if (entry !== undefined) walk.read(entry);
  return { preloaded, entry, steps: walk.steps };
}

function entryOf(folder: string, { main }: Manifest, start: string): string | undefined {
  const named = /\b(?:node|tsx|nodemon|bun)\b(?:\s+(?:--(?:import|require)[= ]+\S+|-r\s+\S+|-\S+))*\s+([^\s-]\S*)/.exec(start)?.[1];
  for (const name of [named, main, 'index.js', 'index.mjs', 'src/index.ts', 'src/index.js', 'server.js']) {
    const found = name === undefined ? undefined : findFile(resolve(folder, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Goes through files as Node runs them: each once, its imports first, then its calls. */
class Walk {
  readonly steps: Step[] = [];
  readonly #read = new Set<string>();

  load(source: string, by: string, takesOut = false): void {
    if (!source.startsWith('.')) return void this.steps.push({ kind: 'load', file: by, source, takesOut });
    const file = findFile(resolve(dirname(by), source));
    if (file !== undefined) this.read(file);
  }

  read(file: string): void {
    if (this.#read.has(file) || this.#read.size >= MAX_FILES) return;
    this.#read.add(file);
    const tree = parseFile(file);
    if (tree === undefined) return;
    for (const node of tree.program.body) {
      const isType = ('importKind' in node && node.importKind === 'type') || ('exportKind' in node && node.exportKind === 'type');
      if ('source' in node && node.source?.type === 'StringLiteral' && !isType && !hasTypesOnly(node)) this.load(node.source.value, file);
    }
    const names = new SdkNames(survey(tree).imports);
    traverse(tree, { CallExpression: { exit: (path) => this.#lookAt(path, names, file) } });
  }

  #lookAt({ node, scope, parent }: NodePath<CallExpression>, names: SdkNames, file: string): void {
    const source =
      requiredBy(node) ??
      (node.callee.type === 'Import' && node.arguments[0]?.type === 'StringLiteral' ? node.arguments[0].value : undefined);
    const takesOut = (parent.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern') || parent.type === 'MemberExpression';
    if (source !== undefined) return this.load(source, file, takesOut);
    const member = names.memberOf(node.callee, scope);
    if ((member?.call === 'init' && member.from.vendor === 'spanstream') || isInitOfRequired(node.callee))
      this.steps.push({ kind: 'init', file, line: node.loc?.start.line ?? 1, options: optionsOf(node, scope) });
  }
}

/** `import { type A } from …` is not loaded by what TypeScript makes of it. */
function hasTypesOnly(node: Node): boolean {
  if (node.type !== 'ImportDeclaration') return false;
  const { specifiers } = node as ImportDeclaration;
  return specifiers.length > 0 && specifiers.every((specifier) => specifier.type === 'ImportSpecifier' && specifier.importKind === 'type');
}

function isInitOfRequired(callee: Node): boolean {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.property.name !== 'init') return false;
  return requiredBy(callee.object)?.startsWith('@spanstream/') === true;
}

/** The object, too, where it stands in a constant. */
function optionsOf({ arguments: [first] }: CallExpression, scope: NodePath['scope']): Node | undefined {
  if (first === undefined) return undefined;
  const inner = bare(first);
  if (inner.type !== 'Identifier') return inner;
  const binding = scope.getBinding(inner.name);
  const value = binding?.constant === true && binding.path.isVariableDeclarator() ? binding.path.node.init : undefined;
  return value ? (bare(value) as ObjectExpression) : inner;
}

function parseFile(file: string): File | undefined {
  const extension = extname(file);
  const language: Language = extension === '.tsx' ? 'tsx' : /^\.[mc]?ts$/.test(extension) ? 'ts' : 'js';
  if (!/^\.[mc]?[jt]sx?$/.test(extension)) return undefined;
  try {
    return parseSource(readFileSync(file, 'utf8'), language);
  } catch {
    return undefined; // Node will say what is wrong with it
  }
}

/** The file that a path stands for; sources in TypeScript name their output. */
function findFile(path: string): string | undefined {
  const candidates = [
    ...ENDINGS.map((ending) => `${path}${ending}`),
    path.replace(/\.([mc]?)jsx?$/, '.$1ts'),
    path.replace(/\.jsx?$/, '.tsx'),
  ];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}
