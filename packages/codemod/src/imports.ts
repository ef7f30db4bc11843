import type { NodePath } from '@babel/traverse';
import type { ImportSpecifier, Node, ObjectProperty, Program } from '@babel/types';
import type { Edits } from './edits.ts';
import { SPAN_CALLS, SPAN_TYPES } from './names.ts';
import type { SdkImport, SdkNames } from './sdk-names.ts';

const TRACING = 'tracing';

/** What is known of the file around the imports. */
export interface Surroundings {
  readonly edits: Edits;
  readonly names: SdkNames;
  readonly program: NodePath<Program>;
  /** Names that mean something else anywhere in the file. */
  readonly taken: ReadonlySet<string>;
  /** What stands around the code and may use what it imports. */
  readonly outside: string;
  /** What a file without an import of an SDK takes `tracing` from. */
  readonly fallback: string;
}

/** Knows what `tracing` is called in the file, and brings it in. */
export class Imports {
  readonly #in: Surroundings;
  /** How often each single import was replaced. */
  readonly #replaced = new Map<string, number>();
  /** What the stream API's import has to have, e.g. `tracing`. */
  readonly #needed = new Set<string>();
  #isPlaced = false;

  constructor(surroundings: Surroundings) {
    this.#in = surroundings;
  }

  /** Whether `tracing` can be brought to where calls of that import stand. */
  reaches(from: SdkImport): boolean {
    return from.isTopLevel || (from.vendor === 'spanstream' && from.namespace !== undefined) || this.#own !== undefined;
  }

  /** How `tracing` is written for a call that came from there; undefined: from no import. */
  tracing(from?: SdkImport, member?: string): string {
    if (from !== undefined && member !== undefined && from.members.has(member))
      this.#replaced.set(member, (this.#replaced.get(member) ?? 0) + 1);
    const own = from?.vendor === 'spanstream' && from.namespace !== undefined ? from : this.#own;
    if (own?.namespace !== undefined && !this.#in.taken.has(own.namespace)) return `${own.namespace}.${TRACING}`;
    const known = own?.members.get(TRACING);
    if (known !== undefined && !this.#in.taken.has(known)) return known;
    const name = this.#free(TRACING, 'spanTracing');
    this.#needed.add(this.#specifier(TRACING, name));
    return name;
  }

  /** How the type of spans is written where the other SDK's was written as `Sentry.Span`. */
  spanType(): string {
    for (const { vendor, types, members } of this.#in.names.imports) {
      const local = types.get('Span') ?? members.get('Span');
      if (local !== undefined && (vendor === 'spanstream' || local === 'Span')) return local;
    }
    const name = this.#free('Span', 'StreamSpan');
    this.#needed.add(`type ${this.#specifier('Span', name)}`);
    return name;
  }

  /** Takes out the imports that nothing uses any more and puts what is needed in. */
  finish(): void {
    for (const from of this.#in.names.imports) this.#needTypes(from);
    const own = this.#own;
    const hasList = own !== undefined && own.namespace === undefined && own.form !== 'part';
    for (const from of this.#in.names.imports) {
      const gone = new Set([...from.members, ...from.types].filter((entry) => this.#isGone(from, entry)).map(([member]) => member));
      const added = hasList && from === own ? this.#takeNeeded() : [];
      if (gone.size > 0 || added.length > 0) this.#rewrite(from, gone, added);
    }
    if (this.#needed.size > 0) this.#insert();
  }

  get #own(): SdkImport | undefined {
    const own = this.#in.names.imports.filter(({ vendor, isTopLevel, form }) => vendor === 'spanstream' && isTopLevel && form !== 'type');
    return own.find(({ members }) => members.has(TRACING)) ?? own.find(({ namespace }) => namespace !== undefined) ?? own[0];
  }

  #free(name: string, otherwise: string): string {
    if (!this.#in.taken.has(name)) return name;
    for (let i = 1; ; i++) {
      const candidate = i === 1 ? otherwise : `${otherwise}${i}`;
      if (!this.#in.taken.has(candidate)) return candidate;
    }
  }

  #specifier(name: string, local: string): string {
    if (local === name) return name;
    const form = (this.#own ?? this.#anchor)?.form;
    return form === 'require' || form === 'await' ? `${name}: ${local}` : `${name} as ${local}`;
  }

  #takeNeeded(): string[] {
    const texts = [...this.#needed];
    this.#needed.clear();
    return texts;
  }

  /** Types of spans of the other SDK come from the package with streams. */
  #needTypes({ vendor, form, types, members }: SdkImport): void {
    if (vendor === 'spanstream' || form === 'type') return;
    for (const [name, local] of [...members, ...types])
      if (SPAN_TYPES.sentry.has(name)) this.#needed.add(`type ${this.#specifier('Span', local)}`);
  }

  #isGone(from: SdkImport, [member, local]: [string, string]): boolean {
    if (from.vendor === 'sentry' && SPAN_TYPES.sentry.has(member)) return from.form === 'import' || from.form === 'type';
    if (!SPAN_CALLS[from.vendor].has(member) || isUsedIn(this.#in.outside, local)) return false;
    const references = this.#in.program.scope.getBinding(local)?.referencePaths.length ?? 0;
    return references > 0 && this.#replaced.get(member) === references;
  }

  #rewrite(from: SdkImport, gone: ReadonlySet<string>, added: readonly string[]): void {
    const all = entriesOf(from);
    const list = all.filter(({ type }) => type !== 'ImportDefaultSpecifier');
    const texts = list.filter((entry) => !gone.has(nameOf(entry))).map((entry) => this.#in.edits.textOf(entry));
    texts.push(...added);
    const [first] = list;
    const last = list.at(-1);
    if (texts.length === 0 && all.length > list.length && last !== undefined)
      return this.#in.edits.replace(all[0]!.end!, this.#in.edits.source.indexOf('}', last.end!) + 1, '');
    if (texts.length === 0) return this.#removeAll(from);
    if (first === undefined || last === undefined) return;
    this.#in.edits.replace(first.start!, last.end!, texts.join(gapIn(this.#in.edits.source, first.start!, last.end!)));
    if (from.form === 'type') this.#insertAfter(from, this.#line(from, this.#typesOf(from), 'import type'));
  }

  /** Nothing of it is left: its line becomes that of what takes its place. */
  #removeAll(from: SdkImport): void {
    const { edits } = this.#in;
    const statement = statementOf(from);
    if (from.form === 'type') return edits.replaceNode(statement, this.#line(from, this.#typesOf(from), 'import type'));
    // `const a = 1, { startSpan } = require(…)`: what is left of it does no harm.
    if (statement.type === 'VariableDeclaration' && statement.declarations.length > 1) return;
    if (this.#needed.size > 0 && !this.#isPlaced && from.form !== 'part' && (this.#own === undefined || this.#own === from)) {
      this.#isPlaced = true;
      return edits.replaceNode(statement, this.#line(from, this.#takeNeeded()));
    }
    const lineEnd = edits.source[statement.end!] === '\n' ? statement.end! + 1 : statement.end!;
    edits.replace(statement.start!, lineEnd, '');
  }

  #typesOf({ types }: SdkImport): string[] {
    return [...types].filter(([name]) => SPAN_TYPES.sentry.has(name)).map(([, local]) => this.#specifier('Span', local));
  }

  /** The import beside which another one is put. */
  get #anchor(): SdkImport | undefined {
    const all = this.#in.names.imports.filter(({ isTopLevel, form }) => isTopLevel && form !== 'part');
    return all.find(({ form }) => form !== 'type') ?? all[0];
  }

  #insert(): void {
    const anchor = this.#anchor;
    const line = this.#line(anchor, this.#takeNeeded());
    if (anchor !== undefined) return this.#insertAfter(anchor, line);
    const start = this.#in.program.node.body[0]?.start ?? 0;
    this.#in.edits.replace(start, start, `${line}\n${this.#in.edits.indentAt(start)}`);
  }

  #insertAfter(from: SdkImport, line: string): void {
    const { start, end } = statementOf(from);
    this.#in.edits.replace(end!, end!, `\n${this.#in.edits.indentAt(start!)}${line}`);
  }

  #line(from: SdkImport | undefined, specifiers: readonly string[], keyword = 'import'): string {
    const { edits, program, fallback } = this.#in;
    const source = edits.quoted(from?.target ?? fallback);
    const names = `{ ${specifiers.join(', ')} }`;
    const neighbour = from === undefined ? program.node.body[0] : statementOf(from);
    const end = neighbour !== undefined && edits.source[neighbour.end! - 1] !== ';' && !/;\s*(?:\}|$)/m.test(edits.source) ? '' : ';';
    const form = from?.form ?? (program.node.sourceType === 'script' ? 'require' : 'import');
    if (form === 'require') return `const ${names} = require(${source})${end}`;
    if (form === 'await') return `const ${names} = await import(${source})${end}`;
    return `${keyword} ${names} from ${source}${end}`;
  }
}

/** Whether a text calls what has that name. */
export function isUsedIn(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\s*[(.]`).test(text);
}

function statementOf({ declaration }: SdkImport): Node {
  return declaration.isVariableDeclarator() ? declaration.parentPath!.node : declaration.node;
}

function entriesOf({ declaration }: SdkImport): Node[] {
  if (declaration.isImportDeclaration()) return declaration.node.specifiers;
  return declaration.isVariableDeclarator() && declaration.node.id.type === 'ObjectPattern' ? declaration.node.id.properties : [];
}

function nameOf(entry: Node): string {
  if (entry.type !== 'ImportSpecifier' && entry.type !== 'ObjectProperty') return '';
  const key = (entry as ImportSpecifier).imported ?? (entry as ObjectProperty).key;
  return key.type === 'Identifier' ? key.name : key.type === 'StringLiteral' ? key.value : '';
}

/** What stands between two entries. */
function gapIn(source: string, start: number, end: number): string {
  const gap = /,(\s*\n\s*)/.exec(source.slice(start, end))?.[1];
  return gap === undefined ? ', ' : `,${gap}`;
}
