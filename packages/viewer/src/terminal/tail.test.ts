import { expect, onTestFinished, test, vi } from 'vitest';
import type { ViewerSpan } from '../span-record.ts';
import { createTail } from './tail.ts';

const span = (id: string): ViewerSpan => ({
  trace_id: 't',
  span_id: id,
  is_segment: true,
  start_timestamp: 1,
  end_timestamp: 2,
  name: id,
  status: 'ok',
  attributes: {},
  service: 'api',
  received_at: 0,
});

test('a trace is printed once it is quiet, and again as a whole when more comes', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const printed: string[] = [];
  const tail = createTail((text) => printed.push(text), false);
  tail.onSpan(span('a'));
  vi.advanceTimersByTime(500);
  tail.onSpan(span('b'));
  expect(printed).toEqual([]);
  vi.advanceTimersByTime(600);
  expect(printed).toHaveLength(1);
  tail.onSpan(span('c'));
  tail.flush();
  expect(printed[1]).toContain('3 spans');
});

test('a trace that never rests is printed all the same', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let prints = 0;
  const tail = createTail(() => prints++, false);
  for (let index = 0; index < 20; index++) {
    tail.onSpan(span(`s${index}`));
    vi.advanceTimersByTime(300);
  }
  expect(prints).toBe(1);
});
