import { parseArgs } from 'node:util';
import type { ViewerOptions } from '../start-viewer.ts';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'start'; readonly options: ViewerOptions; readonly tail: boolean };

/** What `--help` prints. */
export const USAGE = `Usage: spanstream-viewer [flags]

Takes envelopes and OTLP on loopback and shows traces live.

  --port <n>          port to listen on, 0 for any free one (4280)
  --max-traces <n>    traces kept in memory (1000)
  --max-bytes <n>     bytes of spans kept in memory, e.g. 64m (256m)
  --log <file>        append each span to a file, one JSON object a line
  --load <file>       read such a file before listening
  --tail              print traces as trees in the terminal
  --help, --version
`;

/** Reads the command line; throws an error that says what is wrong with it. */
export function parseArguments(argv: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      'max-traces': { type: 'string' },
      'max-bytes': { type: 'string' },
      log: { type: 'string' },
      load: { type: 'string' },
      tail: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  return {
    kind: 'start',
    tail: values.tail,
    options: {
      ...(values.port === undefined ? {} : { port: parseCount('--port', values.port) }),
      ...(values['max-traces'] === undefined ? {} : { maxTraces: parseCount('--max-traces', values['max-traces']) }),
      ...(values['max-bytes'] === undefined ? {} : { maxBytes: parseBytes('--max-bytes', values['max-bytes']) }),
      ...(values.log === undefined ? {} : { logFile: values.log }),
      ...(values.load === undefined ? {} : { loadFile: values.load }),
    },
  };
}

function parseCount(flag: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${flag}: ${JSON.stringify(text)} is not a whole number`);
  return Number(text);
}

function parseBytes(flag: string, text: string): number {
  const found = /^(\d{1,12})([kmg]?)b?$/i.exec(text);
  if (found === null) throw new Error(`${flag}: ${JSON.stringify(text)} is not a number of bytes like 64m`);
  return Number(found[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((found[2] ?? '').toLowerCase());
}
