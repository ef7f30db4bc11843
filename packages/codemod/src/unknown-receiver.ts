import type { Scope } from '@babel/traverse';
import type { Node } from '@babel/types';
import { bare } from './syntax.ts';

/** Whether nothing in the file tells what a method is called on: an element, an entry of a map, a parameter without a telling name. */
export function isUnknownReceiver(node: Node, scope: Scope): boolean {
  const inner = bare(node);
  if (inner.type === 'MemberExpression' || inner.type === 'OptionalMemberExpression')
    return inner.computed && inner.property.type !== 'StringLiteral';
  if (inner.type === 'CallExpression' || inner.type === 'OptionalCallExpression') {
    const { callee } = inner;
    const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression';
    return isMember && callee.property.type === 'Identifier' && /^(?:get|at|pop|shift|find)$/.test(callee.property.name);
  }
  if (inner.type !== 'Identifier' || /scope|event|hub/i.test(inner.name)) return false;
  const binding = scope.getBinding(inner.name);
  if (binding === undefined || isTyped(binding.identifier)) return false;
  if (binding.kind === 'param') return true;
  const { path } = binding;
  if (!path.isVariableDeclarator()) return false;
  // The variable of a loop has no value beside it.
  if (!path.node.init) return path.parentPath.parentPath?.isForOfStatement() === true;
  return path.node.id.type === 'Identifier' && isUnknownReceiver(path.node.init, path.scope);
}

function isTyped({ typeAnnotation }: { readonly typeAnnotation?: Node | null }): boolean {
  return typeAnnotation !== undefined && typeAnnotation !== null;
}
