import type { Context as ApiContext } from '@opentelemetry/api';
import type { AnySpan, StartSpanOptions } from '@spanstream/core';
import type { Bridge, RecordedSpan } from './bridge.ts';
import { BridgedContext } from './bridged-context.ts';
import { BridgedSpan, faceOf } from './span-bridge.ts';

/** What sees each span when it starts and when it has ended: the interface of `@opentelemetry/sdk-trace-base`. */
export interface SpanProcessor {
  // `never`: each version of OpenTelemetry has its own types for what ours are made to fit.
  onStart(span: never, parentContext: ApiContext): void;
  onEnd(span: never): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** In the place of a face on what stands for an event: processors get that with its span. */
const EVENT = Object.freeze({});

/** Lets processors made for OpenTelemetry's SDK see each recorded span, whichever API started it. */
export class SpanTap {
  readonly #bridge: Bridge;
  readonly #processors: readonly SpanProcessor[];

  constructor(bridge: Bridge, processors: readonly SpanProcessor[]) {
    this.#bridge = bridge;
    this.#processors = processors;
  }

  /** Attaches to the client that runs now. Returns what detaches it. */
  setup(): () => void {
    const bridge = this.#bridge;
    const { tracer } = bridge;
    const before = tracer.watch;
    const watch: typeof before = (span, options) => {
      before?.(span, options);
      this.#see(span, options);
    };
    tracer.watch = watch;
    bridge.isTapped = true;
    return () => {
      if (tracer.watch === watch) tracer.watch = before;
    };
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => this.#settle(() => processor.forceFlush())));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => this.#settle(() => processor.shutdown())));
  }

  #see(span: RecordedSpan, options: StartSpanOptions | undefined): void {
    if (span.face === EVENT) return;
    if (span.ended) return this.#each((processor) => processor.onEnd(this.#faceOf(span) as never));
    const birth = options && this.#bridge.births.get(options);
    if (birth !== undefined && birth.by === undefined) {
      span.face = EVENT;
      return;
    }
    const face = birth === undefined ? faceOf(this.#bridge, span) : new BridgedSpan(this.#bridge, span, birth.kind, birth.by);
    const outer = birth?.outer ?? this.#bridge.tracer.context;
    const context = BridgedContext.over(this.#bridge, outer);
    this.#each((processor) => processor.onStart(face as never, context));
  }

  #faceOf(span: AnySpan): BridgedSpan {
    return faceOf(this.#bridge, span);
  }

  #each(call: (processor: SpanProcessor) => void): void {
    for (const processor of this.#processors) {
      try {
        call(processor);
      } catch (error) {
        this.#bridge.current.fault('A span processor', error);
      }
    }
  }

  async #settle(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#bridge.current.fault('A span processor', error);
    }
  }
}
