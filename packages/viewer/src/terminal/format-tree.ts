import { stripVTControlCharacters, styleText } from 'node:util';
import type { ViewerSpan } from '../span-record.ts';
import { buildTree, type TreeNode } from '../tree/build-tree.ts';
import { formatDuration } from '../tree/format-duration.ts';

/** A long trace is cut here; the page shows all of it. */
const MAX_LINES = 200;
/** Deeper levels are indented no further. */
const MAX_INDENT = 40;

/** Draws a trace as a tree of lines. Names come from the network: their control characters are left out. */
export function formatTree(traceId: string, spans: readonly ViewerSpan[], useColor: boolean): string {
  const paint = (style: 'red' | 'dim' | 'bold' | 'yellow', text: string): string => (useColor ? styleText(style, text) : text);
  const { roots, start, end } = buildTree(spans);
  const services = [...new Set(spans.map((span) => plain(span.service)))].join(', ');
  const count = `${spans.length} ${spans.length === 1 ? 'span' : 'spans'}`;
  const lines = [paint('dim', `${traceId}  ${services}  ${count}  ${formatDuration(end - start)}`)];
  const waiting: { node: TreeNode; lead: string; isLast: boolean }[] = [];
  const push = (nodes: readonly TreeNode[], lead: string): void => {
    for (let index = nodes.length - 1; index >= 0; index--)
      waiting.push({ node: nodes[index] as TreeNode, lead, isLast: index === nodes.length - 1 });
  };
  push(roots, '');
  let left = MAX_LINES;
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    if (left-- === 0) {
      lines.push(paint('dim', '   … the rest is on the page'));
      break;
    }
    const { node, lead, isLast } = entry;
    lines.push(`${paint('dim', `${lead}${isLast ? '└─ ' : '├─ '}`)}${describe(node, paint)}`);
    push(node.children, lead.length < MAX_INDENT ? `${lead}${isLast ? '   ' : '│  '}` : lead);
  }
  return `${lines.join('\n')}\n`;
}

function describe(node: TreeNode, paint: (style: 'red' | 'dim' | 'yellow', text: string) => string): string {
  const service = node.parent === undefined || node.parent.service !== node.service ? ` ${paint('dim', plain(node.service))}` : '';
  if (node.span === undefined) return `${plain(node.name) || 'parent not received yet'}${service} ${paint('yellow', '… running')}`;
  const name = plain(node.name);
  const duration = formatDuration(node.end - node.start);
  if (node.span.status === 'ok') return `${name}${service} ${paint('dim', duration)}`;
  const message = node.span.attributes['sentry.status.message'];
  return `${paint('red', `✗ ${name}`)}${service} ${paint('red', `${duration} error${typeof message === 'string' ? `: ${plain(message)}` : ''}`)}`;
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}+/gu, ' ');
}
