import type { Node, ObjectExpression, ObjectProperty } from '@babel/types';
import type { Scope } from '@babel/traverse';
import type { Edits } from './edits.ts';
import { isRepeatable, propertiesOf } from './syntax.ts';
import { type Time, toMilliseconds, type TimeUnit } from './times.ts';

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
  /** What a time may be in the API that the options are of. */
  readonly unit: TimeUnit;
  readonly scope: Scope;
}

/** The old options as those of `tracing.startSpan`; a text that says why where that cannot be told. */
export function toStartOptions(
  edits: Edits,
  node: Node | undefined,
  extras: Extras,
): { readonly text: string; readonly doubt?: string } | { readonly reason: string } {
  if (node === undefined) return { text: objectText([`name: ${edits.quoted('')}`, ...tail(extras)], undefined, edits) };
  if (node.type !== 'ObjectExpression')
    return { reason: 'the options are no object literal here; write name, attributes and parentSpan out' };
  const properties = propertiesOf(node);
  if (properties === undefined) return { reason: 'the options have a spread, a method or a computed name; write name and attributes out' };
  const sources = sourcesIn(properties);
  const isMixed = sources.length > 1 && sources.some((source) => source.type === 'ObjectExpression' && hasComment(source));
  if (hasComment(node) || isMixed) return { reason: 'the options have comments in them; move this call by hand' };
  const unknown = [...properties.keys()].filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) return { reason: `the option ${unknown.join(', ')} has no successor` };
  const named = nameOf(properties, extras);
  if (named !== undefined && named === properties.get('op') && !isRepeatable(named.value))
    return { reason: 'op is the name as well and has a call in it, which must not run twice; give it a name' };
  const time = timeOf(edits, properties, extras);
  const parts = [
    nameText(edits, named),
    attributesText(edits, properties),
    time && `startTime: ${time.text}`,
    ...kept(edits, properties),
    ...tail(extras, properties),
  ];
  return {
    text: objectText(
      parts.filter((part) => part !== undefined),
      node,
      edits,
    ),
    ...(time?.doubt !== undefined && { doubt: time.doubt }),
  };
}

function nameOf(properties: ReadonlyMap<string, ObjectProperty>, { isChild }: Extras): ObjectProperty | undefined {
  const order = isChild === true ? ['description', 'name', 'op'] : ['name', 'description', 'op'];
  return order.map((name) => properties.get(name)).find((property) => property !== undefined);
}

function nameText(edits: Edits, named: ObjectProperty | undefined): string {
  if (named === undefined) return `name: ${edits.quoted('')}`;
  const value = edits.textOf(named.value);
  return value === 'name' ? 'name' : `name: ${value}`;
}

function attributesText(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>): string | undefined {
  const op = properties.get('op');
  const own = op === undefined ? [] : [`${edits.quoted('sentry.op')}: ${edits.textOf(op.value)}`];
  const sources = sourcesIn(properties);
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) {
    const text = edits.textOf(only);
    if (own.length === 0) return text === 'attributes' ? 'attributes' : `attributes: ${text}`;
    // As it is, with one more entry in front.
    const gap = /^\{(\s*\n[ \t]*)(?!\})/.exec(text)?.[1] ?? ' ';
    if (only.type === 'ObjectExpression' && only.properties.length > 0) return `attributes: {${gap}${own[0]},${text.slice(1)}`;
  }
  const parts = sources.map((value) => {
    const text = edits.textOf(value);
    return value.type === 'ObjectExpression' ? text.slice(1, -1).trim().replace(/,$/, '') : `...${text}`;
  });
  const all = [...own, ...parts].filter((part) => part !== '');
  return all.length === 0 ? undefined : `attributes: { ${all.join(', ')} }`;
}

function sourcesIn(properties: ReadonlyMap<string, ObjectProperty>): Node[] {
  return ATTRIBUTE_OPTIONS.map((name) => properties.get(name)?.value).filter((value) => value !== undefined);
}

function timeOf(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>, { unit, scope }: Extras): Time | undefined {
  const time = properties.get('startTimestamp') ?? properties.get('startTime');
  if (time === undefined) return undefined;
  return toMilliseconds(edits, time.value, properties.has('startTimestamp') || unit === 'any' ? { unit, scope } : { unit: 'ms', scope });
}

function kept(edits: Edits, properties: ReadonlyMap<string, ObjectProperty>): string[] {
  return ['parentSpan', 'onlyIfParent', 'links', 'active'].flatMap((name) => {
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
