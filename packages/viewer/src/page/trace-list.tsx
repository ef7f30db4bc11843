import { useEffect, useRef } from 'preact/hooks';
import type { TraceRow } from '../span-record.ts';
import { formatDuration } from '../tree/format-duration.ts';
import { Icon } from './icons.tsx';
import { openTrace, search } from './live-client.ts';
import { serviceClass } from './service-color.ts';
import { TRACE_SEARCH_ID } from './shortcuts.ts';
import { useVirtualRows } from './use-virtual-rows.ts';
import { openTraceId, query, shownTraces } from './viewer-model.ts';

const ROW_HEIGHT = 54;

/** The traces, newest first, with a search that also looks into their spans. */
export function TraceList() {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = shownTraces.value;
  const virtualizer = useVirtualRows({ count: rows.length, rowHeight: ROW_HEIGHT, scroller });
  const openIndex = rows.findIndex((row) => row.trace_id === openTraceId.value);
  useEffect(() => {
    if (openIndex >= 0) virtualizer.scrollToIndex(openIndex);
  }, [openTraceId.value]);
  const move = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: openIndex + 1, ArrowUp: Math.max(0, openIndex - 1), Home: 0, End: rows.length - 1 };
    const next = rows[steps[event.key] ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    void openTrace(next.trace_id);
  };
  return (
    <nav class="pane-list" aria-label="Traces">
      <SearchField onDown={() => scroller.current?.focus()} count={rows.length} />
      {rows.length === 0 && <p class="list-empty">{query.value === '' ? 'No traces yet' : 'No trace holds this'}</p>}
      <div
        class="list"
        ref={scroller}
        role="listbox"
        tabIndex={0}
        aria-label="Traces, newest first"
        aria-activedescendant={openIndex >= 0 ? `trace-${openTraceId.value}` : undefined}
        onKeyDown={move}
      >
        <div class="list-space" role="presentation" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row && <TraceOption key={row.trace_id} row={row} top={item.start} index={item.index} count={rows.length} />;
          })}
        </div>
      </div>
    </nav>
  );
}

function SearchField({ onDown, count }: { onDown: () => void; count: number }) {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    onDown();
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        id={TRACE_SEARCH_ID}
        type="search"
        placeholder="Search names, services, attributes"
        aria-label="Search traces; is:error and is:running narrow"
        title="Words are looked for in all spans; is:error and is:running narrow"
        autocomplete="off"
        spellcheck={false}
        value={query.value}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      {query.value === '' ? (
        <kbd>/</kbd>
      ) : (
        <span class="search-count num" role="status">
          {count}
        </span>
      )}
    </div>
  );
}

function TraceOption({ row, top, index, count }: { row: TraceRow; top: number; index: number; count: number }) {
  const isOpen = row.trace_id === openTraceId.value;
  const started = new Date(row.start_timestamp * 1000);
  return (
    <div
      id={`trace-${row.trace_id}`}
      role="option"
      aria-selected={isOpen}
      aria-posinset={index + 1}
      aria-setsize={count}
      class={isOpen ? 'trace trace-open' : 'trace'}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => void openTrace(row.trace_id)}
    >
      <div class="trace-line">
        {row.error_count > 0 && (
          <span class="trace-errors" title={`${row.error_count} errors`}>
            <Icon name="error" />
            <span class="num">{row.error_count}</span>
            <span class="sr"> errors </span>
          </span>
        )}
        <span class="trace-name">{row.name === '' ? '(no name)' : row.name}</span>
        {row.complete ? (
          <span class="trace-duration num">{formatDuration(row.end_timestamp - row.start_timestamp)}</span>
        ) : (
          <span class="running-tag">running</span>
        )}
      </div>
      <div class="trace-line trace-facts">
        <span class="trace-services">
          {row.services.map((service) => (
            <span key={service} class={serviceClass(service)}>
              {service}
            </span>
          ))}
        </span>
        <span class="num">
          {row.span_count.toLocaleString('en')} {row.span_count === 1 ? 'span' : 'spans'}
        </span>
        <time class="num" dateTime={Number.isNaN(started.getTime()) ? undefined : started.toISOString()}>
          {started.toLocaleTimeString('en-GB')}
        </time>
      </div>
    </div>
  );
}
