import { expect, test } from 'vitest';
import { formatDuration, formatTick } from './format-duration.ts';

test.each([
  [0, '0 µs'],
  [0.000_25, '250 µs'],
  [0.000_999_9, '1.00 ms'],
  [0.009_996, '10.0 ms'],
  [0.0421, '42.1 ms'],
  [0.9996, '1.00 s'],
  [12.34, '12.3 s'],
  [59.97, '1 min 0 s'],
  [125, '2 min 5 s'],
  [7260, '2 h 1 min'],
])('%d s reads %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('a tick has no digits that say nothing', () => {
  expect([0, 5, 1.5, 0.2].map(formatTick)).toEqual(['0', '5 s', '1.5 s', '200 ms']);
});
