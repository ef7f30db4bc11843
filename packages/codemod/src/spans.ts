import type { NodePath, Scope } from '@babel/traverse';
import type { Node } from '@babel/types';
import { SPAN_NAME } from './names.ts';
import type { SdkNames } from './sdk-names.ts';
import { bare } from './syntax.ts';

/** What an expression is: a top-level span, one below another, one of either kind, or by its name perhaps one. */
export type SpanKind = 'transaction' | 'child' | 'span' | 'maybe';

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
const STARTS_WITH_CALLBACK = new Set(['startSpan', 'startSpanManual', 'withActiveSpan']);
const MAX_DEPTH = 20;

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
    if (kind !== undefined && kind !== 'maybe')
      this.#properties.set(name, this.#properties.has(name) && this.#properties.get(name) !== kind ? 'span' : kind);
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
    return this.#properties.get(name) ?? (SPAN_NAME.test(name) ? 'maybe' : undefined);
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
        (SPAN_NAME.test(name) && path.node.id.type !== 'Identifier' ? 'maybe' : undefined)
      );
    }
    if (binding.kind === 'param') return this.#ofParameter(path, name);
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

  /** The first parameter of a callback that a span is started with is that span. */
  #ofParameter(path: NodePath, name: string): SpanKind | undefined {
    const callback = path.getFunctionParent() ?? path;
    const call = callback.parentPath;
    if (call?.isCallExpression() === true && callback.isFunction() && callback.node.params[0] === path.node) {
      const started = this.#names.callOf(call.node.callee, call.scope);
      if (started !== undefined && STARTS_WITH_CALLBACK.has(started)) return 'span';
    }
    return SPAN_NAME.test(name) ? 'maybe' : undefined;
  }
}
