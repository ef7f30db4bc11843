import MagicString from 'magic-string';

/** A node of an ESTree. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** The module that generated code imports. */
export const RUNTIME = '@spanstream/browser/async';
const START = '__startAsyncScope';
const SCOPE = '__asyncScope';

/** What is the same all over one asynchronous function. */
interface AsyncFunction {
  readonly isGenerator: boolean;
}

/** A place inside a function, or at the top of the module. */
interface Place {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode | undefined;
  /** The asynchronous function that it is in, if that is prepared. */
  readonly within: AsyncFunction | undefined;
}

/**
 * Prepares asynchronous functions so that they keep their context: native `async` stays, each suspension is put between
 * `wait` and `back`. Generators instead, as compilers for old targets make them, would cost each call a second function, and stack traces
 * their meaning.
 * @returns undefined when there is nothing to do
 */
export function instrumentAsync(code: string, program: SyntaxNode, source: string): { code: string; map: string } | undefined {
  const text = new MagicString(code);
  new Instrumenter(code, text).visit({ node: program, parent: undefined, within: undefined });
  if (!text.hasChanged()) return undefined;
  // Imports are hoisted; at the end it moves no line, and no directive from the top.
  text.append(`\nimport { startAsyncScope as ${START} } from ${JSON.stringify(RUNTIME)};\n`);
  return { code: text.toString(), map: text.generateMap({ source, hires: 'boundary', includeContent: true }).toString() };
}

/** Goes through the tree in the order of the source; what several nodes insert at one place nests because of that order. */
class Instrumenter {
  readonly #code: string;
  readonly #text: MagicString;

  constructor(code: string, text: MagicString) {
    this.#code = code;
    this.#text = text;
  }

  visit(place: Place): void {
    const { node } = place;
    if (isFunction(node)) this.#visitFunction(place);
    else if (place.within && node.type === 'AwaitExpression') this.#suspend(place, node['argument'] as SyntaxNode);
    else if (place.within && node.type === 'YieldExpression') this.#suspend(place, node['argument'] as SyntaxNode | null);
    else if (place.within?.isGenerator && node.type === 'ReturnStatement') this.#visitReturn(place);
    else if (place.within && node.type === 'TryStatement') this.#visitTry(place);
    else if (place.within && isForAwait(node)) this.#visitForAwait(place);
    else if (place.within && node.type === 'LabeledStatement' && isForAwait(behindLabels(node))) this.#visitLabeled(place);
    else this.#visitChildren(place);
  }

  #visitChildren({ node, within }: Place): void {
    for (const child of childrenOf(node)) this.visit({ node: child, parent: node, within });
  }

  #visitFunction({ node, parent }: Place): void {
    const body = node['body'] as SyntaxNode;
    const isPrepared = node['async'] === true && suspends(body) && !hasAsyncDisposal(body);
    const within = isPrepared ? { isGenerator: node['generator'] === true } : undefined;
    const begin = `const ${SCOPE} = ${START}(); try {`;
    const finish = `} finally { ${SCOPE}.end(); }`;
    for (const child of childrenOf(node)) if (child !== body) this.visit({ node: child, parent: node, within: undefined });
    if (!within) return this.visit({ node: body, parent: node, within });
    if (body.type === 'BlockStatement') {
      const directive = lastDirective(body);
      this.#insert(directive?.end ?? body.start + 1, directive ? `; ${begin}` : begin);
      this.#visitChildren({ node: body, parent, within });
      this.#insert(body.end - 1, finish);
    } else {
      this.#insert(this.#afterArrow(node), `{ ${begin} return (`);
      this.visit({ node: body, parent: node, within });
      this.#insert(node.end, `); ${finish} }`);
    }
  }

  /** `await x` becomes `scope.back(await scope.wait((x)))`. */
  #suspend(place: Place, argument: SyntaxNode | null): void {
    const { node } = place;
    this.#insert(node.start, `${SCOPE}.back(`);
    if (argument) this.#wrap(place, argument, 'wait');
    else this.#insert(node.end, ` ${SCOPE}.wait()`);
    this.#insert(node.end, ')');
  }

  /** An asynchronous generator awaits what it returns before its `finally` blocks run. */
  #visitReturn(place: Place): void {
    const argument = place.node['argument'] as SyntaxNode | null;
    if (argument) this.#wrap(place, argument, 'wait');
  }

  #visitTry({ node, within }: Place): void {
    const { block, handler, finalizer } = node as unknown as Record<string, SyntaxNode | null>;
    this.visit({ node: block!, parent: node, within });
    if (handler) {
      const { param, body } = handler as unknown as Record<string, SyntaxNode | null>;
      if (param) this.visit({ node: param, parent: handler, within });
      this.#visitBlock(body!, within);
    }
    if (finalizer) this.#visitBlock(finalizer, within);
  }

  #visitLabeled(place: Place): void {
    if (place.parent?.type === 'LabeledStatement') this.#visitChildren(place);
    else this.#wrapLoop(place, () => this.#visitChildren(place));
  }

  /** `break` and `return` wait, too, for the iterator's `return`; they must find the way back wherever they lead. */
  #wrapLoop({ node }: Place, visit: () => void): void {
    this.#insert(node.start, 'try {');
    visit();
    this.#insert(node.end, `} finally { ${SCOPE}.back(); }`);
  }

  #visitForAwait(place: Place): void {
    if (place.parent?.type === 'LabeledStatement') this.#visitLoop(place);
    else this.#wrapLoop(place, () => this.#visitLoop(place));
  }

  #visitLoop(place: Place): void {
    const { node, within } = place;
    const { left, right, body } = node as unknown as Record<string, SyntaxNode>;
    this.visit({ node: left!, parent: node, within });
    this.#wrap(place, right!, 'each');
    if (body!.type === 'BlockStatement') this.#visitBlock(body!, within);
    else {
      this.#insert(body!.start, `{ ${SCOPE}.back(); `);
      this.visit({ node: body!, parent: node, within });
      this.#insert(body!.end, '}');
    }
  }

  #visitBlock(block: SyntaxNode, within: AsyncFunction | undefined): void {
    this.#insert(block.start + 1, `${SCOPE}.back();`);
    this.#visitChildren({ node: block, parent: undefined, within });
  }

  /** Two pairs of parentheses: the argument may be a comma expression. */
  #wrap({ node, within }: Place, argument: SyntaxNode, method: 'wait' | 'each'): void {
    this.#insert(argument.start, `${SCOPE}.${method}((`);
    this.visit({ node: argument, parent: node, within });
    this.#insert(argument.end, '))');
  }

  #insert(at: number, content: string): void {
    this.#text.appendLeft(at, content);
  }

  /** Behind the `=>` of an arrow function: only comments and parentheses stand between its parameters and that. */
  #afterArrow(arrow: SyntaxNode): number {
    const last = (arrow['params'] as SyntaxNode[]).at(-1);
    const pattern = /\/\*[^]*?\*\/|\/\/[^\n\r\u2028\u2029]*|=>/g;
    pattern.lastIndex = last ? last.end : arrow.start;
    for (let match = pattern.exec(this.#code); match; match = pattern.exec(this.#code)) if (match[0] === '=>') return pattern.lastIndex;
    return (arrow['body'] as SyntaxNode).start;
  }
}

function isFunction({ type }: SyntaxNode): boolean {
  return type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
}

function isForAwait(node: SyntaxNode): boolean {
  return node.type === 'ForOfStatement' && node['await'] === true;
}

/** Whether a function with this body can be suspended; if not, it runs as any other. */
function suspends(node: SyntaxNode): boolean {
  return contains(node, (at) => at.type === 'AwaitExpression' || at.type === 'YieldExpression' || isForAwait(at));
}

/** The end of an `await using` block suspends where no code can be put; compilers lower it, for what they call ES2025 and before. */
function hasAsyncDisposal(node: SyntaxNode): boolean {
  return contains(node, (at) => at.type === 'VariableDeclaration' && at['kind'] === 'await using');
}

/** Looks through the function's own code, not through functions inside. */
function contains(node: SyntaxNode, isWanted: (at: SyntaxNode) => boolean): boolean {
  return isWanted(node) || childrenOf(node).some((child) => !isFunction(child) && contains(child, isWanted));
}

function lastDirective(body: SyntaxNode): SyntaxNode | undefined {
  return (body['body'] as SyntaxNode[]).findLast((statement) => typeof statement['directive'] === 'string');
}

function behindLabels(node: SyntaxNode): SyntaxNode {
  return node.type === 'LabeledStatement' ? behindLabels(node['body'] as SyntaxNode) : node;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is SyntaxNode => typeof (value as SyntaxNode | null)?.type === 'string' && 'start' in (value as SyntaxNode))
    .sort((a, b) => a.start - b.start);
}
