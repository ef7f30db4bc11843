// @spanstream/codemod: index.d.ts
/** How a file is read, by its extension or the `lang` of a script block. */
type Language = 'js' | 'ts' | 'tsx';

/** What was done to one text. */
interface Moved {
    /** How many places changed, notes included. */
    readonly changes: number;
    /** What a person must look at; the same stands above the lines as comments. */
    readonly notes: readonly string[];
}
/** What became of one text. */
interface Transformed extends Moved {
    readonly text: string;
}
/** Where the code comes from. */
interface TransformOptions {
    readonly language: Language;
    /** The package to import from in files that pass spans along and import no SDK. Default: `@spanstream/node`. */
    readonly fallbackPackage?: string;
}
/** Moves one source text from transactions to streams. @throws SyntaxError where it cannot be read */
declare function transform(source: string, options: TransformOptions): Transformed;

/** Moves the script blocks of a Vue or Svelte component; everything else stays byte by byte. @throws SyntaxError where one cannot be read */
declare function transformComponent(source: string, options: Omit<TransformOptions, 'language'>): Transformed;

export { transform, transformComponent };
export type { Language, TransformOptions, Transformed };
