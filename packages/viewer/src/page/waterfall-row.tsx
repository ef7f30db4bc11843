import { memo } from 'preact/compat';
import type { TreeNode } from '../tree/build-tree.ts';
import { formatDuration } from '../tree/format-duration.ts';
import { Icon } from './icons.tsx';
import { serviceClass } from './service-color.ts';
import type { TimeScale } from './time-scale.ts';
import { collapsed, openedAt, selectedSpanId, toggleCollapsed } from './viewer-model.ts';

const INDENT_PX = 14;
/** Deeper levels are indented no further, so that their names stay readable. */
const MAX_INDENTS = 16;
/** A span that came less than this ago is marked as new. */
const NEW_SECONDS = 1.5;

interface RowProps {
  readonly node: TreeNode;
  readonly top: number;
  readonly index: number;
  readonly scale: TimeScale;
  readonly isSelected: boolean;
  readonly isDimmed: boolean;
}

/** One span: its place in the tree, its duration, its bar. */
export const WaterfallRow = memo(function WaterfallRow({ node, top, index, scale, isSelected, isDimmed }: RowProps) {
  const { span } = node;
  const isOpen = !collapsed.value.has(node.id);
  const hasChildren = node.children.length > 0;
  const isError = span?.status === 'error';
  const isNew = span !== undefined && span.received_at > openedAt.value && Date.now() / 1000 - span.received_at < NEW_SECONDS;
  const classes = [
    'row',
    isSelected && 'row-selected',
    isError && 'row-error',
    isDimmed && 'row-dimmed',
    isNew && 'row-new',
    span === undefined && 'row-running',
  ];
  return (
    <div
      id={`span-${node.id}`}
      role="row"
      aria-level={node.depth + 1}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-expanded={hasChildren ? isOpen : undefined}
      class={classes.filter(Boolean).join(' ')}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => (selectedSpanId.value = node.id)}
      onDblClick={() => hasChildren && toggleCollapsed(node.id)}
    >
      <NameCell node={node} isOpen={isOpen} />
      <div role="gridcell" class="cell-duration num">
        {span === undefined ? <span class="running-tag">running</span> : formatDuration(node.end - node.start)}
      </div>
      <div role="gridcell" class="cell-time">
        <Bar node={node} scale={scale} />
      </div>
    </div>
  );
});

function NameCell({ node, isOpen }: { node: TreeNode; isOpen: boolean }) {
  return (
    <div
      role="gridcell"
      class="cell-name"
      style={{
        paddingLeft: `${8 + Math.min(node.depth, MAX_INDENTS) * INDENT_PX}px`,
        '--guides': `${Math.min(node.depth, MAX_INDENTS) * INDENT_PX}px`,
      }}
    >
      {node.children.length > 0 ? (
        <button
          type="button"
          tabIndex={-1}
          class={isOpen ? 'twist twist-open' : 'twist'}
          aria-label={isOpen ? 'Close' : `Open ${node.below}`}
          onClick={(event) => toggle(event, node.id)}
        >
          <Icon name="chevron" />
        </button>
      ) : (
        <span class="twist" />
      )}
      <span class={`${serviceClass(node.service)} svc-mark`} title={node.service} />
      {node.span?.status === 'error' && <Icon name="error" />}
      <NameOf node={node} />
      {!isOpen && (
        <span class="below num" title={`${node.below} spans below`}>
          +{node.below.toLocaleString('en')}
          {node.errorsBelow > 0 && <Icon name="error" />}
        </span>
      )}
    </div>
  );
}

function NameOf({ node }: { node: TreeNode }) {
  const op = node.span?.attributes['sentry.op'];
  const name = node.name === '' ? (node.span === undefined ? 'parent not received yet' : '(no name)') : node.name;
  return (
    <span class="name" title={name}>
      {name}
      {typeof op === 'string' && op !== node.name && <span class="op">{op}</span>}
      <span class="sr">
        {`, ${node.service === '' ? 'service unknown' : node.service}`}
        {node.span?.status === 'error' && ', error'}
        {node.span === undefined && ', still running'}
      </span>
    </span>
  );
}

function Bar({ node, scale }: { node: TreeNode; scale: TimeScale }) {
  const isRunning = node.span === undefined;
  const left = scale.at(node.start);
  const right = isRunning ? 100 : scale.at(node.end);
  if (right < 0 || left > 100) return null;
  const from = Math.max(left, -1);
  const width = Math.max(Math.min(right, 101) - from, 0);
  const isError = node.span?.status === 'error';
  return (
    <div
      class={`bar ${serviceClass(node.service)}${isRunning ? ' bar-running' : ''}${isError ? ' bar-error' : ''}`}
      style={{ left: `${from}%`, width: `${width}%` }}
    />
  );
}

function toggle(event: Event, id: string): void {
  event.stopPropagation();
  toggleCollapsed(id);
}
