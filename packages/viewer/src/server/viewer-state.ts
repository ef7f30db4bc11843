import type { ReadSpan, ViewerStats } from '../span-record.ts';
import type { Journal } from '../store/journal.ts';
import type { SpanLog } from '../store/span-log.ts';
import type { TraceStore } from '../store/trace-store.ts';

/** What the routes share. */
export interface ViewerState {
  readonly store: TraceStore;
  readonly journal: Journal;
  readonly log: SpanLog | undefined;
}

/** Stores spans and appends the new ones to the log. */
export function storeSpans(state: ViewerState, spans: readonly ReadSpan[]): void {
  for (const span of spans) {
    const stored = state.store.add(span);
    if (stored !== undefined) state.log?.append(stored.json);
  }
}

/** What is kept and what was taken and refused since the start. */
export function statsOf(state: ViewerState): ViewerStats {
  return { ...state.store.counts(), ...state.journal.counts() };
}
