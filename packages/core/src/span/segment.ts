import type { TraceContext } from './trace-context.ts';

/** The attribute that says where a top-level span's name comes from. */
export const NAME_SOURCE = 'sentry.segment.name.source';

/** A span as those see it who wait for the end of a tree. */
export interface WatchedSpan {
  readonly spanId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly ended: boolean;
}

/**
 * What the spans of one local tree share: the topmost span's identity and the decision made for it. Spans point here, never
 * at each other, so a parent retains none of its children (R9).
 */
export class Segment {
  readonly trace: TraceContext;
  /** The topmost span's id. */
  readonly spanId: string;
  /** The topmost span's name; it may change until that span ends (R5). */
  name: string;
  source: string;
  /** True: recorded. False: decided against. Undefined: tracing is off and nobody decided. */
  readonly sampled: boolean | undefined;
  /** The rate that this process decided with; absent when the decision came from upstream. */
  readonly sampleRate: number | undefined;
  /** The name in the dynamic sampling context, frozen when it first leaves the process (R26); null: none is told. */
  frozenName: string | null | undefined = undefined;
  /** Whether the topmost span has ended. */
  ended = false;
  /** Told of each recorded span of the tree when it has started and when it has ended; how a page load knows that it is over. */
  watch: ((span: WatchedSpan) => void) | undefined = undefined;

  constructor(
    trace: TraceContext,
    spanId: string,
    name: string,
    decision: { sampled?: boolean | undefined; sampleRate?: number | undefined; source?: string },
  ) {
    this.trace = trace;
    this.spanId = spanId;
    this.name = name;
    this.source = decision.source ?? 'custom';
    this.sampled = decision.sampled;
    this.sampleRate = decision.sampleRate;
  }
}
