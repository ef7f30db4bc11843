import type { NodePath } from '@babel/traverse';
import type { CallExpression, Node, OptionalCallExpression } from '@babel/types';
import type { Edits } from './edits.ts';
import type { Imports } from './imports.ts';
import type { ManualSpans } from './manual-spans.ts';
import type { SdkImport, SdkNames } from './sdk-names.ts';
import { toStartOptions } from './span-options.ts';
import { propertiesOf } from './syntax.ts';

type Call = NodePath<CallExpression> | NodePath<OptionalCallExpression>;

const SAME_NAME = new Set(['getActiveSpan', 'withActiveSpan', 'startNewTrace', 'suppressTracing', 'getTraceMetaTags']);

/** Rewrites the calls that start spans, e.g. `startTransaction(…)` and `Sentry.startSpan(…, callback)`. */
export class Calls {
  constructor(
    readonly edits: Edits,
    readonly names: SdkNames,
    readonly imports: Imports,
    readonly manual: ManualSpans,
  ) {}

  rewrite(path: Call): void {
    const { callee } = path.node;
    const found = this.names.lookUp(callee, path.scope);
    if (found !== undefined) return this.#rewriteStart(path, found.call, found.from);
    const member = this.names.memberOf(callee, path.scope);
    if (member?.call === 'init') this.#rewriteInit(path, member.from);
  }

  #rewriteStart(path: Call, call: string, from: SdkImport): void {
    const { callee, arguments: given } = path.node;
    if (!this.imports.reaches(from))
      return this.edits.note(path.node, `${call} is left as it is: the SDK is loaded inside a function here; import tracing at the top`);
    if (call === 'withActiveSpan' && takesParameters(given[1]))
      return this.edits.note(path.node, 'withActiveSpan is left as it is: its callback gets no scope from tracing.withActiveSpan');
    if (SAME_NAME.has(call)) return this.edits.replaceNode(callee, `${this.imports.tracing(from, call)}.${call}`);
    if (call === 'continueTrace') return this.#rewriteContinue(path, from);
    if (call === 'startSpanManual') return this.manual.rewrite(path, from);
    const [options] = given;
    const extras =
      call === 'startTransaction'
        ? { parentSpan: 'null', active: false as const }
        : call === 'startInactiveSpan'
          ? { active: false as const }
          : {};
    const unit = from.vendor === 'sentry' && call !== 'startTransaction' ? 'any' : 'seconds';
    const rewritten = toStartOptions(this.edits, options, { ...extras, unit, scope: path.scope });
    if ('reason' in rewritten) return this.edits.note(path.node, `${call} is left as it is: ${rewritten.reason}`);
    if (rewritten.doubt !== undefined) this.edits.note(path.node, rewritten.doubt);
    if (given.length > (call === 'startSpan' ? 2 : 1))
      this.edits.note(path.node, `${call} has more arguments than tracing.startSpan takes`);
    this.edits.replaceNode(callee, `${this.imports.tracing(from, call)}.startSpan`);
    if (options === undefined) this.edits.replace(callee.end!, path.node.end!, `(${rewritten.text})`);
    else this.edits.replaceNode(options, rewritten.text);
  }

  /** `{ sentryTrace, baggage }` became the headers themselves. */
  #rewriteContinue(path: Call, from: SdkImport): void {
    const { callee, arguments: given } = path.node;
    const [carrier] = given;
    const properties = carrier?.type === 'ObjectExpression' ? propertiesOf(carrier) : undefined;
    if (carrier === undefined || properties === undefined)
      return this.edits.note(path.node, "continueTrace takes the request's headers: pass them, or { 'sentry-trace': …, baggage: … }");
    const trace = properties.get('sentryTrace');
    if (trace !== undefined) this.edits.replaceNode(trace, `${this.edits.quoted('sentry-trace')}: ${this.edits.textOf(trace.value)}`);
    this.edits.replaceNode(callee, `${this.imports.tracing(from, 'continueTrace')}.continueTrace`);
  }

  #rewriteInit(path: Call, { vendor, target }: SdkImport): void {
    if (vendor === 'sentry')
      return this.edits.note(
        path.node,
        `spans need init({ dsn, traceLifecycle: 'stream', tracesSampleRate }) of ${target ?? '@spanstream/node'}, before what it instruments is loaded`,
      );
    const { callee, arguments: given } = path.node;
    const [options] = given;
    const added = `traceLifecycle: ${this.edits.quoted('stream')}`;
    if (options === undefined) return this.edits.replace(callee.end!, path.node.end!, `({ ${added} })`);
    if (options.type !== 'ObjectExpression')
      return this.edits.note(path.node, "init needs traceLifecycle: 'stream'; the options are no object literal here");
    const own = valueIn(options, 'traceLifecycle') ?? valueIn(valueIn(options, '_experiments'), 'traceLifecycle');
    if (own !== undefined) return this.#setLifecycle(path.node, own);
    const [first] = options.properties;
    const last = options.properties.at(-1);
    if (first === undefined || last === undefined) return this.edits.replaceNode(options, `{ ${added} }`);
    const lineStart = /\n[ \t]*$/.exec(this.edits.source.slice(options.start! + 1, first.start!))?.[0];
    // What is spread could bring another one: the last counts.
    if (options.properties.some(({ type }) => type === 'SpreadElement'))
      return this.edits.replace(last.end!, last.end!, `,${lineStart ?? ' '}${added}`);
    this.edits.replace(first.start!, first.start!, `${added},${lineStart ?? ' '}`);
  }

  #setLifecycle(call: Node, value: Node): void {
    if (value.type !== 'StringLiteral') return this.edits.note(call, "init needs traceLifecycle: 'stream'; it is not known here");
    if (value.value !== 'stream') this.edits.replaceNode(value, this.edits.quoted('stream'));
  }
}

function valueIn(object: Node | undefined, name: string): Node | undefined {
  if (object?.type !== 'ObjectExpression') return undefined;
  for (const property of object.properties)
    if (property.type === 'ObjectProperty' && property.key.type === 'Identifier' && property.key.name === name) return property.value;
  return undefined;
}

function takesParameters(callback: Node | undefined): boolean {
  return (callback?.type === 'ArrowFunctionExpression' || callback?.type === 'FunctionExpression') && callback.params.length > 0;
}
