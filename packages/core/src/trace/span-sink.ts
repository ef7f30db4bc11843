import type { InertReason, InertSpan } from '../span/inert-span.ts';
import type { RecordingSpan } from '../span/span.ts';

/** Where spans go, and who counts them: the lifecycle. */
export interface SpanSink {
  /** Whether memory allows one more trace. */
  admitsNewTrace(): boolean;
  /** Whether memory allows one more open span in a known trace. */
  admitsSpan(): boolean;
  spanStarted(span: RecordingSpan): void;
  /** A span that was asked for and is not recorded. */
  spanRefused(reason: RefusalReason, span: InertSpan): void;
  spanEnded(span: RecordingSpan): void;
  valueTruncated(): void;
  /** An id of an inert span became known, so somebody may ask what became of it. */
  inertIdKnown(spanId: string, reason: InertReason): void;
}

/** The inert reasons that are losses and so are counted. */
export type RefusalReason = Exclude<InertReason, 'off' | 'mode' | 'closed'>;
