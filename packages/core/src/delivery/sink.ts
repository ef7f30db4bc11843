import type { AttributeList, Attributes } from '../span/attributes.ts';
import type { SpanJSON } from '../span/span-data.ts';
import type { ConstantAttributes, SpanParts } from '../wire/constants.ts';
import type { SdkInfo } from '../wire/dsn.ts';
import type { Platform } from '../platform.ts';
import type { DropReason } from './drop-reason.ts';

/** Spans of one `send` that a sink could not deliver. */
export interface SinkLoss {
  readonly reason: DropReason;
  readonly quantity: number;
  /** Which ones, where that is known: `client.explain` then knows it, too. */
  readonly spanIds?: readonly string[];
}

/** What became of the spans of one `send`: those that are not listed are delivered. */
export interface SinkReceipt {
  readonly losses: readonly SinkLoss[];
}

/** Nothing: all delivered. A throw or a rejection: all `rejected`. A receipt: as it says. */
export type SinkAnswer = void | SinkReceipt | Promise<void | SinkReceipt>;

/** What a sink gets to know of the client that it belongs to. */
export interface SinkContext {
  readonly sdk: SdkInfo;
  readonly release: string | undefined;
  readonly environment: string | undefined;
  /** Facts about host, runtime and OS. */
  readonly facts: Attributes;
  /** What each span has unless it says otherwise. */
  readonly constants: ConstantAttributes;
  readonly platform: Platform;
  /** All attributes that the span leaves with, constants included. */
  attributesOf(span: SpanParts): AttributeList;
  /** Said with the option `debug`. */
  debug(reason: string, message: string): void;
  /** Said always, once. */
  warn(reason: string, message: string): void;
}

/** Everything unsent as text, for a process that ends now (R31). */
export interface HandOver {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** False: the bodies leave as they are. */
  readonly mayCompress?: boolean;
  /** Whole envelopes, of which the last one may be a client report, or requests of a sink. */
  readonly bodies: readonly (Uint8Array<ArrayBuffer> | string)[];
  /** Accounts for them: whether the envelope of the same index was accepted. */
  settle(wasDelivered: readonly boolean[]): void;
}

/** An extra destination for finished spans, e.g. `otlpSink({ url })`. One object belongs to one client. */
export interface Sink {
  readonly name: string;
  /** Where it sends to; requests there are never traced (R28). */
  readonly url?: string | undefined;
  /** Called once, by `init`; a throw is a warning and leaves the sink out. */
  setup?(context: SinkContext): void;
  /** Takes finished spans, one or many; the answer says what became of them. */
  send(spans: readonly SpanJSON[]): SinkAnswer;
  /** Called instead of `send` by sinks that write spans out themselves. Not part of the stable API. */
  sendParts?(spans: readonly SpanParts[]): SinkAnswer;
  /** Sends what waits; true when nothing is left within the time. */
  flush?(timeoutMs: number): Promise<boolean>;
  /** Everything unsent, for a process that ends now and runs nothing asynchronous any more. */
  takeUnsent?(): HandOver;
  /** Sends what waits and stops; called once. */
  close?(timeoutMs: number): Promise<void> | void;
}

/** What became of the spans that one sink was given. */
export interface SinkStats {
  readonly name: string;
  /** Given and not answered for. */
  readonly waiting: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}
