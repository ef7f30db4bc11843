import type { AttributeValue, Attributes } from '../span/attributes.ts';

/**
 * Matches spans by their name: a string is contained in it, a RegExp is tested (whatever its `lastIndex`); or by name
 * and attributes, all of which must match: string and RegExp as for names and on string attributes only, other values
 * strictly equal, arrays element by element. An object that asks for nothing matches nothing.
 */
export type IgnorePattern =
  | string
  | RegExp
  | {
      readonly name?: string | RegExp | undefined;
      readonly attributes?: { readonly [key: string]: IgnoreValue | undefined } | undefined;
    };

/** What an attribute is compared with. */
export type IgnoreValue = string | RegExp | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/** Attributes as name, value, name, value, … or as a record of which own keys count; undefined: none. */
export type IgnoreAttributes = readonly (string | AttributeValue)[] | Readonly<Attributes> | undefined;

/** Whether a span that is about to start is ignored. Never throws. */
export type SpanMatcher = (name: string, attributes: IgnoreAttributes) => boolean;

type Test = (value: unknown) => boolean;
type Read = (attributes: IgnoreAttributes, key: string) => unknown;

/** Compiles the option `ignoreSpans` (R22). Undefined when there is nothing to ignore, so that starting a span need not ask. */
export function createIgnoreSpans(patterns: readonly IgnorePattern[] | undefined): SpanMatcher | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const matchers = patterns.map(compilePattern);
  return (name, attributes) => {
    for (const matches of matchers) if (matches(name, attributes)) return true;
    return false;
  };
}

/** Tests a text: a string is contained in it; a RegExp is copied, so that `g` and `y` keep no state between texts and the user's own object is not touched. */
export function createTextTest(pattern: string | RegExp): (text: string) => boolean {
  if (typeof pattern === 'string') return (text) => text.includes(pattern);
  const regExp = new RegExp(pattern);
  return (text) => {
    regExp.lastIndex = 0;
    return regExp.test(text);
  };
}

function compilePattern(pattern: IgnorePattern): SpanMatcher {
  if (isTextPattern(pattern)) return createTextTest(pattern);
  const nameTest = pattern.name === undefined ? undefined : createTextTest(pattern.name);
  const parts: [string, Test][] = [];
  for (const [key, expected] of Object.entries(pattern.attributes ?? {})) {
    if (expected !== undefined) parts.push([key, compileValue(expected)]);
  }
  if (nameTest === undefined && parts.length === 0) return () => false;
  return (name, attributes) => {
    if (nameTest?.(name) === false) return false;
    try {
      const read = Array.isArray(attributes) ? readList : readRecord;
      return parts.every(([key, test]) => test(read(attributes, key)));
    } catch {
      return false; // a throwing getter or a revoked proxy is no attribute; setting it on the span drops it, too (R6)
    }
  };
}

function compileValue(expected: IgnoreValue): Test {
  if (isTextPattern(expected)) {
    const test = createTextTest(expected);
    return (value) => typeof value === 'string' && test(value);
  }
  if (Array.isArray(expected)) {
    const elements: readonly unknown[] = expected.slice();
    return (value) => Array.isArray(value) && value.length === elements.length && elements.every((element, i) => element === value[i]);
  }
  return (value) => value === expected;
}

/** Whether the value is a string or a RegExp; by tag, since one made in another realm (a vm context, a frame) is no `instanceof RegExp` here. */
export function isTextPattern(value: unknown): value is string | RegExp {
  return typeof value === 'string' || Object.prototype.toString.call(value) === '[object RegExp]';
}

const readList: Read = (attributes, key) => {
  const list = attributes as readonly unknown[];
  for (let i = 0; i < list.length; i += 2) if (list[i] === key) return withoutUnit(list[i + 1]);
  return undefined;
};

const readRecord: Read = (attributes, key) => {
  return attributes !== undefined && Object.hasOwn(attributes, key) ? withoutUnit((attributes as Readonly<Attributes>)[key]) : undefined;
};

function withoutUnit(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { value?: unknown }).value : value;
}
