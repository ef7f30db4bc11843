import type { NodePath, Scope } from '@babel/traverse';
import type {
  AssignmentExpression,
  CallExpression,
  MemberExpression,
  Node,
  OptionalCallExpression,
  OptionalMemberExpression,
} from '@babel/types';
import type { Edits } from './edits.ts';
import type { Imports } from './imports.ts';
import { STATUS_WORDS } from './names.ts';
import { toMilliseconds, toStartOptions } from './span-options.ts';
import type { SpanKind, Spans } from './spans.ts';
import { propertiesOf } from './syntax.ts';

type Call = NodePath<CallExpression> | NodePath<OptionalCallExpression>;
type Member = MemberExpression | OptionalMemberExpression;

/** One call of a method of what is, or may be, a span. */
interface MethodCall {
  readonly path: Call;
  readonly callee: Member;
  readonly args: readonly Node[];
  readonly kind: SpanKind;
}

const RENAMED: Readonly<Record<string, string>> = { setData: 'setAttribute', setTag: 'setAttribute', updateName: 'setName' };

/** Rewrites what is called on spans, and their properties that have another name. */
export class Methods {
  constructor(
    readonly edits: Edits,
    readonly spans: Spans,
    readonly imports: Imports,
    /** Whether the file has anything of an SDK: names alone are not enough to take something for a span. */
    readonly isOurs: boolean,
  ) {}

  rewriteCall(path: Call): void {
    const { callee, arguments: args } = path.node;
    if (
      (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') ||
      callee.property.type !== 'Identifier' ||
      callee.computed
    )
      return;
    const { name } = callee.property;
    if (name === 'startChild') return this.#startChild(path, callee, args);
    const kind = this.spans.kindOf(callee.object, path.scope);
    if (kind === undefined || (kind === 'maybe' && !this.isOurs)) return;
    const call = { path, callee, args, kind };
    const renamed = RENAMED[name];
    if (renamed !== undefined) this.edits.replaceNode(callee.property, renamed);
    else if (name === 'finish') this.#finish(call);
    else if (name === 'setStatus') this.#setStatus(call);
    else if (name === 'setMeasurement') this.#setMeasurement(call);
    else if (name === 'setHttpStatus') this.#setHttpStatus(call);
  }

  /** `span.description` and `span.op`, read. */
  rewriteRead(path: NodePath<MemberExpression> | NodePath<OptionalMemberExpression>): void {
    const { property } = path.node;
    const name = this.#oldProperty(path.node, path.scope);
    if (name === undefined || (path.parentPath.isAssignmentExpression() && path.key === 'left')) return;
    const successor = name === 'description' ? 'name' : name === 'op' ? "getAttributes()['sentry.op']" : `spanContext().${name}`;
    this.edits.replaceNode(property, successor);
  }

  /** The same, written. */
  rewriteWrite({ node, scope }: NodePath<AssignmentExpression>): void {
    const { left, right, operator } = node;
    if (left.type !== 'MemberExpression') return;
    const name = this.#oldProperty(left, scope);
    if (name !== 'description' && name !== 'op') return;
    const setter = name === 'op' ? "setAttribute('sentry.op', " : 'setName(';
    if (operator !== '=') return this.edits.note(node, `${name} of a span is set with ${setter}…)`);
    this.edits.replaceNode(node, `${this.edits.textOf(left.object)}.${setter}${this.edits.textOf(right)})`);
  }

  #oldProperty({ object, property, computed }: Member, scope: Scope): string | undefined {
    if (computed || property.type !== 'Identifier' || !/^(?:description|op|traceId|spanId)$/.test(property.name)) return undefined;
    const kind = this.spans.kindOf(object, scope);
    return kind === undefined || kind === 'maybe' ? undefined : property.name;
  }

  #startChild(path: Call, callee: Member, args: readonly Node[]): void {
    if (callee.optional)
      return this.edits.note(path.node, 'startChild is left as it is: with ?. there may be no parent; write the condition out');
    const parent = this.edits.textOf(callee.object);
    const rewritten = toStartOptions(this.edits, args[0], { isChild: true, parentSpan: parent, active: false });
    if ('reason' in rewritten) return this.edits.note(path.node, `startChild is left as it is: ${rewritten.reason}`);
    this.edits.replaceNode(path.node, `${this.imports.tracing()}.startSpan(${rewritten.text})`);
  }

  #finish({ callee, args }: MethodCall): void {
    this.edits.replaceNode(callee.property, 'end');
    const [time] = args;
    if (time !== undefined) this.edits.replaceNode(time, toMilliseconds(this.edits, time));
  }

  #setStatus({ path, callee, args }: MethodCall): void {
    const [status] = args;
    if (status?.type === 'ObjectExpression') return this.#setStatusCode(path, status);
    if (args.length !== 1 || status === undefined) return;
    if (status.type !== 'StringLiteral')
      return this.edits.note(path.node, "setStatus takes 'ok' or 'error' and a message; what is given here is not known");
    if (status.value === 'ok' || status.value === 'error') return;
    const text = this.edits.textOf(status);
    if (status.value === 'cancelled')
      this.edits.replace(callee.property.start!, path.node.end!, `setStatus('ok').setAttribute('sentry.status.message', ${text})`);
    else if (STATUS_WORDS.has(status.value)) this.edits.replaceNode(status, `'error', ${text}`);
    else this.edits.note(path.node, `there is no status ${text}: it never changed anything`);
  }

  /** `{ code: 1 }` is ok, `{ code: 2, message }` an error. */
  #setStatusCode(path: Call, status: Node): void {
    const properties = status.type === 'ObjectExpression' ? propertiesOf(status) : undefined;
    const code = properties?.get('code')?.value;
    if (code?.type !== 'NumericLiteral' || (code.value !== 1 && code.value !== 2))
      return this.edits.note(path.node, "setStatus takes 'ok' or 'error' and a message; the code is not known here");
    const message = properties?.get('message')?.value;
    const error = message === undefined ? "'error'" : `'error', ${this.edits.textOf(message)}`;
    this.edits.replaceNode(status, code.value === 1 ? "'ok'" : error);
  }

  #setMeasurement({ path, callee, args, kind }: MethodCall): void {
    const [name, value, unit] = args;
    if (name === undefined || value === undefined) return;
    if (kind !== 'transaction')
      this.edits.note(path.node, 'measurements were shown on the transaction: set the attribute on the top-level span');
    const unitText = unit === undefined ? "'none'" : this.edits.textOf(unit);
    this.edits.replaceNode(callee.property, 'setAttribute');
    const valueText = this.edits.textOf(value);
    const short = valueText === 'value' ? 'value' : `value: ${valueText}`;
    this.edits.replace(value.start!, (unit ?? value).end!, `{ ${short}, ${unitText === 'unit' ? 'unit' : `unit: ${unitText}`} }`);
  }

  #setHttpStatus({ path, callee, args }: MethodCall): void {
    const [code] = args;
    if (code === undefined) return;
    this.edits.replaceNode(callee.property, 'setAttribute');
    this.edits.replaceNode(code, `'http.response.status_code', ${this.edits.textOf(code)}`);
    this.edits.note(path.node, "setHttpStatus also set the status: call setStatus('error') where the code means one");
  }
}
