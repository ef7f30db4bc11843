import type { Diagnostics } from './diagnostics.ts';
import type { ResolvedOptions } from './options.ts';
import type { RecordingSpan } from './span/span.ts';
import { StreamLifecycle, type StreamLifecycleOptions } from './stream/stream-lifecycle.ts';
import type { SamplingOptions } from './trace/sampling.ts';
import type { SpanSink } from './trace/tracer.ts';

/** How finished spans leave the process: what a client needs of either mode. */
export interface Lifecycle extends SpanSink {
  /** Started and not ended, newest first. */
  readonly openSpans: Iterable<RecordingSpan>;
  /** Sends on its way whatever waits. */
  flush(): void;
  /** Whether an ended span still waits here. */
  has(spanId: string): boolean;
}

/** The lifecycle that the options name. Decided once; nothing flips it later (R12). */
export function createLifecycle(parts: StreamLifecycleOptions): Lifecycle {
  return new StreamLifecycle(parts);
}

/** What decides about top-level spans in this lifecycle. */
export function samplingOf(options: ResolvedOptions, diagnostics: Diagnostics): SamplingOptions {
  if (options.traceLifecycle === 'stream') return options;
  diagnostics.warn(
    'static',
    "traceLifecycle 'static' is not part of this release: traces are propagated, no spans are recorded. Use init({ traceLifecycle: 'stream' }).",
  );
  return {};
}
