import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { TreeNode } from '../tree/build-tree.ts';
import { formatTick } from '../tree/format-duration.ts';
import { WATERFALL_ID } from './shortcuts.ts';
import { axisTicks, createTimeScale, type TimeScale } from './time-scale.ts';
import { useVirtualRows } from './use-virtual-rows.ts';
import { matches, rowIndexes, rows, selectedSpanId, toggleCollapsed, tree, zoom } from './viewer-model.ts';
import { WaterfallRow } from './waterfall-row.tsx';

const ROW_HEIGHT = 26;

/** The spans as rows of a tree against time. Only the rows in view are in the document. */
export function Waterfall() {
  const scroller = useRef<HTMLDivElement>(null);
  const all = rows.value;
  const { start, end } = tree.value;
  const scale = useMemo(() => createTimeScale(start, end, zoom.value), [start, end, zoom.value]);
  const ticks = axisTicks(scale, start, 5);
  const virtualizer = useVirtualRows({ count: all.length, rowHeight: ROW_HEIGHT, scroller });
  const selected = selectedSpanId.value;
  const selectedIndex = selected === undefined ? undefined : rowIndexes.value.get(selected);
  useEffect(() => {
    if (selectedIndex !== undefined) virtualizer.scrollToIndex(selectedIndex);
  }, [selected]);
  return (
    <div
      id={WATERFALL_ID}
      class="waterfall"
      ref={scroller}
      role="treegrid"
      tabIndex={0}
      aria-label="Spans"
      aria-rowcount={all.length + 1}
      aria-activedescendant={selectedIndex === undefined ? undefined : `span-${selected}`}
      onKeyDown={onKey}
    >
      <Head ticks={ticks} scale={scale} start={start} />
      <div class="waterfall-body" role="rowgroup" style={{ height: `${virtualizer.getTotalSize()}px` }}>
        <Grid ticks={ticks} scale={scale} start={start} />
        {virtualizer.getVirtualItems().map((item) => {
          const node = all[item.index];
          return (
            node && (
              <WaterfallRow
                key={node.id}
                node={node}
                top={item.start}
                index={item.index}
                scale={scale}
                isSelected={node.id === selected}
                isDimmed={matches.value !== undefined && !matches.value.has(node.id)}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

interface AxisProps {
  readonly ticks: readonly number[];
  readonly scale: TimeScale;
  readonly start: number;
}

function Head({ ticks, scale, start }: AxisProps) {
  return (
    <div class="waterfall-head" role="row" aria-rowindex={1}>
      <div role="columnheader" class="cell-name">
        Span
      </div>
      <div role="columnheader" class="cell-duration">
        Duration
      </div>
      <div role="columnheader" class="cell-time" aria-label="Time">
        {ticks.map((tick) => {
          const left = scale.at(start + tick);
          return (
            <span key={tick} class={left > 90 ? 'tick tick-end num' : 'tick num'} style={{ left: `${left}%` }}>
              {formatTick(tick)}
            </span>
          );
        })}
      </div>
    </div>
  );
}

function Grid({ ticks, scale, start }: AxisProps) {
  return (
    <div class="grid" aria-hidden="true">
      {ticks.map((tick) => (
        <i key={tick} style={{ left: `${scale.at(start + tick)}%` }} />
      ))}
    </div>
  );
}

/** The keys of a tree grid: https://www.w3.org/WAI/ARIA/apg/patterns/treegrid/ */
function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const all = rows.value;
  const index = rowIndexes.value.get(selectedSpanId.value ?? '') ?? -1;
  const node = all[index];
  const page = Math.max(1, Math.floor((event.currentTarget as HTMLElement).clientHeight / ROW_HEIGHT) - 2);
  const targets: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: Math.max(0, index - 1),
    j: index + 1,
    k: Math.max(0, index - 1),
    PageDown: Math.min(all.length - 1, index + page),
    PageUp: Math.max(0, index - page),
    Home: 0,
    End: all.length - 1,
  };
  const target = targets[event.key];
  if (target !== undefined) select(all[target]);
  else if (event.key === '+' || event.key === '-') zoomAround(node, event.key === '+' ? 0.5 : 2);
  else if (event.key === 'ArrowRight' && node !== undefined) openOrEnter(node);
  else if (event.key === 'ArrowLeft' && node !== undefined) closeOrLeave(node);
  else return;
  event.preventDefault();
}

/** Shows a part around the selected span, smaller or larger by that factor. */
function zoomAround(node: TreeNode | undefined, factor: number): void {
  const { start, end } = tree.value;
  const [from, to] = zoom.value;
  const length = Math.min(1, Math.max(1e-6, (to - from) * factor));
  const middle = node === undefined || end <= start ? (from + to) / 2 : ((node.start + node.end) / 2 - start) / (end - start);
  const first = Math.min(1 - length, Math.max(0, middle - length / 2));
  zoom.value = [first, first + length];
}

function openOrEnter(node: TreeNode): void {
  if (node.children.length === 0) return;
  const isOpen = rows.value[(rowIndexes.value.get(node.id) ?? 0) + 1]?.parent === node;
  if (isOpen) select(node.children[0]);
  else toggleCollapsed(node.id, false);
}

function closeOrLeave(node: TreeNode): void {
  const isOpen = node.children.length > 0 && rows.value[(rowIndexes.value.get(node.id) ?? 0) + 1]?.parent === node;
  if (isOpen) toggleCollapsed(node.id, true);
  else select(node.parent);
}

function select(node: TreeNode | undefined): void {
  if (node !== undefined) selectedSpanId.value = node.id;
}
