import type { SpanJSON } from '../span/span-data.ts';

/** An extra destination for finished spans, e.g. `otlpSink({ url })`. */
export interface Sink {
  readonly name: string;
  /** Takes finished spans; may be called with one or many. */
  send(spans: readonly SpanJSON[]): void | Promise<void>;
  /** Sends what waits; true when nothing is left within the time. */
  flush?(timeoutMs: number): Promise<boolean>;
  /** Sends what waits and stops; called once. */
  close?(timeoutMs: number): Promise<void> | void;
}
