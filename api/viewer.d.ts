// @spanstream/viewer: index.d.ts
/** What an attribute can hold; a measured value carries its unit. */
type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[] | {
    readonly value: string | number | boolean;
    readonly unit: string;
};
/** Attributes by name. */
type Attributes = Record<string, AttributeValue>;
/** Relates a span to one of any trace. */
interface SpanLink {
    readonly context: {
        readonly traceId: string;
        readonly spanId: string;
        readonly sampled?: boolean;
    };
    readonly attributes?: Attributes;
}
/** A finished span with the fields the SDK's hooks see, before the viewer adds its own. */
interface SpanFields {
    readonly trace_id: string;
    readonly span_id: string;
    readonly parent_span_id?: string;
    /** Whether it is the topmost span of its service in the trace. */
    readonly is_segment: boolean;
    /** Seconds since the epoch. */
    readonly start_timestamp: number;
    /** Seconds since the epoch. */
    readonly end_timestamp: number;
    readonly name: string;
    readonly status: 'ok' | 'error';
    readonly attributes: Attributes;
    readonly links?: readonly SpanLink[];
}
/** A span as the viewer's JSON has it. */
interface ViewerSpan extends SpanFields {
    /** Who recorded it: `service.name`, else the release's name, else the project. */
    readonly service: string;
    /** Seconds since the epoch at which the viewer got it. */
    readonly received_at: number;
}
/** One line of the trace list. */
interface TraceRow {
    readonly trace_id: string;
    readonly name: string;
    readonly services: readonly string[];
    readonly span_count: number;
    readonly error_count: number;
    readonly start_timestamp: number;
    readonly end_timestamp: number;
    /** Whether every parent that a span names has arrived. */
    readonly complete: boolean;
    readonly last_received_at: number;
}
/** What is kept, and what was taken and refused since the start. */
interface ViewerStats {
    readonly traces: number;
    readonly spans: number;
    /** What the kept spans cost in memory, roughly. */
    readonly bytes: number;
    readonly received_spans: number;
    readonly evicted_spans: number;
    readonly duplicate_spans: number;
    readonly envelopes: number;
    readonly otlp_requests: number;
    readonly refused: number;
    /** Items of accepted envelopes by type. */
    readonly items: Readonly<Record<string, number>>;
    /** What SDKs say they dropped, by reason. */
    readonly client_reports: Readonly<Record<string, number>>;
}

/** How to start a viewer. */
interface ViewerOptions {
    /** Default 4280; 0 takes any free port. */
    readonly port?: number;
    /** A loopback address, default 127.0.0.1. What the viewer shows is for this machine only. */
    readonly host?: string;
    /** How many traces are kept, default 1000; the one that received nothing for longest goes first. */
    readonly maxTraces?: number;
    /** How many bytes of spans are kept, default 256 MiB. */
    readonly maxBytes?: number;
    /** A file that spans are appended to, one JSON object a line. */
    readonly logFile?: string;
    /** A file written by `logFile`, read before the viewer listens. */
    readonly loadFile?: string;
    /** Hears of each span as it is stored. */
    readonly onSpan?: (span: ViewerSpan) => void;
}
/** A running viewer. */
interface Viewer {
    /** Where the page is. */
    readonly url: string;
    /** What an SDK's `dsn` option takes. */
    readonly dsn: string;
    /** Stops listening, ends open connections and finishes the log. */
    close(): Promise<void>;
    stats(): ViewerStats;
}
/** Starts a viewer on loopback; rejects when an option is unusable, the port is taken or a file cannot be opened. */
declare function startViewer(options?: ViewerOptions): Promise<Viewer>;

export { startViewer };
export type { AttributeValue, Attributes, SpanFields, SpanLink, TraceRow, Viewer, ViewerOptions, ViewerSpan, ViewerStats };
