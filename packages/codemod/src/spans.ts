import type { NodePath, Scope, Visitor } from '@babel/traverse';
import type { Node } from '@babel/types';
import { PERHAPS_SPAN_NAME, SPAN_NAME, SPAN_TYPES } from './names.ts';
import type { SdkNames } from './sdk-names.ts';
import { bare } from './syntax.ts';

/**
 * What an expression is: a top-level span, one below another, one of either kind; `maybe`: one by its name; `perhaps`: the name is given
 * to other things as well.
 */
export type SpanKind = 'transaction' | 'child' | 'span' | 'maybe' | 'perhaps';

/** Methods that return the span itself. */
const CHAINED = new Set([
  'setData',
  'setTag',
  'setStatus',
  'setMeasurement',
  'setName',
  'setAttribute',
  'setAttributes',
  'addLink',
  'addLinks',
  'setHttpStatus',
]);
const STARTS_WITH_CALLBACK = new Set(['startSpan', 'startSpanManual']);
const MAX_DEPTH = 20;

/** What can have a type written beside it. */
interface Typed {
  readonly typeAnnotation?: Node | null;
}

/** Tells which expressions are spans. */
export class Spans {
  readonly #names: SdkNames;
  /** Kinds of what is kept in properties, e.g. `this.span`. */
  readonly #properties = new Map<string, SpanKind>();

  constructor(names: SdkNames) {
    this.#names = names;
  }

  /** Notes that a property keeps a span. */
  noteProperty(name: string, node: Node, scope: Scope): void {
    const kind = this.kindOf(node, scope);
    if (kind !== undefined && kind !== 'maybe' && kind !== 'perhaps')
      this.#properties.set(name, this.#properties.has(name) && this.#properties.get(name) !== kind ? 'span' : kind);
  }

  /** Notes that a property has the type of spans. */
  noteTypedProperty(name: string, typed: Typed): void {
    if (this.#ofType(typed) === 'span') this.#properties.set(name, 'span');
  }

  kindOf(node: Node, scope: Scope, depth = 0): SpanKind | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const inner = bare(node);
    switch (inner.type) {
      case 'Identifier':
        return this.#ofIdentifier(inner.name, scope, depth);
      case 'AwaitExpression':
        return this.kindOf(inner.argument, scope, depth + 1);
      case 'AssignmentExpression':
        return this.kindOf(inner.right, scope, depth + 1);
      case 'ConditionalExpression':
        return this.kindOf(inner.consequent, scope, depth + 1) ?? this.kindOf(inner.alternate, scope, depth + 1);
      case 'LogicalExpression':
        return this.kindOf(inner.right, scope, depth + 1) ?? this.kindOf(inner.left, scope, depth + 1);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.#ofProperty(inner.property);
      case 'CallExpression':
      case 'OptionalCallExpression':
        return this.#ofCall(inner.callee, inner.arguments.length, scope, depth);
      default:
        return undefined;
    }
  }

  #ofProperty(property: Node): SpanKind | undefined {
    const name = property.type === 'Identifier' ? property.name : property.type === 'PrivateName' ? `#${property.id.name}` : undefined;
    if (name === undefined) return undefined;
    return this.#properties.get(name) ?? byName(name);
  }

  #ofCall(callee: Node, count: number, scope: Scope, depth: number): SpanKind | undefined {
    const call = this.#names.callOf(callee, scope);
    if (call === 'startTransaction') return 'transaction';
    if (call === 'startInactiveSpan' || call === 'getActiveSpan' || (call === 'startSpan' && count === 1)) return 'span';
    if (callee.type === 'Identifier') return this.#ofResult(callee.name, scope, depth);
    if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
    if (callee.property.type !== 'Identifier') return undefined;
    const { name } = callee.property;
    if (name === 'startChild') return 'child';
    return CHAINED.has(name) ? this.kindOf(callee.object, scope, depth + 1) : undefined;
  }

  /** What a function of the same file returns. */
  #ofResult(name: string, scope: Scope, depth: number): SpanKind | undefined {
    const path = scope.getBinding(name)?.path;
    const declared = path?.isVariableDeclarator() === true ? path.get('init') : path;
    if (declared?.isFunction() !== true) return undefined;
    const { body } = declared.node;
    if (body.type !== 'BlockStatement') return this.kindOf(body, declared.scope, depth + 1);
    for (const statement of body.body) {
      const kind =
        statement.type === 'ReturnStatement' && statement.argument ? this.kindOf(statement.argument, declared.scope, depth + 1) : undefined;
      if (kind !== undefined) return kind;
    }
    return undefined;
  }

  #ofIdentifier(name: string, scope: Scope, depth: number): SpanKind | undefined {
    const binding = scope.getBinding(name);
    if (binding === undefined) return undefined;
    const { path } = binding;
    if (path.isVariableDeclarator()) {
      const { init } = path.node;
      const first = init && path.node.id.type === 'Identifier' ? this.kindOf(init, path.scope, depth + 1) : undefined;
      return (
        first ??
        this.#ofAssignments(binding.constantViolations, depth) ??
        (path.node.id.type === 'Identifier' ? ofAnnotation(this.#ofType(path.node.id)) : byName(name))
      );
    }
    if (binding.kind === 'param') return this.#ofParameter(path, name, depth);
    return undefined;
  }

  #ofAssignments(violations: readonly NodePath[], depth: number): SpanKind | undefined {
    for (const path of violations) {
      if (!path.isAssignmentExpression()) continue;
      const kind = this.kindOf(path.node.right, path.scope, depth + 1);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }

  #ofParameter(path: NodePath, name: string, depth: number): SpanKind | undefined {
    const callback = path.getFunctionParent() ?? path;
    const index = callback.isFunction() ? (callback.node.params as Node[]).indexOf(path.node) : -1;
    const passed = index < 0 ? undefined : this.#ofUses(callback, index, depth);
    if (passed !== undefined) return passed;
    const byDefault = path.isAssignmentPattern() ? this.kindOf(path.node.right, path.scope, depth + 1) : undefined;
    if (byDefault !== undefined) return byDefault;
    const parameter = path.isAssignmentPattern() ? path.node.left : path.node;
    const typed = parameter.type === 'Identifier' ? this.#ofType(parameter) : undefined;
    if (typed !== undefined) return ofAnnotation(typed);
    const named = byName(name);
    return named === 'perhaps' && isUsedAsSpan(name, path.scope) ? 'maybe' : named;
  }

  /** What a function is given there, where it is called or passed as a callback. */
  #ofUses(path: NodePath, index: number, depth: number): SpanKind | undefined {
    const id = path.isFunctionDeclaration()
      ? path.node.id
      : path.parentPath?.isVariableDeclarator() === true
        ? path.parentPath.node.id
        : null;
    const named = id?.type === 'Identifier' ? path.parentPath?.scope.getBinding(id.name)?.referencePaths : undefined;
    for (const { node, parentPath: call } of named ?? [path]) {
      if (call?.isCallExpression() !== true) continue;
      const { callee, arguments: args } = call.node;
      const argument = callee === node ? args[index] : undefined;
      const kind = argument && this.kindOf(argument, call.scope, depth + 1);
      if (kind !== undefined && kind !== 'maybe' && kind !== 'perhaps') return kind === 'child' ? 'span' : kind;
      // The first parameter of a callback that a span is started with is that span.
      const started = index === 0 && args[1] === node ? this.#names.callOf(callee, call.scope) : undefined;
      if (started !== undefined && STARTS_WITH_CALLBACK.has(started)) return 'span';
    }
    return undefined;
  }

  /** What its annotation says; undefined: none, or one that does not tell. */
  #ofType({ typeAnnotation }: Typed): 'span' | 'other' | undefined {
    if (typeAnnotation?.type !== 'TSTypeAnnotation') return undefined;
    const { typeAnnotation: type } = typeAnnotation;
    const parts = type.type === 'TSUnionType' ? type.types : [type];
    const kinds = parts.map((part) => this.#ofTypeName(part));
    if (kinds.includes('span')) return 'span';
    return kinds.includes(undefined) ? undefined : 'other';
  }

  #ofTypeName(type: Node): 'span' | 'other' | undefined {
    if (type.type !== 'TSTypeReference') return type.type === 'TSAnyKeyword' || type.type === 'TSUnknownKeyword' ? undefined : 'other';
    const { typeName } = type;
    if (typeName.type === 'Identifier') {
      const isSpan = this.#names.imports.some(({ vendor, types, members }) =>
        [...types, ...members].some(([name, local]) => local === typeName.name && SPAN_TYPES[vendor].has(name)),
      );
      // Aliases of such types are known by their name only, and so is what a function returns.
      return isSpan ? 'span' : /Span$|^ReturnType$/.test(typeName.name) ? undefined : 'other';
    }
    return typeName.type === 'TSQualifiedName' && /^(?:LegacySpan|Span|Transaction)$/.test(typeName.right.name) ? 'span' : 'other';
  }
}

function ofAnnotation(typed: 'span' | 'other' | undefined): SpanKind | undefined {
  return typed === 'span' ? 'span' : undefined;
}

function byName(name: string): SpanKind | undefined {
  return SPAN_NAME.test(name) ? 'maybe' : PERHAPS_SPAN_NAME.test(name) ? 'perhaps' : undefined;
}

/** Whether something is called on it that nothing but spans has. */
function isUsedAsSpan(name: string, scope: Scope): boolean {
  return (scope.getBinding(name)?.referencePaths ?? []).some(({ parent }) => {
    if (parent.type !== 'MemberExpression' && parent.type !== 'OptionalMemberExpression') return false;
    return parent.property.type === 'Identifier' && /^(?:startChild|finish|setMeasurement)$/.test(parent.property.name);
  });
}

/** Looks for properties that keep spans: `this.span = …` and `span = …` in a class body say what the property is everywhere. */
export function noteProperties(spans: Spans): Visitor {
  return {
    AssignmentExpression: ({ node: { left, right }, scope }) => {
      if (left.type !== 'MemberExpression') return;
      const { property } = left;
      if (property.type === 'Identifier') spans.noteProperty(property.name, right, scope);
      else if (property.type === 'PrivateName') spans.noteProperty(`#${property.id.name}`, right, scope);
    },
    ClassProperty: ({ node, scope }) => {
      if (node.key.type !== 'Identifier') return;
      spans.noteTypedProperty(node.key.name, node);
      if (node.value) spans.noteProperty(node.key.name, node.value, scope);
    },
    ClassPrivateProperty: ({ node, scope }) => {
      spans.noteTypedProperty(`#${node.key.id.name}`, node);
      if (node.value) spans.noteProperty(`#${node.key.id.name}`, node.value, scope);
    },
    TSParameterProperty: ({ node: { parameter } }) => {
      if (parameter.type === 'Identifier') spans.noteTypedProperty(parameter.name, parameter);
    },
    ObjectProperty: ({ node: { key, value }, scope }) => {
      if (key.type === 'Identifier' && value.type === 'CallExpression') spans.noteProperty(key.name, value, scope);
    },
  };
}
