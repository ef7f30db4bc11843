import { expect, test } from 'vitest';
import { parseArguments } from './parse-arguments.ts';

test('flags become options', () => {
  expect(parseArguments(['--port', '0', '--max-traces=5', '--max-bytes', '64m', '--log', 'a', '--load', 'b', '--tail'])).toEqual({
    kind: 'start',
    tail: true,
    options: { port: 0, maxTraces: 5, maxBytes: 64 * 1024 * 1024, logFile: 'a', loadFile: 'b' },
  });
  expect(parseArguments([])).toEqual({ kind: 'start', tail: false, options: {} });
  expect(parseArguments(['-h']).kind).toBe('help');
});

test.each([[['--port', 'x']], [['--max-bytes', '1x']], [['--nonsense']], [['stray']]])('%j is an error', (argv) => {
  expect(() => parseArguments(argv)).toThrow(/port|max-bytes|nonsense|stray/);
});
