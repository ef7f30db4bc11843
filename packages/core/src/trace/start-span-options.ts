import type { Attributes } from '../span/attributes.ts';
import type { Span, SpanLink } from '../span/span-data.ts';

/** What a span is started with. */
export interface StartSpanOptions {
  /** A low-cardinality name; an empty or missing one becomes `<unnamed>`. */
  readonly name: string;
  readonly attributes?: Attributes;
  /** Absent: the active span. `null`: a new top-level span in the current trace (R1). */
  readonly parentSpan?: Span | null;
  /** Default true. False: spans started meanwhile become siblings, not children. */
  readonly active?: boolean;
  /** Milliseconds since the epoch; default and for unusable values: now. */
  readonly startTime?: number | Date;
  readonly links?: SpanLink[];
  /** Without a parent the callback runs and nothing is recorded. */
  readonly onlyIfParent?: boolean;
}
