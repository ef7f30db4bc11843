import { type CarryingSink, createSinks, type CreateSinks } from './delivery/create-sinks.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { ResolvedOptions, TraceLifecycle } from './options.ts';
import type { RecordingSpan } from './span/span.ts';
import { CompareLifecycle } from './static/compare-lifecycle.ts';
import type { CompareReport } from './static/compare-report.ts';
import { retiredOptions } from './static/retired-options.ts';
import { StaticLifecycle, type StaticLifecycleOptions } from './static/static-lifecycle.ts';
import { StreamLifecycle, type StreamLifecycleOptions } from './stream/stream-lifecycle.ts';
import type { SamplingOptions } from './trace/sampling.ts';
import type { SpanSink } from './trace/span-sink.ts';

/** How finished spans leave the process: what a client needs of either mode. */
export interface Lifecycle extends SpanSink {
  /** Started and not ended, newest first. */
  readonly openSpans: Iterable<RecordingSpan>;
  /** Sends on its way whatever waits and may leave. */
  flush(): void;
  /** Nothing ends here any more: gives up what waits for that. */
  stop?(): void;
  /** Whether an ended span still waits here. */
  has(spanId: string): boolean;
  /** With traceLifecycle `compare`: what would change. */
  compareReport?(): CompareReport;
}

export type { CompareReport };

/** What a lifecycle is made of. */
export type LifecycleParts = StreamLifecycleOptions & StaticLifecycleOptions;

/** The modes that an entry has; which of them runs is decided once, at `init` (R12). */
export type Lifecycles = { readonly [Mode in TraceLifecycle]?: (parts: LifecycleParts) => Lifecycle } & {
  /** Options that only other SDKs have, with what there is instead. */
  readonly retired?: Readonly<Record<string, string>>;
  /** Hands spans to the option `sinks`; absent: only what a sink brings along does. */
  readonly sinks?: CreateSinks;
};

const stream = (parts: LifecycleParts): Lifecycle => new StreamLifecycle(parts);

/** For entries of pages whose bundles are to have nothing of the other modes, nor of sinks. */
export const streamOnly: Lifecycles = { stream };

/** Every mode. */
export const allLifecycles: Lifecycles = {
  stream,
  static: (parts) => new StaticLifecycle(parts),
  compare: (parts) => new CompareLifecycle(parts),
  retired: retiredOptions,
  sinks: createSinks,
};

/** The lifecycle of the mode that the options name. */
export function createLifecycle(lifecycles: Lifecycles, mode: TraceLifecycle, parts: LifecycleParts): Lifecycle {
  return (lifecycles[mode] ?? stream)(parts);
}

/** What decides about top-level spans: nothing does where the entry has not the mode that the options name. */
export function samplingOf(options: ResolvedOptions, lifecycles: Lifecycles, diagnostics: Diagnostics): SamplingOptions {
  const { traceLifecycle } = options;
  if (lifecycles[traceLifecycle] !== undefined) return options;
  diagnostics.warn(
    'lifecycle',
    `This entry has not got traceLifecycle '${traceLifecycle}': no spans are recorded. Use init({ traceLifecycle: 'stream' }) or the main entry.`,
  );
  return {};
}

/** What hands spans to the sinks of the options; undefined where there are none, or the entry has nothing for them. */
export function sinksOf({ sinks }: ResolvedOptions, lifecycles: Lifecycles, diagnostics: Diagnostics): CreateSinks | undefined {
  if (sinks.length === 0) return undefined;
  const create = lifecycles.sinks ?? sinks.map((sink) => (sink as Partial<CarryingSink>).createSinks).find(Boolean);
  if (create === undefined)
    diagnostics.warn('sinks', 'This entry has nothing for sinks of your own: they get no spans. Use the main entry.');
  return create;
}
