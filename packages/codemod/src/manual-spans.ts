import type { NodePath } from '@babel/traverse';
import type { ArrowFunctionExpression, CallExpression, FunctionExpression, Identifier, Node, OptionalCallExpression } from '@babel/types';
import type { Edits } from './edits.ts';
import type { Imports } from './imports.ts';
import type { SdkImport } from './sdk-names.ts';
import { toStartOptions } from './span-options.ts';

type Call = NodePath<CallExpression> | NodePath<OptionalCallExpression>;
type Callback = ArrowFunctionExpression | FunctionExpression;

const CALL = 'startSpanManual';

/** `startSpanManual(options, (span) => …)`: a span in a variable, and the callback with that span active. */
export class ManualSpans {
  /** Names that were given to variables, by the block they are in. */
  readonly #hoisted = new Map<Node, Set<string>>();

  constructor(
    readonly edits: Edits,
    readonly imports: Imports,
  ) {}

  rewrite(path: Call, from: SdkImport): void {
    const { callee, arguments: args } = path.node;
    const [options, callback] = args;
    const found = options === undefined || args.length !== 2 ? undefined : callbackOf(callback, path);
    if (found === undefined) return this.#leave(path, 'the callback is not written out here, or takes more than the span');
    const statement = hoistableStatement(path);
    if (statement === undefined) return this.#leave(path, 'the span needs a variable before this statement');
    const block = statement.parent;
    const names = this.#hoisted.get(block) ?? new Set();
    const { name } = found.span;
    // The variable must not take the place of another, and the callback's body must go on to mean it.
    if (names.has(name) || statement.scope.hasBinding(name)) return this.#leave(path, `${name} is the name of something else here`);
    const started = toStartOptions(this.edits, options, { active: false, unit: 'any', scope: path.scope });
    if ('reason' in started) return this.#leave(path, started.reason);
    this.#hoisted.set(block, names.add(name));
    if (started.doubt !== undefined) this.edits.note(path.node, started.doubt);
    this.edits.note(
      path.node,
      "a throw in the callback no longer sets the status of the span: call setStatus('error') where it can happen",
    );
    const tracing = this.imports.tracing(from, CALL);
    const { start } = statement.node;
    this.edits.replace(start!, start!, `const ${name} = ${tracing}.startSpan(${started.text});\n${this.edits.indentAt(start!)}`);
    this.edits.replaceNode(callee, `${tracing}.withActiveSpan`);
    this.edits.replaceNode(options!, name);
    this.#dropParameters(found.callback);
  }

  #leave(path: Call, reason: string): void {
    this.edits.note(
      path.node,
      `${CALL} is left as it is: ${reason}; start the span with tracing.startSpan({ …, active: false }), use withActiveSpan, and end it by hand`,
    );
  }

  #dropParameters({ params }: Callback): void {
    const start = params[0]!.start!;
    const hasBrackets = /\(\s*$/.test(this.edits.source.slice(0, start));
    this.edits.replace(start, params.at(-1)!.end!, hasBrackets ? '' : '()');
  }
}

/** The callback, where nothing but the span is used of what it is given. */
function callbackOf(node: Node | undefined, call: Call): { readonly callback: Callback; readonly span: Identifier } | undefined {
  if (node?.type !== 'ArrowFunctionExpression' && node?.type !== 'FunctionExpression') return undefined;
  const [span, finish] = node.params;
  if (span?.type !== 'Identifier' || node.params.length > 2 || (node.type === 'FunctionExpression' && node.generator)) return undefined;
  if (finish === undefined) return { callback: node, span };
  const scope = (call.get('arguments') as NodePath[])[1]!.scope;
  const isUnused = finish.type === 'Identifier' && scope.getOwnBinding(finish.name)?.referenced === false;
  return isUnused ? { callback: node, span } : undefined;
}

/** The statement that does nothing before the call, in a block that can have one more. */
function hoistableStatement(call: Call): NodePath | undefined {
  let at: NodePath = call;
  while (at.parentPath?.isAwaitExpression() === true) at = at.parentPath;
  const parent = at.parentPath;
  const statement =
    parent?.isExpressionStatement() === true || parent?.isReturnStatement() === true
      ? parent
      : parent?.isVariableDeclarator() === true && (parent.parentPath.node as { declarations: unknown[] }).declarations.length === 1
        ? parent.parentPath
        : undefined;
  const block = statement?.parentPath;
  return block?.isBlockStatement() === true || block?.isProgram() === true ? statement! : undefined;
}
