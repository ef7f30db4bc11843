import type { NodePath, Scope } from '@babel/traverse';
import type { ImportDeclaration, Node, ObjectPattern, TSImportEqualsDeclaration, VariableDeclarator } from '@babel/types';
import { packageFor, SPAN_CALLS, type Vendor } from './names.ts';
import { bare } from './syntax.ts';

/** One import or `require` of an SDK. */
export interface SdkImport {
  readonly vendor: Vendor;
  readonly source: string;
  /** The package that has the stream API; undefined: whichever the application has. */
  readonly target: string | undefined;
  readonly declaration: NodePath<ImportDeclaration> | NodePath<VariableDeclarator> | NodePath<TSImportEqualsDeclaration>;
  /** The name of all of it, e.g. `Sentry`. */
  readonly namespace: string | undefined;
  /** Local names of single imports by what they are called in the package. */
  readonly members: ReadonlyMap<string, string>;
  /** The same of those that are imported as types. */
  readonly types: ReadonlyMap<string, string>;
  /** Whether the whole file can use what stands beside it. */
  readonly isTopLevel: boolean;
  /** How it is brought in; `part`: taken out of something that is. */
  readonly form: 'import' | 'type' | 'require' | 'await' | 'part';
}

/** A member of an SDK, and where it comes from. */
export interface Member {
  readonly call: string;
  readonly from: SdkImport;
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
  lookUp(callee: Node, scope: Scope): Member | undefined {
    const found = this.memberOf(callee, scope);
    return found !== undefined && SPAN_CALLS[found.from.vendor].has(found.call) ? found : undefined;
  }

  /** Any member of an SDK. */
  memberOf(callee: Node, scope: Scope): Member | undefined {
    if (callee.type === 'Identifier') {
      for (const from of this.imports)
        for (const [call, local] of from.members) if (local === callee.name && isOf(from, local, scope)) return { call, from };
      return undefined;
    }
    if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
    const from = this.namespaceOf(callee.object, scope);
    const call = propertyName(callee.property, callee.computed);
    return from === undefined || call === undefined ? undefined : { call, from };
  }

  /** The SDK that the name stands for as a whole. */
  namespaceOf(node: Node, scope: Scope): SdkImport | undefined {
    const inner = bare(node);
    if (inner.type !== 'Identifier') return undefined;
    return this.imports.find((from) => from.namespace === inner.name && isOf(from, inner.name, scope));
  }
}

function propertyName(property: Node, isComputed: boolean): string | undefined {
  if (property.type === 'StringLiteral') return property.value;
  return property.type === 'Identifier' && !isComputed ? property.name : undefined;
}

/** Whether the name still means the import here, and not a parameter or variable of its own. */
function isOf({ declaration }: SdkImport, name: string, scope: Scope): boolean {
  const path = scope.getBinding(name)?.path;
  return path !== undefined && (path === declaration || path.parentPath === declaration || path.node === declaration.node);
}

export function readImport(declaration: NodePath<ImportDeclaration>): SdkImport | undefined {
  const { source, specifiers, importKind } = declaration.node;
  const known = packageFor(source.value);
  if (known === undefined || specifiers.length === 0) return undefined;
  let namespace: string | undefined;
  const members = new Map<string, string>();
  const types = new Map<string, string>();
  for (const specifier of specifiers) {
    if (specifier.type !== 'ImportSpecifier') namespace = specifier.local.name;
    else {
      const { imported } = specifier;
      const isType = importKind === 'type' || specifier.importKind === 'type';
      (isType ? types : members).set(imported.type === 'Identifier' ? imported.name : imported.value, specifier.local.name);
    }
  }
  const form = importKind === 'type' ? 'type' : 'import';
  return { ...known, source: source.value, declaration, namespace, members, types, isTopLevel: true, form };
}

/** `import Sentry = require('@sentry/node')` */
export function readImportEquals(declaration: NodePath<TSImportEqualsDeclaration>): SdkImport | undefined {
  const { id, moduleReference } = declaration.node;
  if (moduleReference.type !== 'TSExternalModuleReference') return undefined;
  const source = moduleReference.expression.value;
  const known = packageFor(source);
  const none = { members: new Map(), types: new Map() };
  return known && { ...known, ...none, source, declaration, namespace: id.name, isTopLevel: true, form: 'import' };
}

/** `const Sentry = require('@sentry/node')`, and the same with `await import` or with names taken out of it. */
export function readRequire(declaration: NodePath<VariableDeclarator>): SdkImport | undefined {
  const init = declaration.node.init && bare(declaration.node.init);
  if (!init) return undefined;
  const isMember = init.type === 'MemberExpression' && init.property.type === 'Identifier' && !init.computed;
  const source = requiredBy(isMember ? init.object : init);
  const known = source === undefined ? undefined : packageFor(source);
  if (known === undefined || source === undefined) return undefined;
  const taken = isMember && init.property.type === 'Identifier' ? init.property.name : undefined;
  const form = init.type === 'AwaitExpression' || (isMember && bare(init.object).type === 'AwaitExpression') ? 'await' : 'require';
  return {
    ...known,
    source,
    declaration,
    types: new Map(),
    isTopLevel: isTopLevel(declaration),
    form,
    ...namesOf(declaration.node, taken),
  };
}

/** `const { startSpan } = Sentry` */
export function readDestructuring(declaration: NodePath<VariableDeclarator>, imports: readonly SdkImport[]): SdkImport | undefined {
  const { id, init } = declaration.node;
  if (id.type !== 'ObjectPattern' || !init) return undefined;
  const of = new SdkNames(imports).namespaceOf(init, declaration.scope);
  if (of === undefined) return undefined;
  const isReached = of.isTopLevel && isTopLevel(declaration);
  return { ...of, declaration, types: new Map(), isTopLevel: isReached, form: 'part', ...namesOf(declaration.node) };
}

function isTopLevel(declaration: NodePath<VariableDeclarator>): boolean {
  return declaration.parentPath.parentPath?.isProgram() === true;
}

/** The package of `require('…')` or `await import('…')`. */
export function requiredBy(node: Node): string | undefined {
  const inner = bare(node);
  const call = inner.type === 'AwaitExpression' ? inner.argument : inner;
  if (call.type !== 'CallExpression') return undefined;
  const { callee } = call;
  const isLoad = call === inner ? callee.type === 'Identifier' && callee.name === 'require' : callee.type === 'Import';
  const [first] = call.arguments;
  return isLoad && first?.type === 'StringLiteral' ? first.value : undefined;
}

function namesOf({ id }: VariableDeclarator, member?: string): Pick<SdkImport, 'namespace' | 'members'> {
  if (id.type === 'ObjectPattern') return { namespace: undefined, members: member === undefined ? namesIn(id) : new Map() };
  if (id.type !== 'Identifier') return { namespace: undefined, members: new Map() };
  return member === undefined
    ? { namespace: id.name, members: new Map() }
    : { namespace: undefined, members: new Map([[member, id.name]]) };
}

function namesIn({ properties }: ObjectPattern): Map<string, string> {
  const names = new Map<string, string>();
  for (const property of properties)
    if (property.type === 'ObjectProperty' && property.key.type === 'Identifier' && property.value.type === 'Identifier')
      names.set(property.key.name, property.value.name);
  return names;
}
