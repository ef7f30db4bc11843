import type { NodePath, Scope } from '@babel/traverse';
import type {
  AssignmentExpression,
  CallExpression,
  MemberExpression,
  Node,
  OptionalCallExpression,
  OptionalMemberExpression,
  StringLiteral,
} from '@babel/types';
import type { Edits } from './edits.ts';
import type { Imports } from './imports.ts';
import { STATUS_WORDS } from './names.ts';
import type { SdkNames } from './sdk-names.ts';
import { toStartOptions } from './span-options.ts';
import type { SpanKind, Spans } from './spans.ts';
import { bare, isRepeatable, propertiesOf } from './syntax.ts';
import { toMilliseconds, type TimeUnit } from './times.ts';
import { isUnknownReceiver } from './unknown-receiver.ts';

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
const SUCCESSORS: Readonly<Record<string, string>> = {
  setData: 'call setAttribute',
  setTag: 'call setAttribute',
  updateName: 'call setName',
  finish: 'call end',
  setStatus: "call setStatus('ok') or setStatus('error', message)",
  setMeasurement: 'call setAttribute(name, { value, unit })',
  setHttpStatus: "call setAttribute('http.response.status_code', code)",
};

/** Methods of spans of other SDKs that nothing takes the place of. */
const GONE =
  /^(?:addEvent|recordException|toTraceparent|toJSON|toContext|getTraceContext|setContext|setMetadata|isSuccess|getDynamicSamplingContext)$/;

/** Rewrites what is called on spans, and their properties that have another name. */
export class Methods {
  /** Whether the file has anything of an SDK: names alone are not enough to take something for a span. */
  readonly #isOurs: boolean;
  readonly #isOfSentry: boolean;
  readonly #startsOld: boolean;

  constructor(
    readonly edits: Edits,
    readonly spans: Spans,
    readonly imports: Imports,
    readonly names: SdkNames,
  ) {
    this.#isOurs = names.imports.length > 0 || /\.startChild\b/.test(edits.source);
    const startsByName = names.imports.some(({ vendor, members }) => vendor === 'spanstream' && members.has('startSpan'));
    this.#startsOld = startsByName || /\bstart(?:Transaction|Child)\b/.test(edits.source);
    this.#isOfSentry = names.imports.some(({ vendor }) => vendor === 'sentry');
  }

  rewriteCall(path: Call): void {
    const { callee, arguments: args } = path.node;
    if (
      (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') ||
      (callee.computed ? callee.property.type !== 'StringLiteral' : callee.property.type !== 'Identifier')
    )
      return;
    const name = callee.property.type === 'Identifier' ? callee.property.name : (callee.property as StringLiteral).value;
    if (name === 'startChild') return this.#startChild(path, callee, args);
    const kind = this.spans.kindOf(callee.object, path.scope);
    if (!this.#isOurs) return;
    if (kind === 'perhaps' || (kind === undefined && this.#isUnknown(callee.object, path.scope))) return this.#doubt(path, name);
    if (kind === undefined) return;
    if (callee.computed) return this.#doubt(path, name);
    const call = { path, callee, args, kind };
    const renamed = RENAMED[name];
    if (renamed !== undefined) this.edits.replaceNode(callee.property, renamed);
    else if (name === 'finish') this.#finish(call);
    else if (name === 'end' && this.#isOfSentry && kind !== 'maybe') this.#moveTime(call, 'any');
    else if (name === 'setStatus') this.#setStatus(call);
    else if (name === 'setMeasurement') this.#setMeasurement(call);
    else if (name === 'setHttpStatus') this.#setHttpStatus(call);
    else if (GONE.test(name) && kind !== 'maybe') this.edits.note(path.node, `spans have no ${name}: put what it says into attributes`);
  }

  /** Spans that are passed along go through lists, maps and parameters: in files that start some by the old calls they are looked for. */
  #isUnknown(receiver: Node, scope: Scope): boolean {
    return this.#startsOld && isUnknownReceiver(receiver, scope);
  }

  /** What may be a span or something else of that name. */
  #doubt(path: Call, name: string): void {
    const successor = SUCCESSORS[name];
    if (successor !== undefined) this.edits.note(path.node, `${name} is left as it is: if this is a span, ${successor}`);
  }

  /** `span.description` and `span.op`, read. */
  rewriteRead(path: NodePath<MemberExpression> | NodePath<OptionalMemberExpression>): void {
    const { property } = path.node;
    const name = this.#oldProperty(path.node, path.scope);
    if (name === undefined || (path.parentPath.isAssignmentExpression() && path.key === 'left')) return;
    const successor =
      name === 'description' ? 'name' : name === 'op' ? `getAttributes()[${this.edits.quoted('sentry.op')}]` : `spanContext().${name}`;
    this.edits.replaceNode(property, successor);
  }

  /** The same, written. */
  rewriteWrite({ node, scope }: NodePath<AssignmentExpression>): void {
    const { left, right, operator } = node;
    if (left.type !== 'MemberExpression') return;
    const name = this.#oldProperty(left, scope);
    if (name !== 'description' && name !== 'op') return;
    const setter = name === 'op' ? `setAttribute(${this.edits.quoted('sentry.op')}, ` : 'setName(';
    if (operator !== '=') return this.edits.note(node, `${name} of a span is set with ${setter}…)`);
    this.edits.replaceNode(node, `${this.edits.textOf(left.object)}.${setter}${this.edits.textOf(right)})`);
  }

  #oldProperty({ object, property, computed }: Member, scope: Scope): string | undefined {
    if (computed || property.type !== 'Identifier' || !/^(?:description|op|traceId|spanId)$/.test(property.name)) return undefined;
    const kind = this.spans.kindOf(object, scope);
    return kind === undefined || kind === 'maybe' || kind === 'perhaps' ? undefined : property.name;
  }

  #startChild(path: Call, callee: Member, args: readonly Node[]): void {
    if (callee.type === 'OptionalMemberExpression' && !(callee.optional && canBeCondition(path, callee.object)))
      return this.edits.note(path.node, 'startChild is left as it is: with ?. there may be no parent; write the condition out');
    const parent = this.edits.textOf(callee.object);
    const rewritten = toStartOptions(this.edits, args[0], {
      isChild: true,
      parentSpan: parent,
      active: false,
      unit: 'seconds',
      scope: path.scope,
    });
    if ('reason' in rewritten) return this.edits.note(path.node, `startChild is left as it is: ${rewritten.reason}`);
    if (rewritten.doubt !== undefined) this.edits.note(path.node, rewritten.doubt);
    const started = `${this.imports.tracing()}.startSpan(${rewritten.text})`;
    this.edits.replaceNode(path.node, callee.optional === true ? `${parent} ? ${started} : undefined` : started);
  }

  #finish(call: MethodCall): void {
    this.edits.replaceNode(call.callee.property, 'end');
    this.#moveTime(call, 'seconds');
  }

  #moveTime({ path, args }: MethodCall, unit: TimeUnit): void {
    const [time] = args;
    if (time === undefined) return;
    const { text, doubt } = toMilliseconds(this.edits, time, { unit, scope: path.scope });
    if (doubt !== undefined) this.edits.note(path.node, doubt);
    this.edits.replaceNode(time, text);
  }

  #setStatus({ path, callee, args }: MethodCall): void {
    const [status] = args;
    if (status?.type === 'ObjectExpression') return this.#setStatusCode(path, status);
    if (args.length === 0 || status === undefined) return;
    if (args.length > 1) return this.#setStatusWithMessage(path, args);
    if (areErrorWords(status)) return this.edits.replaceNode(status, `${this.edits.quoted('error')}, ${this.edits.textOf(status)}`);
    if (status.type !== 'StringLiteral')
      return this.edits.note(path.node, "setStatus takes 'ok' or 'error' and a message; what is given here is not known");
    if (status.value === 'ok' || status.value === 'error') return;
    const text = this.edits.textOf(status);
    if (status.value === 'cancelled')
      this.edits.replace(
        callee.property.start!,
        path.node.end!,
        `setStatus(${this.edits.quoted('ok')}).setAttribute(${this.edits.quoted('sentry.status.message')}, ${text})`,
      );
    else this.edits.note(path.node, `there is no status ${text}: it never changed anything`);
  }

  /** A message beside one of the old words was never kept. */
  #setStatusWithMessage(path: Call, [status, message]: readonly Node[]): void {
    if (status === undefined || message === undefined) return;
    if (status.type === 'StringLiteral' && (status.value === 'ok' || status.value === 'error')) return;
    if (areErrorWords(status) && isRepeatable(message))
      return this.edits.replace(status.start!, message.end!, `${this.edits.quoted('error')}, ${this.edits.textOf(status)}`);
    this.edits.note(path.node, "setStatus takes 'ok' or 'error' and a message; what is given here is not known");
  }

  /** `{ code: 1 }` is ok, `{ code: 2, message }` an error. */
  #setStatusCode(path: Call, status: Node): void {
    const properties = status.type === 'ObjectExpression' ? propertiesOf(status) : undefined;
    const given = properties?.get('code')?.value;
    const code = given === undefined ? undefined : this.#statusCode(given, path.scope);
    if (code !== 1 && code !== 2)
      return this.edits.note(path.node, "setStatus takes 'ok' or 'error' and a message; the code is not known here");
    const message = properties?.get('message')?.value;
    const error = message === undefined ? this.edits.quoted('error') : `${this.edits.quoted('error')}, ${this.edits.textOf(message)}`;
    this.edits.replaceNode(status, code === 1 ? this.edits.quoted('ok') : error);
  }

  #statusCode(code: Node, scope: Scope): number | undefined {
    if (code.type === 'NumericLiteral') return code.value;
    const constant = this.names.memberOf(code, scope)?.call;
    return constant === 'SPAN_STATUS_OK' ? 1 : constant === 'SPAN_STATUS_ERROR' ? 2 : undefined;
  }

  #setMeasurement({ path, callee, args, kind }: MethodCall): void {
    const [name, value, unit] = args;
    if (name === undefined || value === undefined) return;
    if (kind !== 'transaction')
      this.edits.note(path.node, 'measurements were shown on the transaction: set the attribute on the top-level span');
    const unitText = unit === undefined ? this.edits.quoted('none') : this.edits.textOf(unit);
    this.edits.replaceNode(callee.property, 'setAttribute');
    const valueText = this.edits.textOf(value);
    const short = valueText === 'value' ? 'value' : `value: ${valueText}`;
    this.edits.replace(value.start!, (unit ?? value).end!, `{ ${short}, ${unitText === 'unit' ? 'unit' : `unit: ${unitText}`} }`);
  }

  #setHttpStatus({ path, callee, args }: MethodCall): void {
    const [code] = args;
    if (code === undefined) return;
    this.edits.replaceNode(callee.property, 'setAttribute');
    this.edits.replaceNode(code, `${this.edits.quoted('http.response.status_code')}, ${this.edits.textOf(code)}`);
    this.edits.note(path.node, "setHttpStatus also set the status: call setStatus('error') where the code means one");
  }
}

/** Whether it is one of the old words for an error, whichever way its conditions go. */
function areErrorWords(node: Node): boolean {
  const inner = bare(node);
  if (inner.type === 'ConditionalExpression') return areErrorWords(inner.consequent) && areErrorWords(inner.alternate);
  return inner.type === 'StringLiteral' && inner.value !== 'cancelled' && STATUS_WORDS.has(inner.value);
}

/** Whether `parent?.startChild(…)` can become `parent ? … : undefined` where it stands. */
function canBeCondition({ parentPath }: Call, parent: Node): boolean {
  const isWhole =
    parentPath.isVariableDeclarator() ||
    parentPath.isReturnStatement() ||
    parentPath.isExpressionStatement() ||
    parentPath.isArrowFunctionExpression() ||
    (parentPath.isAssignmentExpression() && parentPath.node.operator === '=');
  return isWhole && isRepeatable(parent);
}
