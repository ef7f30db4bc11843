import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { findFiles, transformFile } from './files.ts';

/** What a run over files did. */
export interface Summary {
  readonly changed: number;
  readonly notes: number;
  /** Files that could not be read as code; they are as they were. */
  readonly failed: number;
}

/** Moves all files below the paths. @param print takes lines for the terminal @throws Error where a path does not exist */
export function run(paths: readonly string[], isDry: boolean, print: (text: string) => void): Summary {
  let [changed, notes, failed] = [0, 0, 0];
  for (const path of findFiles(paths)) {
    const name = relative('.', path);
    const source = readFileSync(path, 'utf8');
    try {
      const moved = transformFile(path, source);
      if (moved.text === source) continue;
      if (!isDry) writeFileSync(path, moved.text);
      changed++;
      notes += moved.notes.length;
      if (isDry) print(createTwoFilesPatch(name, name, source, moved.text, '', ''));
      else print(`${name}: ${moved.changes} changes${moved.notes.length === 0 ? '' : `, ${moved.notes.length} to look at`}\n`);
    } catch (error) {
      failed++;
      print(`${name}: skipped, ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return { changed, notes, failed };
}
