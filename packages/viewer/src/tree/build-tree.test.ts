import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import type { ViewerSpan } from '../span-record.ts';
import { buildTree, type TreeNode, visibleRows } from './build-tree.ts';

function span(id: string, parent?: string, changes: Partial<ViewerSpan> = {}): ViewerSpan {
  return {
    trace_id: 't',
    span_id: id,
    ...(parent === undefined ? {} : { parent_span_id: parent }),
    is_segment: parent === undefined,
    start_timestamp: 1,
    end_timestamp: 2,
    name: id,
    status: 'ok',
    attributes: {},
    service: 'api',
    received_at: 0,
    ...changes,
  };
}
const outline = (nodes: readonly TreeNode[]): string[] =>
  visibleRows(nodes, new Set()).map((node) => `${'-'.repeat(node.depth)}${node.id}`);
const inSegment = (id: string) => ({ attributes: { 'sentry.segment.id': id, 'sentry.segment.name': 'GET /' } });

test('children hang under their parents in the order of their start', () => {
  const { roots } = buildTree([span('late', 'root', { start_timestamp: 1.5 }), span('leaf', 'early'), span('early', 'root'), span('root')]);
  expect(outline(roots)).toEqual(['root', '-early', '--leaf', '-late']);
});

test('a parent that has not arrived is a running node that spans its children', () => {
  const { roots } = buildTree([
    span('a', 'root', { start_timestamp: 3, end_timestamp: 4 }),
    span('b', 'root', { start_timestamp: 5, end_timestamp: 9 }),
  ]);
  expect(roots).toMatchObject([{ id: 'root', span: undefined, start: 3, end: 9, below: 2 }]);
});

test('a missing segment has the name its spans tell, and missing spans between hang under it', () => {
  const { roots } = buildTree([span('leaf', 'between', inSegment('segment'))]);
  expect(outline(roots)).toEqual(['segment', '-between', '--leaf']);
  expect(roots[0]?.name).toBe('GET /');
});

test('errors and spans below a node are counted', () => {
  const { roots } = buildTree([span('root'), span('a', 'root', { status: 'error' }), span('b', 'a', { status: 'error' })]);
  expect(roots[0]).toMatchObject({ below: 2, errorsBelow: 2 });
});

test('a closed node hides what is below', () => {
  const { roots } = buildTree([span('root'), span('a', 'root'), span('b', 'a')]);
  expect(visibleRows(roots, new Set(['a'])).map((node) => node.id)).toEqual(['root', 'a']);
});

test('a chain of 50,000 spans needs no stack', () => {
  const spans = Array.from({ length: 50_000 }, (_, index) => span(`s${index}`, index === 0 ? undefined : `s${index - 1}`));
  expect(visibleRows(buildTree(spans).roots, new Set())).toHaveLength(50_000);
});

const anyGraph = fc.uniqueArray(fc.tuple(fc.nat(12), fc.option(fc.nat(15)), fc.option(fc.nat(15))), { selector: ([id]) => id });

propertyTest.prop([anyGraph])('every span is in the tree exactly once, loops and orphans too', (graph) => {
  const spans = graph.map(([id, parent, segment]) =>
    span(
      String(id),
      parent === null ? undefined : String(parent),
      segment === null ? {} : { is_segment: false, ...inSegment(String(segment)) },
    ),
  );
  const { roots, nodes } = buildTree(spans);
  const ids = visibleRows(roots, new Set()).map((node) => node.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(nodes.size);
  for (const { span_id: id } of spans) expect(ids).toContain(id);
});
