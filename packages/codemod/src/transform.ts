import type { NodePath } from '@babel/traverse';
import type { CallExpression, File, OptionalCallExpression } from '@babel/types';
import MagicString from 'magic-string';
import { Calls } from './calls.ts';
import { Edits } from './edits.ts';
import { Imports } from './imports.ts';
import { Leftovers } from './leftovers.ts';
import { ManualSpans } from './manual-spans.ts';
import { Methods } from './methods.ts';
import { SdkNames } from './sdk-names.ts';
import { noteProperties, Spans } from './spans.ts';
import { survey } from './survey.ts';
import { type Language, parseSource } from './syntax.ts';
import { traverse } from './traverse.ts';
import { Types } from './types.ts';

/** What was done to one text. */
export interface Moved {
  /** How many places changed, notes included. */
  readonly changes: number;
  /** What a person must look at; the same stands above the lines as comments. */
  readonly notes: readonly string[];
}

/** What became of one text. */
export interface Transformed extends Moved {
  readonly text: string;
}

/** Where the code comes from. */
export interface TransformOptions {
  readonly language: Language;
  /** The package to import from in files that pass spans along and import no SDK. Default: `@spanstream/node`. */
  readonly fallbackPackage?: string;
}

/** Moves one source text from transactions to streams. @throws SyntaxError where it cannot be read */
export function transform(source: string, options: TransformOptions): Transformed {
  return withLineEnds(source, (lines) => {
    const text = new MagicString(lines);
    return { ...rewriteSource(text, lines, options), text: text.toString() };
  });
}

/** Moves a text whose lines end as on Unix, and gives it back the ends that it has. */
export function withLineEnds(source: string, move: (lines: string) => Transformed): Transformed {
  if (!source.includes('\r\n') || /(?<!\r)\n/.test(source)) return move(source);
  const moved = move(source.replaceAll('\r\n', '\n'));
  return { ...moved, text: moved.text.replaceAll('\n', '\r\n') };
}

/**
 * Changes a text in place.
 * @param source what of the text is code, at the same positions
 * @param options.outside the rest, which may use what the code imports
 * @throws SyntaxError where it cannot be read; the text is unchanged then
 */
export function rewriteSource(text: MagicString, source: string, options: TransformOptions & { readonly outside?: string }): Moved {
  if (!/@spanstream\/|@sentry\/|\.startChild\b/.test(source)) return { changes: 0, notes: [] };
  const file = parseSource(source, options.language);
  const { literals, ...found } = survey(file);
  const edits = new Edits(source, literals, text);
  const names = new SdkNames(found.imports);
  const spans = new Spans(names);
  traverse(file, noteProperties(spans));
  const { outside = '', fallbackPackage: fallback = '@spanstream/node' } = options;
  const imports = new Imports({ edits, names, outside, fallback, ...found });
  rewrite(file, { edits, names, spans, imports, outside });
  return { changes: edits.count, notes: edits.reasons };
}

interface Tools {
  readonly edits: Edits;
  readonly names: SdkNames;
  readonly spans: Spans;
  readonly imports: Imports;
  readonly outside: string;
}

function rewrite(file: File, { edits, names, spans, imports, outside }: Tools): void {
  const leftovers = new Leftovers(edits, names, outside);
  const calls = new Calls(edits, names, imports, new ManualSpans(edits, imports));
  const methods = new Methods(edits, spans, imports, names);
  const types = new Types(edits, names, imports);
  const rewriteCall = (path: NodePath<CallExpression> | NodePath<OptionalCallExpression>): void => {
    calls.rewrite(path);
    methods.rewriteCall(path);
    leftovers.lookAtCall(path);
  };
  // Inner nodes first: what is around them then takes them as they have become.
  traverse(file, {
    ImportDeclaration: (path) => types.rewriteImport(path),
    TSTypeReference: (path) => types.rewriteUse(path),
    CallExpression: { exit: rewriteCall },
    OptionalCallExpression: { exit: rewriteCall },
    MemberExpression: { exit: (path) => methods.rewriteRead(path) },
    OptionalMemberExpression: { exit: (path) => methods.rewriteRead(path) },
    AssignmentExpression: { exit: (path) => methods.rewriteWrite(path) },
    ExportNamedDeclaration: (path) => leftovers.lookAtExport(path),
  });
  leftovers.lookAtReferences();
  imports.finish();
}
