import { expect, test } from 'vitest';
import type { ViewerSpan } from '../span-record.ts';
import { formatTree } from './format-tree.ts';

const base: ViewerSpan = {
  trace_id: 't',
  span_id: '1',
  is_segment: true,
  start_timestamp: 1,
  end_timestamp: 1.2,
  name: 'GET /',
  status: 'ok',
  attributes: {},
  service: 'api',
  received_at: 0,
};

test('a trace is a tree of lines with durations, errors and services where they change', () => {
  const spans: ViewerSpan[] = [
    base,
    { ...base, span_id: '2', parent_span_id: '1', name: 'SELECT', end_timestamp: 1.05 },
    {
      ...base,
      span_id: '3',
      parent_span_id: '1',
      name: 'charge',
      service: 'pay',
      start_timestamp: 1.1,
      status: 'error',
      attributes: { 'sentry.status.message': 'declined' },
    },
  ];
  expect(formatTree('t', spans, false).split('\n')).toEqual([
    't  api, pay  3 spans  200 ms',
    '└─ GET / api 200 ms',
    '   ├─ SELECT 50.0 ms',
    '   └─ ✗ charge pay 100 ms error: declined',
    '',
  ]);
});

test('a parent that has not arrived is running', () => {
  expect(formatTree('t', [{ ...base, parent_span_id: '9' }], false)).toContain('└─ parent not received yet');
});

test('control characters of names do not reach the terminal', () => {
  const text = formatTree('t', [{ ...base, name: 'a\u001b[2Jb\rc\u0007' }], false);
  expect(text).toContain('ab c');
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
});
