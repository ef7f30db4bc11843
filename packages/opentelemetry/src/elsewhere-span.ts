import { type Attributes as ApiAttributes, type Span as ApiSpan, type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { Context, Span } from '@spanstream/core';
import { toAttributes, toAttributeValue } from './attribute-values.ts';

/**
 * Stands for a span that is not recorded because an integration of ours records the same work. What runs in it runs in the
 * context that it was started in; names and attributes go to the receiver, the span of ours, where there is one.
 */
export class ElsewhereSpan implements ApiSpan {
  readonly context: Context;
  readonly #receiver: Span | undefined;

  constructor(context: Context, receiver: Span | undefined) {
    this.context = context;
    this.#receiver = receiver;
  }

  spanContext(): SpanContext {
    const { traceId = NO_TRACE, spanId = NO_SPAN, sampled } = this.#receiver?.spanContext() ?? {};
    return { traceId, spanId, traceFlags: sampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE };
  }

  isRecording(): boolean {
    return this.#receiver?.isRecording() === true;
  }

  setAttribute(key: string, value: unknown): this {
    const ours = toAttributeValue(value);
    if (ours !== undefined) this.#receiver?.setAttribute(key, ours);
    return this;
  }

  setAttributes(attributes: ApiAttributes): this {
    const ours = toAttributes(attributes);
    if (ours !== undefined) this.#receiver?.setAttributes(ours);
    return this;
  }

  updateName(name: string): this {
    this.#receiver?.setName(name);
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  recordException(): void {}

  end(): void {}
}

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** The context of ours that work in such a span belongs to; undefined for any other span. */
export function contextOfElsewhere(span: object): Context | undefined {
  return span instanceof ElsewhereSpan ? span.context : undefined;
}
