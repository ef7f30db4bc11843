import MagicString from 'magic-string';
import type { Node } from '@babel/types';

const NOTE = '// spanstream:';

/** The changes of one source text. What is inside a node is changed before the node, so that a text taken later has it. */
export class Edits {
  readonly #text: MagicString;
  readonly #notes = new Map<number, Set<string>>();
  /** Reasons for what was left as it is. */
  readonly reasons: string[] = [];
  count = 0;

  constructor(readonly source: string) {
    this.#text = new MagicString(source);
  }

  /** The node's text, with the changes made so far. */
  textOf(node: Node): string {
    return this.#text.slice(node.start!, node.end!);
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
    const lineStart = this.source.lastIndexOf('\n', node.start! - 1) + 1;
    const reasons = this.#notes.get(lineStart) ?? new Set();
    this.#notes.set(lineStart, reasons);
    if (reasons.has(reason)) return;
    reasons.add(reason);
    this.reasons.push(reason);
    if (this.#isNoted(lineStart, reason)) return;
    const indent = /^[ \t]*/.exec(this.source.slice(lineStart))![0];
    this.#text.appendLeft(lineStart + indent.length, `${NOTE} ${reason}\n${indent}`);
    this.count++;
  }

  toString(): string {
    return this.#text.toString();
  }

  /** Whether the comment stands among the notes right above the line. */
  #isNoted(lineStart: number, reason: string): boolean {
    let end = lineStart - 1;
    while (end > 0) {
      const start = this.source.lastIndexOf('\n', end - 1) + 1;
      const line = this.source.slice(start, end).trim();
      if (!line.startsWith(NOTE)) return false;
      if (line === `${NOTE} ${reason}`) return true;
      end = start - 1;
    }
    return false;
  }
}
