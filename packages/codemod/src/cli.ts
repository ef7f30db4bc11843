#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { doctor } from './doctor/doctor.ts';
import { run } from './run.ts';

const USAGE = `Usage: npx @spanstream/codemod [--dry] [paths]
       npx @spanstream/codemod doctor [folder] [--dsn <dsn>]

Moves JavaScript and TypeScript, and the script blocks of Vue and Svelte, from transactions to streamed spans:
startTransaction, startSpan, startChild, finish and their like of this SDK, and the tracing calls of @sentry packages.
What cannot be told is left as it is, with a comment that begins with "// spanstream:".

  --dry       prints a diff and writes nothing
  --version   prints the version
  --help      prints this

Ends with 1 when a file could not be read as code; such files are named and left alone.
`;

async function main(argv: readonly string[]): Promise<number> {
  const print = (text: string): void => void process.stdout.write(text);
  if (argv[0] === 'doctor') return doctor(argv.slice(1), process.env, print);
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { dry: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
  });
  if (values.help === true) print(USAGE);
  else if (values.version === true)
    print(`${(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version}\n`);
  else {
    const { changed, notes, failed } = run(positionals.length === 0 ? ['.'] : positionals, values.dry, print);
    print(`${changed} files ${values.dry ? 'would change' : 'changed'}, ${notes} places to look at, ${failed} skipped\n`);
    return failed === 0 ? 0 : 1;
  }
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => void (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`spanstream-codemod: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
