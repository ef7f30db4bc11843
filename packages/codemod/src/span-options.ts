import type { Node, ObjectExpression, ObjectProperty } from '@babel/types';
import type { Edits } from './edits.ts';
import { propertiesOf } from './syntax.ts';

const OP = "'sentry.op'";
/** Options of the old calls that became attributes, in the order in which later ones win. */
const ATTRIBUTE_OPTIONS = ['data', 'tags', 'attributes'];
const KNOWN = new Set([
  ...ATTRIBUTE_OPTIONS,
  'name',
  'op',
  'description',
  'startTimestamp',
  'startTime',
  'parentSpan',
  'onlyIfParent',
  'links',
  'active',
  'forceTransaction',
]);

/** What is put beside the options that the code gives, as text. */
export interface Extras {
  /** Where the name comes from when it is not `name`. */
  readonly isChild?: boolean;
  readonly parentSpan?: string;
  readonly active?: false;
}

/** The old options as those of `tracing.startSpan`; a text that says why where that cannot be told. */
export function toStartOptions(
  edits: Edits,
  node: Node | undefined,
  extras: Extras,
): { readonly text: string } | { readonly reason: string } {
  if (node === undefined) return { text: objectText(['name: ""', ...tail(extras)], undefined, edits) };
  if (node.type !== 'ObjectExpression')
    return { reason: 'the options are no object literal here; write name, attributes and parentSpan out' };
  const properties = propertiesOf(node);
  if (properties === undefined) return { reason: 'the options have a spread, a method or a computed name; write name and attributes out' };
  if (hasComment(node)) return { reason: 'the options have comments in them; move this call by hand' };
  const unknown = [...properties.keys()].filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) return { reason: `the option ${unknown.join(', ')} has no successor` };
  const parts = [
    nameText(edits, properties, extras),
    attributesText(edits, properties),
    timeText(edits, properties),
    ...kept(edits, properties),
    ...tail(extras, properties),
  ];
  return {
    text: objectText(
      parts.filter((part) => part !== undefined),
      node,
      edits,
    ),
  };
}

function nameText(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>, { isChild }: Extras): string {
  const order = isChild === true ? ['description', 'name', 'op'] : ['name', 'description', 'op'];
  const named = order.map((name) => properties.get(name)).find((property) => property !== undefined);
  if (named === undefined) return "name: ''";
  const value = edits.textOf(named.value);
  return value === 'name' ? 'name' : `name: ${value}`;
}

function attributesText(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>): string | undefined {
  const op = properties.get('op');
  const parts = op === undefined ? [] : [`${OP}: ${edits.textOf(op.value)}`];
  const sources = ATTRIBUTE_OPTIONS.map((name) => properties.get(name)?.value).filter((value) => value !== undefined);
  const [only] = sources;
  if (op === undefined && sources.length === 1 && only !== undefined) {
    const text = edits.textOf(only);
    return text === 'attributes' ? 'attributes' : `attributes: ${text}`;
  }
  for (const value of sources) {
    const text = edits.textOf(value);
    const inner = value.type === 'ObjectExpression' ? text.slice(1, -1).trim().replace(/,$/, '') : `...${text}`;
    if (inner !== '') parts.push(inner);
  }
  return parts.length === 0 ? undefined : `attributes: { ${parts.join(', ')} }`;
}

/** Old times are seconds. */
function timeText(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>): string | undefined {
  const seconds = properties.get('startTimestamp');
  return seconds === undefined ? undefined : `startTime: ${toMilliseconds(edits, seconds.value)}`;
}

/** A time in seconds as one in milliseconds. */
export function toMilliseconds(edits: Edits, node: Node): string {
  const text = edits.textOf(node);
  if (node.type === 'NewExpression') return text; // a date
  const thousandth =
    node.type === 'BinaryExpression' && node.operator === '/' && node.right.type === 'NumericLiteral' && node.right.value === 1000;
  if (thousandth) return edits.textOf(node.left);
  return /^[\w.()]+$/.test(text) ? `${text} * 1000` : `(${text}) * 1000`;
}

function kept(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>): string[] {
  return ['startTime', 'parentSpan', 'onlyIfParent', 'links', 'active'].flatMap((name) => {
    const property = properties.get(name);
    return property === undefined ? [] : [edits.textOf(property)];
  });
}

function tail({ parentSpan, active }: Extras, properties?: ReadonlyMap<string, ObjectProperty>): string[] {
  const parts: string[] = [];
  const isForced = properties?.get('forceTransaction')?.value;
  if (parentSpan !== undefined) parts.push(parentSpan === 'parentSpan' ? 'parentSpan' : `parentSpan: ${parentSpan}`);
  else if (isForced?.type === 'BooleanLiteral' && isForced.value) parts.push('parentSpan: null');
  if (active === false && properties?.has('active') !== true) parts.push('active: false');
  return parts;
}

/** On one line where the options were on one, else a line for each. */
function objectText(parts: readonly string[], node: ObjectExpression | undefined, edits: Edits): string {
  const before = node === undefined ? '' : edits.source.slice(node.start!, node.end!);
  const indent = /^\{\s*\n([ \t]*)/.exec(before)?.[1];
  if (indent === undefined) return `{ ${parts.join(', ')} }`;
  const closing = /\n([ \t]*)\}$/.exec(before)?.[1] ?? '';
  return `{\n${parts.map((part) => `${indent}${part},\n`).join('')}${closing}}`;
}

function hasComment(node: ObjectExpression): boolean {
  return (
    node.properties.some(({ leadingComments, trailingComments }) => (leadingComments?.length ?? 0) + (trailingComments?.length ?? 0) > 0) ||
    (node.innerComments?.length ?? 0) > 0
  );
}
