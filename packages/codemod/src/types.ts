import type { NodePath } from '@babel/traverse';
import type { ImportDeclaration, TSTypeReference } from '@babel/types';
import type { Edits } from './edits.ts';
import { packageFor } from './names.ts';

const OLD = 'LegacySpan';
const NEW = 'Span';

/** The type of spans has another name; the import and each use of it change. */
export class Types {
  readonly #edits: Edits;
  #isImported = false;

  constructor(edits: Edits) {
    this.#edits = edits;
  }

  rewriteImport({ node, scope }: NodePath<ImportDeclaration>): void {
    if (packageFor(node.source.value)?.vendor !== 'spanstream') return;
    for (const specifier of node.specifiers) {
      if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier' || specifier.imported.name !== OLD) continue;
      const isAliased = specifier.local.name !== OLD;
      if (isAliased || !scope.hasBinding(NEW, true)) this.#edits.replaceNode(specifier.imported, NEW);
      else this.#edits.replaceNode(specifier.imported, `${NEW} as ${OLD}`);
      this.#isImported = !isAliased && !scope.hasBinding(NEW, true);
    }
  }

  rewriteUse({ node: { typeName } }: NodePath<TSTypeReference>): void {
    if (this.#isImported && typeName.type === 'Identifier' && typeName.name === OLD) this.#edits.replaceNode(typeName, NEW);
  }
}
