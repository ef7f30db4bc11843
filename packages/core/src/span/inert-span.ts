import type { AttributeValue, Attributes } from './attributes.ts';
import { dispose } from './disposable.ts';
import type { Segment } from './segment.ts';
import type { RecordingSpan } from './span.ts';
import type { Span, SpanContext, SpanLink, SpanStatus } from './span-data.ts';

/**
 * Why a span records nothing: a `DropReason`, or `off` (no sampler or not enabled), `mode` (the other lifecycle's API),
 * none of which is a started span.
 */
export type InertReason = 'unsampled' | 'ignored' | 'no_parent' | 'suppressed' | 'memory_budget' | 'closed' | 'off' | 'mode';

/** Whom inert spans ask: one object per client. */
export interface InertOwner {
  /** An id for a span that somebody asks for by id. */
  inertSpanId(span: InertSpan): string;
  /** The span was active for the rest of a block and has ended. */
  blockEnded(span: InertSpan): void;
}

/** A span that answers to everything and keeps nothing (R8). */
export class InertSpan implements Span {
  readonly name: string;
  readonly reason: InertReason;
  readonly segment: Segment;
  /** The nearest recorded ancestor, which this span's children belong to (R22). */
  readonly standIn: RecordingSpan | undefined;
  ended = false;
  /** Active for the rest of a block, not by callback. */
  inBlock = false;
  /** What stands for this span in another API. */
  face: object | undefined = undefined;
  #spanId: string | undefined = undefined;
  readonly #owner: InertOwner;

  constructor(
    owner: InertOwner,
    reason: InertReason,
    name: string,
    origin: { readonly segment: Segment; readonly standIn?: RecordingSpan | undefined },
  ) {
    this.#owner = owner;
    this.reason = reason;
    this.name = name;
    this.segment = origin.segment;
    this.standIn = origin.standIn;
  }

  get status(): SpanStatus {
    return 'ok';
  }

  /** Made when first asked for: most inert spans are never asked. */
  get spanId(): string {
    return (this.#spanId ??= this.#owner.inertSpanId(this));
  }

  spanContext(): SpanContext {
    return { traceId: this.segment.trace.traceId, spanId: this.spanId, sampled: false };
  }

  isRecording(): boolean {
    return false;
  }

  setName(_name: string): this {
    return this;
  }

  setStatus(_status: SpanStatus, _message?: string): this {
    return this;
  }

  setAttribute(_key: string, _value: AttributeValue | undefined): this {
    return this;
  }

  setAttributes(_attributes: Attributes): this {
    return this;
  }

  getAttributes(): Readonly<Attributes> {
    return {};
  }

  addLink(_link: SpanLink): this {
    return this;
  }

  addLinks(_links: SpanLink[]): this {
    return this;
  }

  end(_endTime?: number | Date): void {
    if (this.ended) return;
    this.ended = true;
    if (this.inBlock) this.#owner.blockEnded(this);
  }

  [dispose](): void {
    this.end();
  }

  fail(_error: unknown): void {}
}
