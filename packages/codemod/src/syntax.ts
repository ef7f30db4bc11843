import { parse, type ParserPlugin } from '@babel/parser';
import type { File, Node, ObjectExpression, ObjectProperty } from '@babel/types';

/** How a file is read, by its extension or the `lang` of a script block. */
export type Language = 'js' | 'ts' | 'tsx';

const COMMON: ParserPlugin[] = ['decoratorAutoAccessors', 'explicitResourceManagement'];
const PLUGINS: Readonly<Record<Language, ParserPlugin[]>> = {
  js: ['jsx', ...COMMON],
  ts: ['typescript', ...COMMON],
  tsx: ['typescript', 'jsx', ...COMMON],
};

/** The file's tree. @throws SyntaxError where it is none */
export function parseSource(text: string, language: Language): File {
  const plugins = [...PLUGINS[language], ...(language === 'js' && /@flow\b/.test(text) ? (['flow'] as const) : [])];
  // Parameters take decorators in the older proposal only, `export @a class` is read in the newer one only.
  try {
    return parseWith(text, [...plugins, 'decorators-legacy']);
  } catch (error) {
    if (!text.includes('@')) throw error;
    try {
      return parseWith(text, [...plugins, 'decorators']);
    } catch {
      throw error;
    }
  }
}

function parseWith(text: string, plugins: ParserPlugin[]): File {
  return parse(text, { sourceType: 'unambiguous', allowReturnOutsideFunction: true, plugins });
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

/** Whether an expression may be evaluated twice: it calls nothing and changes nothing. */
export function isRepeatable(node: Node): boolean {
  switch (node.type) {
    case 'TemplateLiteral':
      return node.expressions.every(isRepeatable);
    case 'MemberExpression':
      return !node.computed && isRepeatable(node.object);
    case 'BinaryExpression':
      return isRepeatable(node.left) && isRepeatable(node.right);
    case 'ConditionalExpression':
      return isRepeatable(node.test) && isRepeatable(node.consequent) && isRepeatable(node.alternate);
    default:
      return /^(?:Identifier|ThisExpression|(?:String|Numeric|Boolean|Null)Literal)$/.test(node.type);
  }
}
