import { expect, test } from 'vitest';
import { showCount } from '../../examples/shop/live-count.mjs';

const viewer = { stats: () => ({ traces: 7, received_spans: 1234, refused: 0 }) };

test.each([
  [true, '\r\u001b[2K  7 traces, 1,234 spans\n'],
  [false, '  7 traces, 1,234 spans\n'],
])('the live count overwrites its line on a terminal and writes lines elsewhere (terminal: %s)', (isTTY, expected) => {
  const written: string[] = [];
  const output = { isTTY, write: (text: string) => written.push(text) > 0 } as typeof process.stdout;
  const stop = showCount(viewer, output);
  stop();
  expect(written.join('')).toBe(expected);
});
