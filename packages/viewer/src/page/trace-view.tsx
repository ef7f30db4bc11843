import { formatDuration } from '../tree/format-duration.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icons.tsx';
import { Overview } from './overview.tsx';
import { serviceClass } from './service-color.ts';
import { SPAN_SEARCH_ID } from './shortcuts.ts';
import { isLoading, matches, openSpans, openTraceId, revealNext, spanQuery, traceRows, tree } from './viewer-model.ts';
import { Waterfall } from './waterfall.tsx';

/** The open trace: its headline, its overview, its waterfall. */
export function TraceView() {
  const traceId = openTraceId.value ?? '';
  if (openSpans.value.length === 0) {
    return <p class="list-empty">{isLoading.value ? 'Loading' : `Trace ${traceId} is not kept (any more).`}</p>;
  }
  return (
    <section class="trace-view" aria-label="Trace">
      <Headline traceId={traceId} />
      <Overview />
      <Waterfall />
    </section>
  );
}

function Headline({ traceId }: { traceId: string }) {
  const { roots, start, end, nodes } = tree.value;
  const row = traceRows.value.get(traceId);
  const errors = openSpans.value.reduce((sum, span) => sum + (span.status === 'error' ? 1 : 0), 0);
  const running = nodes.size - openSpans.value.length;
  const services = [...new Set(openSpans.value.map((span) => span.service))];
  return (
    <header class="headline">
      <div class="headline-line">
        <h1>{row?.name || roots[0]?.name || 'Trace'}</h1>
        <span class="trace-id">
          <code>{traceId}</code>
          <CopyButton text={traceId} what="trace id" />
        </span>
      </div>
      <div class="headline-line headline-facts">
        <span>
          <b class="num">{formatDuration(end - start)}</b>
        </span>
        <span class="num">{openSpans.value.length.toLocaleString('en')} spans</span>
        {errors > 0 && (
          <button
            type="button"
            class="fact-error"
            onClick={() => revealNext((node) => node.span?.status === 'error')}
            title="Next error (e)"
          >
            <Icon name="error" />
            <span class="num">{errors}</span> {errors === 1 ? 'error' : 'errors'}
          </button>
        )}
        {running > 0 && <span class="running-tag num">{running} running</span>}
        <span class="legend" aria-label="Services">
          {services.map((service) => (
            <span key={service} class={serviceClass(service)}>
              {service}
            </span>
          ))}
        </span>
        <FindField />
      </div>
    </header>
  );
}

function FindField() {
  const found = matches.value;
  const go = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    revealNext((node) => found?.has(node.id) ?? false, event.shiftKey ? -1 : 1);
  };
  return (
    <div class="search search-small">
      <Icon name="search" />
      <input
        id={SPAN_SEARCH_ID}
        type="search"
        placeholder="Find in trace"
        aria-label="Find a span by name, service, id or key:value"
        title="Name, service, id or key:value; Enter goes to the next"
        autocomplete="off"
        spellcheck={false}
        value={spanQuery.value}
        onInput={(event) => (spanQuery.value = event.currentTarget.value)}
        onKeyDown={go}
      />
      {found === undefined ? (
        <kbd>f</kbd>
      ) : (
        <span class="search-count num" role="status">
          {found.size.toLocaleString('en')}
        </span>
      )}
    </div>
  );
}
