import type { NodePath } from '@babel/traverse';
import type { ImportDeclaration, TSTypeReference } from '@babel/types';
import type { Edits } from './edits.ts';
import type { Imports } from './imports.ts';
import { packageFor, SPAN_TYPES } from './names.ts';
import type { SdkNames } from './sdk-names.ts';

const OLD = 'LegacySpan';
const NEW = 'Span';

/** The type of spans has another name, or comes from another package; the import and each use of it change. */
export class Types {
  #isImported = false;

  constructor(
    readonly edits: Edits,
    readonly names: SdkNames,
    readonly imports: Imports,
  ) {}

  rewriteImport({ node, scope }: NodePath<ImportDeclaration>): void {
    if (packageFor(node.source.value)?.vendor !== 'spanstream') return;
    for (const specifier of node.specifiers) {
      if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier' || specifier.imported.name !== OLD) continue;
      const isAliased = specifier.local.name !== OLD;
      if (isAliased || !scope.hasBinding(NEW, true)) this.edits.replaceNode(specifier.imported, NEW);
      else this.edits.replaceNode(specifier.imported, `${NEW} as ${OLD}`);
      this.#isImported = !isAliased && !scope.hasBinding(NEW, true);
    }
  }

  rewriteUse({ node: { typeName }, scope }: NodePath<TSTypeReference>): void {
    if (typeName.type === 'Identifier') {
      if (this.#isImported && typeName.name === OLD) this.edits.replaceNode(typeName, NEW);
      return;
    }
    if (typeName.type !== 'TSQualifiedName') return;
    const vendor = this.names.namespaceOf(typeName.left, scope)?.vendor;
    if (vendor === undefined || !SPAN_TYPES[vendor].has(typeName.right.name)) return;
    if (vendor === 'spanstream') this.edits.replaceNode(typeName.right, NEW);
    else this.edits.replaceNode(typeName, this.imports.spanType());
  }
}
