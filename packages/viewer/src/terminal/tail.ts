import type { ViewerSpan } from '../span-record.ts';
import { formatTree } from './format-tree.ts';

/** Prints traces as they settle. */
export interface Tail {
  onSpan(span: ViewerSpan): void;
  /** Prints what waits. */
  flush(): void;
}

/** A trace is printed when nothing came for this long. */
const QUIET_MS = 600;
/** A trace that keeps receiving is printed this often all the same. */
const MAX_WAIT_MS = 5000;
/** Spans remembered per trace, so that a tree printed again is whole. */
const MAX_SPANS = 2000;
const MAX_TRACES = 100;

/** Creates a tail that prints a trace's tree each time the trace has gone quiet. */
export function createTail(print: (text: string) => void, useColor: boolean): Tail {
  const traces = new Map<string, { spans: ViewerSpan[]; timer: NodeJS.Timeout | undefined; since: number }>();
  const show = (traceId: string): void => {
    const trace = traces.get(traceId);
    if (trace === undefined) return;
    clearTimeout(trace.timer);
    trace.timer = undefined;
    print(formatTree(traceId, trace.spans, useColor));
  };
  return {
    onSpan(span) {
      const trace = traces.get(span.trace_id) ?? { spans: [], timer: undefined, since: 0 };
      if (trace.timer === undefined) trace.since = Date.now();
      clearTimeout(trace.timer);
      traces.delete(span.trace_id);
      traces.set(span.trace_id, trace);
      trace.spans.push(span);
      if (trace.spans.length > MAX_SPANS) trace.spans.shift();
      trace.timer = setTimeout(() => show(span.trace_id), Math.min(QUIET_MS, Math.max(0, trace.since + MAX_WAIT_MS - Date.now())));
      const [oldest] = traces.keys();
      if (traces.size <= MAX_TRACES || oldest === undefined) return;
      if (traces.get(oldest)?.timer !== undefined) show(oldest);
      traces.delete(oldest);
    },
    flush() {
      for (const [traceId, trace] of traces) if (trace.timer !== undefined) show(traceId);
    },
  };
}
