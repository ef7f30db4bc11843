import type { Scope } from '@babel/traverse';
import type { Node } from '@babel/types';
import type { Edits } from './edits.ts';
import { bare } from './syntax.ts';

/** What numbers mean: seconds, milliseconds, or `any`, where the size of the number told. Dates are taken by all. */
export type TimeUnit = 'seconds' | 'ms' | 'any';

/** A time as the stream API takes it; the doubt says what could not be known. */
export interface Time {
  readonly text: string;
  readonly doubt?: string;
}

/** What an expression is: a date, milliseconds, seconds, a number of whatever unit, or nobody knows. */
type Meaning = 'date' | 'ms' | 'seconds' | 'number' | undefined;

const MAX_DEPTH = 10;

/** A time as milliseconds or a date. */
export function toMilliseconds(edits: Edits, node: Node, { unit, scope }: { readonly unit: TimeUnit; readonly scope: Scope }): Time {
  const text = edits.textOf(node);
  if (unit === 'ms') return { text };
  if (node.type === 'BinaryExpression' && isThousandth(node)) return { text: edits.textOf(node.left) };
  const meaning = meaningOf(node, scope);
  if (meaning === 'date') return { text };
  const thousandfold = /^[\w.()]+$/.test(text) ? `${text} * 1000` : `(${text}) * 1000`;
  if (unit === 'seconds')
    return meaning === undefined
      ? { text: thousandfold, doubt: `${excerpt(text)} is taken for seconds here; if it is a date, it stays as it was` }
      : { text: thousandfold };
  if (meaning === 'seconds') return { text: thousandfold };
  return meaning === 'ms'
    ? { text }
    : { text, doubt: `times are milliseconds or dates now; if ${excerpt(text)} is in seconds, multiply it` };
}

function meaningOf(node: Node, scope: Scope, depth = 0): Meaning {
  const inner = bare(node);
  switch (inner.type) {
    case 'NewExpression':
      return inner.callee.type === 'Identifier' && inner.callee.name === 'Date' ? 'date' : undefined;
    case 'NumericLiteral':
    case 'UnaryExpression':
      return 'number';
    case 'CallExpression':
      return inner.callee.type === 'MemberExpression' && isClock(inner.callee.object, inner.callee.property) ? 'ms' : undefined;
    case 'BinaryExpression': {
      if (isThousandth(inner)) return 'seconds';
      const left = inner.left.type === 'PrivateName' || !/^[+-]$/.test(inner.operator) ? undefined : meaningOf(inner.left, scope, depth);
      return left === 'ms' || left === 'seconds' ? left : 'number';
    }
    case 'Identifier': {
      const binding = scope.getBinding(inner.name);
      const init = binding?.constant === true && binding.path.isVariableDeclarator() ? binding.path.node.init : undefined;
      return init && depth < MAX_DEPTH ? meaningOf(init, binding!.path.scope, depth + 1) : undefined;
    }
    default:
      return undefined;
  }
}

function isThousandth({ operator, right }: { readonly operator: string; readonly right: Node }): boolean {
  return operator === '/' && right.type === 'NumericLiteral' && right.value === 1000;
}

function isClock(object: Node, property: Node): boolean {
  if (property.type !== 'Identifier') return false;
  return property.name === 'getTime' || (property.name === 'now' && object.type === 'Identifier' && object.name === 'Date');
}

/** Enough of an expression to find it by. */
function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 40 ? line : `${line.slice(0, 39)}…`;
}
