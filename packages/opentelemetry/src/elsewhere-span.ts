import type { Attributes as ApiAttributes, Span as ApiSpan, SpanContext } from '@opentelemetry/api';
import type { Context, Span } from '@spanstream/core';
import { toAttributes, toAttributeValue } from './attribute-values.ts';

/** What stands behind such a span. */
export interface Elsewhere {
  /** The context that it was started in. */
  readonly context: Context;
  /** The span of ours that gets its name and attributes; absent: they are of no use. */
  readonly receiver: Span | undefined;
  readonly spanContext: SpanContext;
}

/**
 * Stands for a span that is not recorded because an integration of ours records the same work. What runs in it runs in the
 * context that it was started in.
 */
export class ElsewhereSpan implements ApiSpan {
  readonly #with: Elsewhere;

  constructor(parts: Elsewhere) {
    this.#with = parts;
  }

  get context(): Context {
    return this.#with.context;
  }

  spanContext(): SpanContext {
    return this.#with.spanContext;
  }

  isRecording(): boolean {
    return this.#with.receiver?.isRecording() === true;
  }

  setAttribute(key: string, value: unknown): this {
    const ours = toAttributeValue(value);
    if (ours !== undefined) this.#with.receiver?.setAttribute(key, ours);
    return this;
  }

  setAttributes(attributes: ApiAttributes): this {
    const ours = toAttributes(attributes);
    if (ours !== undefined) this.#with.receiver?.setAttributes(ours);
    return this;
  }

  updateName(name: string): this {
    this.#with.receiver?.setName(name);
    return this;
  }

  /** The span of ours that a request's route is the name of. */
  get receiver(): Span | undefined {
    return this.#with.receiver;
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

/** The context of ours that work in such a span belongs to; undefined for any other span. */
export function contextOfElsewhere(span: object): Context | undefined {
  return span instanceof ElsewhereSpan ? span.context : undefined;
}
