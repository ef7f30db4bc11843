#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { startViewer } from './start-viewer.ts';
import { parseArguments, USAGE } from './terminal/parse-arguments.ts';
import { createTail } from './terminal/tail.ts';

async function run(argv: readonly string[]): Promise<void> {
  const command = parseArguments(argv);
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (command.kind === 'version') {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    process.stdout.write(`${manifest.version}\n`);
    return;
  }
  const useColor = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const tail = command.tail ? createTail((text) => process.stdout.write(`\n${text}`), useColor) : undefined;
  const viewer = await startViewer({ ...command.options, ...(tail === undefined ? {} : { onSpan: tail.onSpan }) });
  process.stdout.write(`spanstream viewer  ${viewer.url}\nDSN                ${viewer.dsn}\nOTLP               ${viewer.url}/v1/traces\n`);
  const stop = (): void => {
    tail?.flush();
    viewer.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function fail(error: unknown): void {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) };
  const hint = code === 'EADDRINUSE' ? 'the port is taken, maybe by another viewer; choose one with --port' : message;
  process.stderr.write(`spanstream-viewer: ${hint}\n`);
  process.exit(1);
}

run(process.argv.slice(2)).catch(fail);
