import type { NodePath, Visitor } from '@babel/traverse';
import type { File, Node, Program } from '@babel/types';
import type { Range } from './edits.ts';
import { readDestructuring, readImport, readImportEquals, readRequire, type SdkImport } from './sdk-names.ts';
import { traverse } from './traverse.ts';

/** What is known of a file before anything of it changes. */
export interface Survey {
  readonly imports: readonly SdkImport[];
  readonly program: NodePath<Program>;
  /** Parts that are text, in which a comment would be none. */
  readonly literals: readonly Range[];
  /** All names that anything has anywhere in the file, without those of the imports. */
  readonly taken: ReadonlySet<string>;
}

/** Looks at all of a file. */
export function survey(file: File): Survey {
  const imports: SdkImport[] = [];
  const literals: Range[] = [];
  const bindings: [string, NodePath][] = [];
  let program: NodePath<Program> | undefined;
  const add = (found: SdkImport | undefined): void => void (found !== undefined && imports.push(found));
  const addLiteral = ({ node }: NodePath<Node>): void => void literals.push({ start: node.start!, end: node.end! });
  const visitor: Visitor = {
    Program: (path) => void (program = path),
    Scopable: ({ scope }) =>
      void bindings.push(...Object.entries(scope.bindings).map(([name, { path }]): [string, NodePath] => [name, path])),
    ImportDeclaration: (path) => add(readImport(path)),
    TSImportEqualsDeclaration: (path) => add(readImportEquals(path)),
    VariableDeclarator: (path) => add(readRequire(path)),
    TemplateElement: addLiteral,
    JSXText: addLiteral,
    StringLiteral: addLiteral,
  };
  traverse(file, visitor);
  // A namespace may be taken apart above where it is imported.
  traverse(file, { VariableDeclarator: (path) => add(readDestructuring(path, imports)) });
  const { globals } = program!.scope as unknown as { readonly globals: object };
  const others = bindings.filter(([, path]) => !imports.some((known) => isBoundBy(path, known)));
  return { imports, program: program!, literals, taken: new Set([...Object.keys(globals), ...others.map(([name]) => name)]) };
}

function isBoundBy(path: NodePath, { declaration }: SdkImport): boolean {
  return path === declaration || path.parentPath === declaration;
}
