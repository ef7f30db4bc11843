/** What `doctor` says of one thing it looked at. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'problem';
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}

const MARKS = { ok: '✓', note: '·', problem: '✗' };

/** The finding as lines for a terminal. */
export function formatFinding({ level, text, fix }: Finding): string {
  return `${MARKS[level]} ${text}${fix === undefined ? '' : `\n    ${fix}`}`;
}
