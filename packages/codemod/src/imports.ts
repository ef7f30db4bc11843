import type { Scope } from '@babel/traverse';
import type { ImportSpecifier, ObjectProperty } from '@babel/types';
import type { Edits } from './edits.ts';
import { SPAN_CALLS } from './names.ts';
import type { SdkImport, SdkNames } from './sdk-names.ts';

const TRACING = 'tracing';

/** Knows what `tracing` is called in the file, and brings it in. */
export class Imports {
  readonly #edits: Edits;
  readonly #names: SdkNames;
  readonly #scope: Scope;
  /** What a file without an import of an SDK takes `tracing` from. */
  readonly #fallback: string;
  /** How often each single import was replaced. */
  readonly #replaced = new Map<string, number>();
  #isNeeded = false;

  constructor(edits: Edits, names: SdkNames, scope: Scope, fallback: string) {
    this.#edits = edits;
    this.#names = names;
    this.#scope = scope;
    this.#fallback = fallback;
  }

  /** How `tracing` is written for a call that came from there; undefined: from no import. */
  tracing(from?: SdkImport, member?: string): string {
    if (from !== undefined && member !== undefined && from.members.has(member))
      this.#replaced.set(member, (this.#replaced.get(member) ?? 0) + 1);
    const own = from?.vendor === 'spanstream' ? from : this.#own;
    if (own?.namespace !== undefined) return `${own.namespace}.${TRACING}`;
    const known = own?.members.get(TRACING);
    if (known !== undefined) return known;
    this.#isNeeded = true;
    return this.#localName;
  }

  /** Takes out the imports that nothing uses any more and puts `tracing` in. */
  finish(): void {
    const own = this.#own;
    const hasOwnMembers = own !== undefined && own.namespace === undefined && own.members.size > 0;
    let isMissing = this.#isNeeded;
    for (const from of this.#names.imports) {
      const gone = new Set([...from.members].filter(([member, local]) => this.#isGone(from, member, local)).map(([member]) => member));
      const adds = isMissing && from === own && hasOwnMembers;
      if (adds) isMissing = false;
      if (gone.size > 0 || adds) this.#rewrite(from, gone, adds);
    }
    if (isMissing) this.#insert();
  }

  get #own(): SdkImport | undefined {
    const own = this.#names.imports.filter(({ vendor }) => vendor === 'spanstream');
    return own.find(({ members }) => members.has(TRACING)) ?? own.find(({ namespace }) => namespace !== undefined) ?? own[0];
  }

  get #localName(): string {
    return this.#scope.hasBinding(TRACING, true) || this.#scope.hasGlobal(TRACING) ? 'spanTracing' : TRACING;
  }

  #isGone(from: SdkImport, member: string, local: string): boolean {
    if (!SPAN_CALLS[from.vendor].has(member)) return false;
    const references = this.#scope.getBinding(local)?.referencePaths.length ?? 0;
    return references > 0 && this.#replaced.get(member) === references;
  }

  #rewrite(from: SdkImport, gone: ReadonlySet<string>, adds: boolean): void {
    const { declaration } = from;
    const isImport = declaration.isImportDeclaration();
    const list = isImport
      ? declaration.node.specifiers
      : declaration.isVariableDeclarator() && declaration.node.id.type === 'ObjectPattern'
        ? declaration.node.id.properties
        : [];
    const nameOf = (entry: ImportSpecifier | ObjectProperty): string => {
      const key = entry.type === 'ImportSpecifier' ? entry.imported : entry.key;
      return key.type === 'Identifier' ? key.name : '';
    };
    const texts = list
      .filter((entry) => !((entry.type === 'ImportSpecifier' || entry.type === 'ObjectProperty') && gone.has(nameOf(entry))))
      .map((entry) => this.#edits.textOf(entry));
    if (adds) texts.push(this.#tracingSpecifier(isImport));
    const [first] = list;
    const last = list.at(-1);
    if (first === undefined || last === undefined) return;
    if (texts.length > 0)
      return this.#edits.replace(first.start!, last.end!, texts.join(isMultiLine(this.#edits.source, first.start!, last.end!)));
    this.#removeAll(from);
  }

  /** Nothing of it is left: its line becomes that of what takes its place. */
  #removeAll(from: SdkImport): void {
    const statement = from.declaration.isImportDeclaration() ? from.declaration.node : from.declaration.parentPath!.node;
    const takesPlace = this.#isNeeded && this.#own === undefined;
    if (takesPlace) {
      this.#isNeeded = false;
      this.#edits.replaceNode(statement, this.#line(from));
      this.#isPlaced = true;
      return;
    }
    const end = this.#edits.source[statement.end!] === '\n' ? statement.end! + 1 : statement.end!;
    this.#edits.replace(statement.start!, end, '');
  }

  #isPlaced = false;

  #insert(): void {
    if (this.#isPlaced) return;
    const from = this.#names.imports.at(0);
    const line = this.#line(from);
    if (from === undefined) {
      const [first] = (this.#scope.path.node as { body: { start?: number | null }[] }).body;
      const start = first?.start ?? 0;
      return this.#edits.replace(start, start, `${line}\n`);
    }
    const statement = from.declaration.isImportDeclaration() ? from.declaration.node : from.declaration.parentPath!.node;
    this.#edits.replace(statement.end!, statement.end!, `\n${line}`);
  }

  #line(from: SdkImport | undefined): string {
    const target = from?.vendor === 'spanstream' ? from.source : (from?.target ?? this.#fallback);
    const isCommonJs =
      from === undefined
        ? (this.#scope.path.node as { sourceType?: string }).sourceType === 'script'
        : !from.declaration.isImportDeclaration();
    const quote = this.#edits.source.includes('"') && !this.#edits.source.includes("'") ? '"' : "'";
    const specifier = this.#tracingSpecifier(!isCommonJs);
    return isCommonJs
      ? `const { ${specifier} } = require(${quote}${target}${quote});`
      : `import { ${specifier} } from ${quote}${target}${quote};`;
  }

  #tracingSpecifier(isImport: boolean): string {
    const local = this.#localName;
    return local === TRACING ? TRACING : isImport ? `${TRACING} as ${local}` : `${TRACING}: ${local}`;
  }
}

/** What stands between two entries. */
function isMultiLine(source: string, start: number, end: number): string {
  const gap = /,(\s*\n\s*)/.exec(source.slice(start, end))?.[1];
  return gap === undefined ? ', ' : `,${gap}`;
}
