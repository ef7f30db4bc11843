// @spanstream/otlp: index.d.mts
/// <reference lib="esnext.disposable" />
import { Sink } from '@spanstream/core';

/** Encodings of OTLP over HTTP. */
type OtlpProtocol = 'json' | 'protobuf';

/** What an attribute of OTLP holds. */
type PlainValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/** Options of `otlpSink`. What they leave out comes from the `OTEL_EXPORTER_OTLP_*` variables. */
interface OtlpSinkOptions {
    /** Where traces go, as it stands; one without a path gets `/v1/traces`. Default `http://localhost:4318/v1/traces`. */
    readonly url?: string;
    /** Sent with each request, e.g. an API key. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Default `'protobuf'`. */
    readonly protocol?: OtlpProtocol;
    /** Default `'none'`, as the specification has it. */
    readonly compression?: 'gzip' | 'none';
    /** How long an attempt may go without an answer; default 10,000. */
    readonly timeoutMs?: number;
    /** Attributes of the resource, e.g. `service.name`; they go before what is known otherwise. */
    readonly resource?: Readonly<Record<string, PlainValue>>;
    /** Bytes of a request, before compression, at which it leaves; default 262,144, in pages 30,000. */
    readonly maxBatchBytes?: number;
    /** Spans of a request at which it leaves; default 2,000. */
    readonly maxBatchSpans?: number;
    /** How long a span waits for others at most; default 1,000. */
    readonly flushIntervalMs?: number;
    /** Requests without an answer at a time; default 4. */
    readonly maxConcurrency?: number;
}

/**
 * Sends spans by OTLP over HTTP, to an OpenTelemetry Collector or whatever else takes that; with a DSN or without.
 * @throws Error naming the option and the value, when an option is wrong
 * @example
 * init({ traceLifecycle: 'stream', tracesSampleRate: 1, sinks: [otlpSink({ url: 'http://localhost:4318/v1/traces' })] });
 */
declare function otlpSink(options?: OtlpSinkOptions): Sink;

export { otlpSink };
export type { OtlpSinkOptions };
