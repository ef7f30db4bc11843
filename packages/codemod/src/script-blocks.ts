import MagicString from 'magic-string';
import type { Language } from './syntax.ts';
import { type Moved, rewriteSource, type Transformed, type TransformOptions, withLineEnds } from './transform.ts';

/** A script's tag, with its attributes, and what is in it; or a comment, in which scripts are none. */
const SCRIPT = /<!--[\s\S]*?-->|(<script\b((?:"[^"]*"|'[^']*'|[^"'>])*)>)([\s\S]*?)<\/script>/gi;

interface Block {
  readonly start: number;
  readonly end: number;
  readonly language: Language;
}

/** Moves the script blocks of a Vue or Svelte component; everything else stays byte by byte. @throws SyntaxError where one cannot be read */
export function transformComponent(source: string, options: Omit<TransformOptions, 'language'>): Transformed {
  return withLineEnds(source, (lines) => {
    const text = new MagicString(lines);
    const moved = moveBlocks(text, findBlocks(lines), options.fallbackPackage);
    return {
      text: text.toString(),
      changes: moved.reduce((sum, { changes }) => sum + changes, 0),
      notes: moved.flatMap(({ notes }) => notes),
    };
  });
}

function moveBlocks(text: MagicString, blocks: readonly Block[], fallbackPackage: string | undefined): Moved[] {
  const { original } = text;
  const outside = blocks.reduce((rest, { start, end }) => blank(rest, start, end), original);
  const moveAll = (some: readonly Block[]): Moved =>
    rewriteSource(text, onlyThese(original, some), {
      language: some[0]!.language,
      outside,
      ...(fallbackPackage !== undefined && { fallbackPackage }),
    });
  const isOneLanguage = new Set(blocks.map(({ language }) => language)).size === 1;
  if (isOneLanguage && blocks.length > 1) {
    // The blocks of a component are one module: the second sees the imports of the first.
    try {
      return [moveAll(blocks)];
    } catch {
      // Both may import the same; then each is read by itself.
    }
  }
  return blocks.map((block) => moveAll([block]));
}

function findBlocks(source: string): Block[] {
  return Array.from(source.matchAll(SCRIPT)).flatMap(({ index, 1: tag, 2: attributes = '', 3: code = '' }) => {
    if (tag === undefined || !isCode(attributes)) return [];
    const start = index + tag.length;
    return [{ start, end: start + code.length, language: languageOf(attributes) }];
  });
}

/** The blocks where they are, and white space around them. */
function onlyThese(source: string, blocks: readonly Block[]): string {
  let text = source;
  let end = source.length;
  for (const block of blocks.toReversed()) {
    text = blank(text, block.end, end);
    end = block.start;
  }
  return blank(text, 0, end);
}

function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' ') + text.slice(end);
}

function isCode(attributes: string): boolean {
  const type = /\btype\s*=\s*["']?([^"'\s]+)/.exec(attributes)?.[1];
  return type === undefined || /^(?:module|(?:text|application)\/(?:java|type)script)$/.test(type);
}

function languageOf(attributes: string): Language {
  const lang = /\blang\s*=\s*["']?(\w+)/.exec(attributes)?.[1];
  return lang === 'ts' || lang === 'typescript' ? 'ts' : lang === 'tsx' ? 'tsx' : 'js';
}
