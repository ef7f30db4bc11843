import { useState } from 'preact/hooks';
import type { Attributes, AttributeValue, SpanLink, ViewerSpan } from '../span-record.ts';
import type { TreeNode } from '../tree/build-tree.ts';
import { formatDuration } from '../tree/format-duration.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icons.tsx';
import { openTrace } from './live-client.ts';
import { serviceClass } from './service-color.ts';
import { openTraceId, revealSpan, selectedSpanId, tree } from './viewer-model.ts';

const MESSAGE_KEYS = ['sentry.status.message', 'exception.message', 'error.message'];

/** What is known of the selected span. */
export function SpanDetails() {
  const node = tree.value.nodes.get(selectedSpanId.value ?? '');
  if (node === undefined) return null;
  const { span } = node;
  return (
    <aside class="pane-details" aria-label="Selected span">
      <header class="details-head">
        <h2>{node.name === '' ? 'Parent not received yet' : node.name}</h2>
        <button
          type="button"
          class="button button-icon"
          aria-label="Close details"
          title="Close (Esc)"
          onClick={() => (selectedSpanId.value = undefined)}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="details-scroll" tabIndex={0} role="group" aria-label="Details">
        <Tags node={node} />
        <Timing node={node} />
        {span === undefined ? (
          <p class="hint">
            Children of this span have arrived and it has not, so it is drawn as still running. A parent in a service that does not report
            here never arrives.
          </p>
        ) : (
          <Content span={span} />
        )}
        <Ids node={node} />
      </div>
    </aside>
  );
}

function Tags({ node }: { node: TreeNode }) {
  const status = node.span?.status;
  return (
    <div class="tags">
      {status === undefined && <span class="running-tag">still running</span>}
      {status === 'error' && (
        <span class="tag tag-error">
          <Icon name="error" /> error
        </span>
      )}
      {status === 'ok' && <span class="tag tag-ok">✓ ok</span>}
      {node.service !== '' && <span class={serviceClass(node.service)}>{node.service}</span>}
      {node.span?.is_segment === true && <span class="tag">entry of its service</span>}
    </div>
  );
}

function Timing({ node }: { node: TreeNode }) {
  const offset = node.start - tree.value.start;
  const isRunning = node.span === undefined;
  return (
    <dl class="timing">
      <div>
        <dt>Duration</dt>
        <dd class="num">{isRunning ? `over ${formatDuration(node.end - node.start)}` : formatDuration(node.end - node.start)}</dd>
      </div>
      <div>
        <dt>Self time</dt>
        <dd class="num">{isRunning ? '–' : formatDuration(selfTime(node))}</dd>
      </div>
      <div>
        <dt>Starts at</dt>
        <dd class="num">+{formatDuration(offset)}</dd>
      </div>
      <div>
        <dt>Below</dt>
        <dd class="num">{node.below.toLocaleString('en')}</dd>
      </div>
    </dl>
  );
}

function Content({ span }: { span: ViewerSpan }) {
  const message = MESSAGE_KEYS.map((key) => span.attributes[key]).find((value) => typeof value === 'string');
  const stack = span.attributes['exception.stacktrace'];
  return (
    <>
      {span.status === 'error' && (message !== undefined || typeof stack === 'string') && (
        <div class="message">
          {message !== undefined && <strong>{String(message)}</strong>}
          {typeof stack === 'string' && <pre>{stack}</pre>}
        </div>
      )}
      {span.links !== undefined && span.links.length > 0 && <Links links={span.links} />}
      <AttributeTable attributes={span.attributes} shown={span.status === 'error' ? 'exception.stacktrace' : undefined} />
    </>
  );
}

function Links({ links }: { links: readonly SpanLink[] }) {
  return (
    <section>
      <h3>Links</h3>
      <ul class="links">
        {links.map((link) => (
          <li key={link.context.traceId + link.context.spanId}>
            <button type="button" class="link" onClick={() => follow(link)}>
              <Icon name="link" />
              <code>
                {link.context.traceId.slice(0, 8)}…/{link.context.spanId}
              </code>
            </button>
            {link.context.traceId === openTraceId.value ? ' in this trace' : ' in another trace'}
            {link.attributes !== undefined && <AttributeRows attributes={link.attributes} filter="" />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function AttributeTable({ attributes: all, shown }: { attributes: Attributes; shown: string | undefined }) {
  const [filter, setFilter] = useState('');
  const attributes = Object.fromEntries(Object.entries(all).filter(([key]) => key !== shown));
  const count = Object.keys(attributes).length;
  return (
    <section>
      <div class="section-head">
        <h3>
          Attributes <span class="num muted">{count}</span>
        </h3>
        {count > 8 && (
          <input
            type="search"
            class="filter"
            placeholder="Filter"
            aria-label="Filter attributes"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        )}
      </div>
      {count === 0 ? <p class="hint">None</p> : <AttributeRows attributes={attributes} filter={filter.toLowerCase()} />}
    </section>
  );
}

function AttributeRows({ attributes, filter }: { attributes: Attributes; filter: string }) {
  const entries = Object.entries(attributes)
    .map(([key, value]) => [key, formatValue(value)] as const)
    .filter(([key, text]) => `${key} ${text}`.toLowerCase().includes(filter))
    .sort(([one], [other]) => Number(isPlumbing(one)) - Number(isPlumbing(other)) || (one < other ? -1 : 1));
  return (
    <dl class="attributes">
      {entries.map(([key, text]) => (
        <div key={key}>
          <dt title={key}>{key}</dt>
          <dd class={typeof attributes[key]}>
            {text}
            <CopyButton text={text} what={key} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Ids({ node }: { node: TreeNode }) {
  const parentId = node.span?.parent_span_id ?? node.parent?.id;
  return (
    <section>
      <h3>Identity</h3>
      <dl class="attributes">
        <div>
          <dt>span id</dt>
          <dd>
            {node.id}
            <CopyButton text={node.id} what="span id" />
          </dd>
        </div>
        {parentId !== undefined && (
          <div>
            <dt>parent</dt>
            <dd>
              <button type="button" class="link" onClick={() => revealSpan(parentId)}>
                {parentId}
              </button>
            </dd>
          </div>
        )}
        {node.span !== undefined && (
          <div>
            <dt>started</dt>
            <dd>{new Date(node.start * 1000).toISOString()}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function follow({ context }: SpanLink): void {
  if (context.traceId === openTraceId.value) revealSpan(context.spanId);
  else void openTrace(context.traceId, context.spanId);
}

/** Facts about the SDK and the machine come after those about the work. */
function isPlumbing(key: string): boolean {
  return key.startsWith('sentry.') || /^(os|host|runtime|process|device|telemetry|otel)\./.test(key);
}

function formatValue(value: AttributeValue): string {
  if (typeof value !== 'object') return String(value);
  return 'unit' in value ? `${String(value.value)} ${value.unit}` : `[${value.join(', ')}]`;
}

/** The part of a span that none of its children covers. */
function selfTime(node: TreeNode): number {
  let covered = 0;
  let reached = node.start;
  for (const child of node.children) {
    const from = Math.max(child.start, reached);
    const to = Math.min(child.end, node.end);
    if (to > from) {
      covered += to - from;
      reached = to;
    }
  }
  return Math.max(0, node.end - node.start - covered);
}
