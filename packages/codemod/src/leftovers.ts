import type { NodePath } from '@babel/traverse';
import type { CallExpression, ExportNamedDeclaration, OptionalCallExpression } from '@babel/types';
import type { Edits } from './edits.ts';
import { isUsedIn } from './imports.ts';
import { OLD_TYPES, packageFor, SPAN_CALLS, WITHOUT_SUCCESSOR } from './names.ts';
import { requiredBy, type SdkImport, type SdkNames } from './sdk-names.ts';
import { bare } from './syntax.ts';

type Call = NodePath<CallExpression> | NodePath<OptionalCallExpression>;

/** Says what of the old APIs is in the code and is no call that could be moved. */
export class Leftovers {
  constructor(
    readonly edits: Edits,
    readonly names: SdkNames,
    /** What stands around the code. */
    readonly outside: string,
  ) {}

  /** Calls without a successor, and calls on what is loaded in the same expression. */
  lookAtCall({ node, scope }: Call): void {
    const member = this.names.memberOf(node.callee, scope);
    const instead = member?.from.vendor === 'sentry' ? WITHOUT_SUCCESSOR[member.call] : undefined;
    if (instead !== undefined) this.edits.note(node, `${member!.call} knows spans of the other SDK only: ${instead}`);
    const callee = bare(node.callee);
    if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
    const known = packageFor(requiredBy(callee.object) ?? '');
    if (known !== undefined && SPAN_CALLS[known.vendor].has(callee.property.name))
      this.edits.note(node, `${callee.property.name} is left as it is: import tracing at the top of the file, and call that`);
  }

  /** `export { startSpan } from '@sentry/node'` */
  lookAtExport({ node }: NodePath<ExportNamedDeclaration>): void {
    const known = packageFor(node.source?.value ?? '');
    for (const specifier of known === undefined ? [] : node.specifiers)
      if (specifier.type === 'ExportSpecifier' && SPAN_CALLS[known!.vendor].has(specifier.local.name))
        this.edits.note(node, `${specifier.local.name} is passed on as it is: export tracing instead, and move what imports it`);
  }

  /** The functions as values: `const begin = startTransaction`, `typeof startTransaction`. */
  lookAtReferences(): void {
    for (const from of this.names.imports) {
      for (const [member, local] of from.members) if (SPAN_CALLS[from.vendor].has(member)) this.#lookAt(from, local);
      if (from.namespace !== undefined) this.#lookAtNamespace(from, from.namespace);
      for (const [name] of from.vendor === 'spanstream' ? [...from.members, ...from.types] : [])
        if (OLD_TYPES[name] !== undefined) this.edits.note(from.declaration.node, `${name} is of the old API: use ${OLD_TYPES[name]}`);
    }
  }

  #lookAt(from: SdkImport, local: string): void {
    for (const { node, parentPath } of from.declaration.scope.getBinding(local)?.referencePaths ?? [])
      if (parentPath !== null && !isCallee(parentPath, node)) this.edits.note(node, valueNote(local));
    if (isUsedIn(this.outside, local))
      this.edits.note(from.declaration.node, `the template uses ${local}, which stays: call a function of the script instead`);
  }

  #lookAtNamespace(from: SdkImport, namespace: string): void {
    for (const { parentPath: member, scope } of from.declaration.scope.getBinding(namespace)?.referencePaths ?? []) {
      if (member === null) continue;
      const found = this.names.lookUp(member.node, scope);
      if (found !== undefined && member.parentPath !== null && !isCallee(member.parentPath, member.node))
        this.edits.note(member.node, valueNote(`${namespace}.${found.call}`));
    }
    const used = [...SPAN_CALLS[from.vendor]].find((call) => this.outside.includes(`${namespace}.${call}(`));
    if (used !== undefined)
      this.edits.note(from.declaration.node, `the template uses ${namespace}.${used}: call a function of the script instead`);
  }
}

function isCallee({ node }: NodePath, callee: unknown): boolean {
  return (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') && bare(node.callee) === callee;
}

function valueNote(name: string): string {
  return `${name} is used as a value, which cannot be followed: use tracing.startSpan there`;
}
