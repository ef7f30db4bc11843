import { type Language } from './syntax.ts';
import { transform, type Transformed, type TransformOptions } from './transform.ts';

/** What stands before a script's code: its tag, with the attributes. */
const SCRIPT = /(?<=<script\b([^>]*)>)[\s\S]*?(?=<\/script>)/gi;

/** Moves the script blocks of a Vue or Svelte component; everything else stays byte by byte. @throws SyntaxError where one cannot be read */
export function transformComponent(source: string, options: Omit<TransformOptions, 'language'>): Transformed {
  let changes = 0;
  const notes: string[] = [];
  const text = source.replace(SCRIPT, (code, attributes: string) => {
    const moved = transform(code, { ...options, language: languageOf(attributes) });
    changes += moved.changes;
    notes.push(...moved.notes);
    return moved.text;
  });
  return { text, changes, notes };
}

function languageOf(attributes: string): Language {
  const lang = /\blang\s*=\s*["']?(\w+)/.exec(attributes)?.[1];
  return lang === 'ts' || lang === 'typescript' ? 'ts' : lang === 'tsx' ? 'tsx' : 'js';
}
