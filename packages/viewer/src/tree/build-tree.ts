import type { ViewerSpan } from '../span-record.ts';

/** A line of a trace's tree: a span, or a parent that has not arrived and so is still running as far as anyone knows. */
export interface TreeNode {
  readonly id: string;
  readonly span: ViewerSpan | undefined;
  name: string;
  service: string;
  start: number;
  /** Of a running node: as far as its children are known to reach. */
  end: number;
  parent: TreeNode | undefined;
  readonly children: TreeNode[];
  depth: number;
  /** How many nodes and how many errors are below. */
  below: number;
  errorsBelow: number;
}

/** The trace as a forest with everything a row needs. */
export interface SpanTree {
  readonly roots: readonly TreeNode[];
  readonly nodes: ReadonlyMap<string, TreeNode>;
  readonly start: number;
  readonly end: number;
}

/** Puts spans into their tree. Loops and depth are the sender's to choose: nothing here recurses. */
export function buildTree(spans: readonly ViewerSpan[]): SpanTree {
  const nodes = new Map<string, TreeNode>();
  for (const span of spans) nodes.set(span.span_id, nodeOf(span));
  for (const span of spans) {
    if (span.parent_span_id !== undefined && span.parent_span_id !== span.span_id) attach(nodes, span);
  }
  const roots = [...nodes.values()].filter((node) => node.parent === undefined);
  const order = parentsFirst(roots);
  cutLoops(nodes, roots, order);
  for (let index = order.length - 1; index >= 0; index--) sumUp(order[index] as TreeNode);
  roots.sort(byStart);
  let start = Infinity;
  let end = -Infinity;
  for (const root of order) {
    start = Math.min(start, root.start);
    end = Math.max(end, root.end);
  }
  return { roots, nodes, start: order.length > 0 ? start : 0, end: order.length > 0 ? end : 0 };
}

/** The rows that show when these nodes are collapsed. */
export function visibleRows(roots: readonly TreeNode[], collapsed: ReadonlySet<string>): TreeNode[] {
  const rows: TreeNode[] = [];
  const waiting = [...roots].reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    rows.push(node);
    if (collapsed.has(node.id)) continue;
    for (let index = node.children.length - 1; index >= 0; index--) waiting.push(node.children[index] as TreeNode);
  }
  return rows;
}

function nodeOf(span: ViewerSpan): TreeNode {
  const { span_id, name, service, start_timestamp, end_timestamp } = span;
  return {
    id: span_id,
    span,
    name,
    service,
    start: start_timestamp,
    end: end_timestamp,
    parent: undefined,
    children: [],
    depth: 0,
    below: 0,
    errorsBelow: 0,
  };
}

/** What is known of a parent that has not arrived: its name only if it is the segment, which each of its spans names. */
function missingNode(id: string, child: ViewerSpan): TreeNode {
  const segmentName = child.attributes['sentry.segment.id'] === id ? child.attributes['sentry.segment.name'] : undefined;
  return {
    id,
    span: undefined,
    name: typeof segmentName === 'string' ? segmentName : '',
    service: child.is_segment ? '' : child.service,
    start: Infinity,
    end: -Infinity,
    parent: undefined,
    children: [],
    depth: 0,
    below: 0,
    errorsBelow: 0,
  };
}

function attach(nodes: Map<string, TreeNode>, span: ViewerSpan): void {
  const node = nodes.get(span.span_id) as TreeNode;
  const parent = findOrMiss(nodes, span.parent_span_id as string, span);
  adopt(parent, node);
  // Between a missing parent and the segment other spans may be missing, too; the segment is the nearest known ancestor.
  const segmentId = span.attributes['sentry.segment.id'];
  if (parent.span !== undefined || parent.parent !== undefined || span.is_segment) return;
  if (typeof segmentId !== 'string' || segmentId === parent.id || segmentId === span.span_id) return;
  const segment = findOrMiss(nodes, segmentId, span);
  adopt(segment, parent);
}

function findOrMiss(nodes: Map<string, TreeNode>, id: string, child: ViewerSpan): TreeNode {
  let node = nodes.get(id);
  if (node === undefined) nodes.set(id, (node = missingNode(id, child)));
  else if (node.span === undefined && node.name === '') node.name = missingNode(id, child).name;
  return node;
}

function adopt(parent: TreeNode, child: TreeNode): void {
  child.parent = parent;
  parent.children.push(child);
}

function parentsFirst(roots: readonly TreeNode[]): TreeNode[] {
  const order: TreeNode[] = [...roots];
  for (let index = 0; index < order.length; index++) {
    const node = order[index] as TreeNode;
    for (const child of node.children) {
      child.depth = node.depth + 1;
      order.push(child);
    }
  }
  return order;
}

/** Spans that are each other's ancestors hang on no root: one of each loop becomes one. */
function cutLoops(nodes: ReadonlyMap<string, TreeNode>, roots: TreeNode[], order: TreeNode[]): void {
  if (order.length === nodes.size) return;
  const reached = new Set(order);
  for (const node of nodes.values()) {
    if (reached.has(node)) continue;
    node.parent?.children.splice(node.parent.children.indexOf(node), 1);
    node.parent = undefined;
    roots.push(node);
    for (const below of parentsFirst([node])) {
      reached.add(below);
      order.push(below);
    }
  }
}

function sumUp(node: TreeNode): void {
  node.children.sort(byStart);
  for (const child of node.children) {
    node.below += child.below + 1;
    node.errorsBelow += child.errorsBelow + (child.span?.status === 'error' ? 1 : 0);
    if (node.span !== undefined) continue;
    node.start = Math.min(node.start, child.start);
    node.end = Math.max(node.end, child.end);
  }
}

function byStart(one: TreeNode, other: TreeNode): number {
  return one.start - other.start;
}
