import MagicString from 'magic-string';
import type { Node } from '@babel/types';

const NOTE = '// spanstream:';

/** From where to where in the source. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The changes of one source text. What is inside a node is changed before the node, so that a text taken later has it. */
export class Edits {
  readonly #text: MagicString;
  readonly #notes = new Map<number, Set<string>>();
  /** Reasons for what was left as it is. */
  readonly reasons: string[] = [];
  /** The quotes that the file has. */
  readonly quote: string;
  count = 0;

  /**
   * @param source what is read as code
   * @param literals parts that are text, templates and JSX, in which a comment would be part of the text
   * @param text what is changed, as long as `source`; default: `source`
   */
  constructor(
    readonly source: string,
    readonly literals: readonly Range[],
    text = new MagicString(source),
  ) {
    this.#text = text;
    this.quote = /(?:\bfrom\s*|\brequire\(\s*|^\s*import\s*)(["'])/m.exec(source)?.[1] ?? "'";
  }

  /** The node's text, with the changes made so far. */
  textOf(node: Node): string {
    return this.#text.slice(node.start!, node.end!);
  }

  /** A text as a literal. */
  quoted(text: string): string {
    return `${this.quote}${text}${this.quote}`;
  }

  replace(start: number, end: number, text: string): void {
    if (this.source.slice(start, end) === text) return;
    this.count++;
    if (start === end) this.#text.appendLeft(start, text);
    else if (text === '') this.#text.remove(start, end);
    else this.#text.overwrite(start, end, text);
  }

  replaceNode(node: Node, text: string): void {
    this.replace(node.start!, node.end!, text);
  }

  /** Says in a comment above the line what a person must look at; once, however often the tool runs. */
  note(node: Node, reason: string): void {
    const lineStart = this.#codeLine(node.start!);
    const reasons = this.#notes.get(lineStart) ?? new Set();
    this.#notes.set(lineStart, reasons);
    if (reasons.has(reason)) return;
    reasons.add(reason);
    this.reasons.push(reason);
    if (this.#isNoted(lineStart, reason)) return;
    const indent = this.indentAt(lineStart);
    this.#text.appendLeft(lineStart + indent.length, `${NOTE} ${reason}\n${indent}`);
    this.count++;
  }

  /** The white space that the position's line begins with. */
  indentAt(position: number): string {
    return /^[ \t]*/.exec(this.source.slice(this.#lineStart(position)))![0];
  }

  #lineStart(position: number): number {
    return this.source.lastIndexOf('\n', position - 1) + 1;
  }

  /** The start of the nearest line, from there upwards, that begins in code and not within a text. */
  #codeLine(position: number): number {
    const lineStart = this.#lineStart(position);
    const literal = this.literals.find(({ start, end }) => start < lineStart && lineStart <= end);
    return literal === undefined ? lineStart : this.#codeLine(literal.start);
  }

  /** Whether the comment stands among the notes right above the line. */
  #isNoted(lineStart: number, reason: string): boolean {
    let end = lineStart - 1;
    while (end > 0) {
      const start = this.#lineStart(end);
      const line = this.source.slice(start, end).trim();
      if (!line.startsWith(NOTE)) return false;
      if (line === `${NOTE} ${reason}`) return true;
      end = start - 1;
    }
    return false;
  }
}
