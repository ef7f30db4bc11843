import type { NodePath, Scope } from '@babel/traverse';
import type { CallExpression, Identifier, ImportDeclaration, Node, ObjectPattern, VariableDeclarator } from '@babel/types';
import { packageFor, SPAN_CALLS, type Vendor } from './names.ts';

/** One import or `require` of an SDK. */
export interface SdkImport {
  readonly vendor: Vendor;
  readonly source: string;
  /** The package that has the stream API. */
  readonly target: string;
  readonly declaration: NodePath<ImportDeclaration> | NodePath<VariableDeclarator>;
  /** The name of all of it, e.g. `Sentry`. */
  readonly namespace: string | undefined;
  /** Local names of single imports by what they are called in the package. */
  readonly members: ReadonlyMap<string, string>;
}

/** What a file calls the parts of the SDKs. */
export class SdkNames {
  readonly imports: readonly SdkImport[];

  constructor(imports: readonly SdkImport[]) {
    this.imports = imports;
  }

  /** The call of an SDK that an expression names, e.g. `startSpan` of `Sentry.startSpan`. */
  callOf(callee: Node, scope: Scope): string | undefined {
    return this.lookUp(callee, scope)?.call;
  }

  /** Which SDK's, too. */
  lookUp(callee: Node, scope: Scope): { readonly call: string; readonly from: SdkImport } | undefined {
    const found = this.memberOf(callee, scope);
    return found !== undefined && SPAN_CALLS[found.from.vendor].has(found.call) ? found : undefined;
  }

  /** Any member of an SDK. */
  memberOf(callee: Node, scope: Scope): { readonly call: string; readonly from: SdkImport } | undefined {
    if (callee.type === 'Identifier') {
      for (const from of this.imports)
        for (const [call, local] of from.members) if (local === callee.name && isOf(from, local, scope)) return { call, from };
      return undefined;
    }
    if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return undefined;
    const { object, property } = callee;
    if (object.type !== 'Identifier') return undefined;
    const from = this.imports.find(({ namespace }) => namespace === object.name);
    return from !== undefined && isOf(from, object.name, scope) ? { call: property.name, from } : undefined;
  }
}

/** Whether the name still means the import here, and not a parameter or variable of its own. */
function isOf({ declaration }: SdkImport, name: string, scope: Scope): boolean {
  const path = scope.getBinding(name)?.path;
  return path !== undefined && (path === declaration || path.parentPath === declaration || path.node === declaration.node);
}

export function readImport(declaration: NodePath<ImportDeclaration>): SdkImport | undefined {
  const { source, specifiers, importKind } = declaration.node;
  const known = packageFor(source.value);
  if (known === undefined || importKind === 'type') return undefined;
  let namespace: string | undefined;
  const members = new Map<string, string>();
  for (const specifier of specifiers) {
    if (specifier.type !== 'ImportSpecifier') namespace = specifier.local.name;
    else if (specifier.importKind !== 'type')
      members.set(specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value, specifier.local.name);
  }
  return { ...known, source: source.value, declaration, namespace, members };
}

export function readRequire(declaration: NodePath<VariableDeclarator>): SdkImport | undefined {
  const { id, init } = declaration.node;
  const source = init ? requiredBy(init) : undefined;
  const known = source === undefined ? undefined : packageFor(source);
  if (known === undefined || source === undefined) return undefined;
  const namespace = id.type === 'Identifier' ? id.name : undefined;
  return { ...known, source, declaration, namespace, members: id.type === 'ObjectPattern' ? namesIn(id) : new Map() };
}

function requiredBy(init: Node): string | undefined {
  if (init.type !== 'CallExpression') return undefined;
  const { callee, arguments: given } = init as CallExpression;
  const [first] = given;
  return callee.type === 'Identifier' && callee.name === 'require' && first?.type === 'StringLiteral' ? first.value : undefined;
}

function namesIn({ properties }: ObjectPattern): Map<string, string> {
  const names = new Map<string, string>();
  for (const property of properties)
    if (property.type === 'ObjectProperty' && property.key.type === 'Identifier' && property.value.type === 'Identifier')
      names.set(property.key.name, (property.value as Identifier).name);
  return names;
}
