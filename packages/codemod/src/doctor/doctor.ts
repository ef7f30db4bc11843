import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfiguration } from './configuration.ts';
import { checkCopies } from './copies.ts';
import { type Finding, formatFinding } from './finding.ts';
import { checkInit } from './late-init.ts';
import { checkLibraries } from './libraries.ts';
import { probeDsn } from './probe.ts';
import { readProgram } from './program.ts';

const DOCTOR_USAGE = `Usage: npx @spanstream/codemod doctor [folder] [--dsn <dsn>]

Prints the effective configuration, probes the DSN, finds two copies of the SDK and an init that comes late,
and says which of the installed libraries are traced.
Ends with 1 when there is something to fix.
`;

/** Runs all checks; answers with the exit code. @param print takes lines for the terminal */
export async function doctor(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  print: (text: string) => void,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { dsn: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    print(DOCTOR_USAGE);
    return 0;
  }
  const folder = resolve(positionals[0] ?? '.');
  const program = readProgram(folder);
  const { findings, dsn } = readConfiguration(folder, program, env, values.dsn);
  const groups: [string, readonly Finding[]][] = [
    ['Configuration', findings],
    ['Backend', [dsn === undefined ? NO_DSN : await probeDsn(dsn)]],
    ['Installed packages', checkCopies(folder)],
    ['Order', checkInit(folder, program)],
    ['Libraries', checkLibraries(folder, program)],
  ];
  for (const [title, findings] of groups)
    print(`${title}\n${findings.map((finding) => `  ${formatFinding(finding).replaceAll('\n', '\n  ')}`).join('\n')}\n`);
  const problems = groups.flatMap(([, findings]) => findings).filter(({ level }) => level === 'problem');
  print(problems.length === 0 ? 'Nothing to fix.\n' : `${problems.length} to fix.\n`);
  return problems.length === 0 ? 0 : 1;
}

const NO_DSN: Finding = { level: 'note', text: 'No DSN in the program or the environment: not probed. Give it with --dsn.' };
