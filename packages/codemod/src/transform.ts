import traverseModule, { type NodePath } from '@babel/traverse';
import type { CallExpression, File, OptionalCallExpression, Program } from '@babel/types';
import { Calls } from './calls.ts';
import { Edits } from './edits.ts';
import { Imports } from './imports.ts';
import { Methods } from './methods.ts';
import { readImport, readRequire, type SdkImport, SdkNames } from './sdk-names.ts';
import { Spans } from './spans.ts';
import { type Language, parseSource } from './syntax.ts';
import { Types } from './types.ts';

// It is a CommonJS module: which of the two `default`s is meant depends on who loads it.
const traverse = ((traverseModule as unknown as { default?: typeof traverseModule }).default ?? traverseModule) as typeof traverseModule;

/** What became of one text. */
export interface Transformed {
  readonly text: string;
  /** How many places changed, notes included. */
  readonly changes: number;
  /** What a person must look at; the same stands above the lines as comments. */
  readonly notes: readonly string[];
}

/** Where the code comes from. */
export interface TransformOptions {
  readonly language: Language;
  /** The package to import from in files that pass spans along and import no SDK. Default: `@spanstream/node`. */
  readonly fallbackPackage?: string;
}

/** Moves one source text from transactions to streams. @throws SyntaxError where it cannot be read */
export function transform(source: string, { language, fallbackPackage = '@spanstream/node' }: TransformOptions): Transformed {
  const unchanged = { text: source, changes: 0, notes: [] };
  if (!/@spanstream\/|@sentry\/|\.startChild\b/.test(source)) return unchanged;
  const file = parseSource(source, language);
  const edits = new Edits(source);
  rewrite(file, edits, fallbackPackage);
  return edits.count === 0 ? unchanged : { text: edits.toString(), changes: edits.count, notes: edits.reasons };
}

function rewrite(file: File, edits: Edits, fallback: string): void {
  const found = findImports(file);
  const names = new SdkNames(found.imports);
  const spans = new Spans(names);
  const imports = new Imports(edits, names, found.program.scope, fallback);
  noteProperties(file, spans);
  const isOurs = found.imports.length > 0 || /\.startChild\b/.test(edits.source);
  const calls = new Calls(edits, names, imports);
  const methods = new Methods(edits, spans, imports, isOurs);
  const rewriteCall = (path: NodePath<CallExpression> | NodePath<OptionalCallExpression>): void => {
    calls.rewrite(path);
    methods.rewriteCall(path);
  };
  const types = new Types(edits);
  // Inner nodes first: what is around them then takes them as they have become.
  traverse(file, {
    ImportDeclaration: (path) => types.rewriteImport(path),
    TSTypeReference: (path) => types.rewriteUse(path),
    CallExpression: { exit: rewriteCall },
    OptionalCallExpression: { exit: rewriteCall },
    MemberExpression: { exit: (path) => methods.rewriteRead(path) },
    OptionalMemberExpression: { exit: (path) => methods.rewriteRead(path) },
    AssignmentExpression: { exit: (path) => methods.rewriteWrite(path) },
  });
  imports.finish();
}

function findImports(file: File): { readonly imports: SdkImport[]; readonly program: NodePath<Program> } {
  const imports: SdkImport[] = [];
  let program: NodePath<Program> | undefined;
  const add = (found: SdkImport | undefined): void => void (found !== undefined && imports.push(found));
  traverse(file, {
    Program: (path) => void (program = path),
    ImportDeclaration: (path) => add(readImport(path)),
    VariableDeclarator: (path) => add(readRequire(path)),
  });
  return { imports, program: program! };
}

/** `this.span = …` and `span = …` in a class body say what the property is everywhere. */
function noteProperties(file: File, spans: Spans): void {
  traverse(file, {
    AssignmentExpression: ({ node: { left, right }, scope }) => {
      if (left.type !== 'MemberExpression') return;
      const { property } = left;
      if (property.type === 'Identifier') spans.noteProperty(property.name, right, scope);
      else if (property.type === 'PrivateName') spans.noteProperty(`#${property.id.name}`, right, scope);
    },
    ClassProperty: ({ node: { key, value }, scope }) => {
      if (key.type === 'Identifier' && value) spans.noteProperty(key.name, value, scope);
    },
    ClassPrivateProperty: ({ node: { key, value }, scope }) => {
      if (value) spans.noteProperty(`#${key.id.name}`, value, scope);
    },
    ObjectProperty: ({ node: { key, value }, scope }) => {
      if (key.type === 'Identifier' && value.type === 'CallExpression') spans.noteProperty(key.name, value, scope);
    },
  });
}
