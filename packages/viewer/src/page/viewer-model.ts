import { batch, computed, signal } from '@preact/signals';
import type { Notice, ReportedLoss, TraceRow, ViewerSpan, ViewerStats } from '../span-record.ts';
import { buildTree, type SpanTree, type TreeNode, visibleRows } from '../tree/build-tree.ts';

/** Where the page stands with the viewer. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');
/** The kept traces by id. */
export const traceRows = signal<ReadonlyMap<string, TraceRow>>(new Map());
/** Their ids, the one that received something last first. */
export const traceOrder = signal<readonly string[]>([]);
export const notices = signal<readonly Notice[]>([]);
export const losses = signal<readonly ReportedLoss[]>([]);
export const stats = signal<ViewerStats | undefined>(undefined);

/** What is typed into the search above the list. */
export const query = signal('');
/** The ids that the server found for the query; undefined while nothing is typed. */
export const foundIds = signal<ReadonlySet<string> | undefined>(undefined);

export const openTraceId = signal<string | undefined>(undefined);
/** The open trace's spans; replaced as a whole when some arrived. */
export const openSpans = signal<readonly ViewerSpan[]>([]);
/** Since when, in seconds, spans of the open trace arrive before the reader's eyes. */
export const openedAt = signal(0);
export const isLoading = signal(false);
export const selectedSpanId = signal<string | undefined>(undefined);
export const collapsed = signal<ReadonlySet<string>>(new Set());
/** The part of the trace that is shown, as fractions of its length. */
export const zoom = signal<readonly [number, number]>([0, 1]);
/** What is typed into the search within the trace. */
export const spanQuery = signal('');
export const isDrawerOpen = signal(false);

/** The open trace as a forest. */
export const tree = computed<SpanTree>(() => buildTree(openSpans.value));
/** The rows of the waterfall. */
export const rows = computed<TreeNode[]>(() => visibleRows(tree.value.roots, collapsed.value));
/** Where each row is. */
export const rowIndexes = computed<ReadonlyMap<string, number>>(() => new Map(rows.value.map((node, index) => [node.id, index])));
/** The list as filtered. */
export const shownTraces = computed<TraceRow[]>(() => {
  const found = foundIds.value;
  const all = traceOrder.value.flatMap((id) => traceRows.value.get(id) ?? []);
  return found === undefined ? all : all.filter((row) => found.has(row.trace_id));
});
/** Ids of the spans that hold what is searched for in the trace. */
export const matches = computed<ReadonlySet<string> | undefined>(() => {
  const text = spanQuery.value.trim().toLowerCase();
  if (text === '') return undefined;
  const ids = new Set<string>();
  for (const span of openSpans.value) if (isMatch(span, text)) ids.add(span.span_id);
  return ids;
});
/** How many lines of the drawer were not seen yet. */
export const seenRefusals = signal(0);

/** Opens or closes the children of a node. */
export function toggleCollapsed(id: string, isCollapsed = !collapsed.value.has(id)): void {
  const next = new Set(collapsed.value);
  if (isCollapsed) next.add(id);
  else next.delete(id);
  collapsed.value = next;
}

/** Selects a span and opens what hides it. */
export function revealSpan(id: string): void {
  batch(() => {
    const hidden = new Set(collapsed.value);
    for (let node = tree.value.nodes.get(id)?.parent; node !== undefined; node = node.parent) hidden.delete(node.id);
    if (hidden.size !== collapsed.value.size) collapsed.value = hidden;
    selectedSpanId.value = id;
  });
}

/** Selects the next row that passes, going round; false when none does. */
export function revealNext(passes: (node: TreeNode) => boolean, step: 1 | -1 = 1): boolean {
  const all = visibleRows(tree.value.roots, new Set());
  const from = all.findIndex((node) => node.id === selectedSpanId.value);
  for (let distance = 1; distance <= all.length; distance++) {
    const node = all[(from + step * distance + all.length * 2) % all.length];
    if (node === undefined || !passes(node)) continue;
    revealSpan(node.id);
    return true;
  }
  return false;
}

function isMatch(span: ViewerSpan, text: string): boolean {
  if (span.name.toLowerCase().includes(text) || span.service.toLowerCase().includes(text) || span.span_id.startsWith(text)) return true;
  return Object.entries(span.attributes).some(([key, value]) =>
    `${key}:${typeof value === 'object' ? JSON.stringify(value) : String(value)}`.toLowerCase().includes(text),
  );
}
