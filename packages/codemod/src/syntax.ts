import { parse, type ParserPlugin } from '@babel/parser';
import type { File, Node, ObjectExpression, ObjectProperty } from '@babel/types';

/** How a file is read, by its extension or the `lang` of a script block. */
export type Language = 'js' | 'ts' | 'tsx';

const COMMON: ParserPlugin[] = ['decorators-legacy', 'explicitResourceManagement'];
const PLUGINS: Readonly<Record<Language, ParserPlugin[]>> = {
  js: ['jsx', ...COMMON],
  ts: ['typescript', ...COMMON],
  tsx: ['typescript', 'jsx', ...COMMON],
};

/** The file's tree. @throws SyntaxError where it is none */
export function parseSource(text: string, language: Language): File {
  return parse(text, { sourceType: 'unambiguous', allowReturnOutsideFunction: true, plugins: PLUGINS[language] });
}

/** The expression without what TypeScript or brackets put around it. */
export function bare(node: Node): Node {
  let inner = node;
  while (
    inner.type === 'TSNonNullExpression' ||
    inner.type === 'TSAsExpression' ||
    inner.type === 'TSSatisfiesExpression' ||
    inner.type === 'ParenthesizedExpression'
  )
    inner = inner.expression;
  return inner;
}

/** The properties of an object literal by name; undefined where a name is computed, or something is spread or a method. */
export function propertiesOf(object: ObjectExpression): Map<string, ObjectProperty> | undefined {
  const properties = new Map<string, ObjectProperty>();
  for (const property of object.properties) {
    if (property.type !== 'ObjectProperty' || property.computed) return undefined;
    const { key } = property;
    if (key.type === 'Identifier') properties.set(key.name, property);
    else if (key.type === 'StringLiteral') properties.set(key.value, property);
    else return undefined;
  }
  return properties;
}
