import { asciiBytes, ByteWriter } from './byte-writer.ts';

/** What the envelopes of one client have in common. */
export interface EnvelopeFacts {
  readonly sdk: { readonly name: string; readonly version: string };
  /** Only with a tunnel: it must know where to forward to (without the secret). */
  readonly dsn: string | undefined;
  /** Browsers only: what the server may infer from the request (wire.md). */
  readonly ingestSettings: { readonly infer_ip: 'never' | 'auto'; readonly infer_user_agent: 'auto' } | undefined;
}

/** What stands before the time of sending, between the trace header and the number of spans, and before the first span. */
export function envelopeText({ dsn, sdk, ingestSettings }: EnvelopeFacts): { start: string; middle: string; end: string } {
  return {
    start: '{"sent_at":"',
    middle: `,"sdk":${JSON.stringify(sdk)}${dsn === undefined ? '' : `,"dsn":${JSON.stringify(dsn)}`}}\n{"type":"span","item_count":`,
    end: `,"content_type":"application/vnd.sentry.items.span.v2+json"}\n{"version":2${ingestSettings === undefined ? '' : `,"ingest_settings":${JSON.stringify(ingestSettings)}`},"items":[`,
  };
}

/** Writes envelopes of one span container each. Constant parts are made once. */
export class EnvelopeWriter {
  readonly #start: Uint8Array;
  readonly #tail: Uint8Array;
  readonly #payloadStart: Uint8Array;
  #lastMs = NaN;
  #lastIsoTime = '';

  constructor(facts: EnvelopeFacts) {
    const { start, middle, end } = envelopeText(facts);
    this.#start = utf8Bytes(start);
    this.#tail = utf8Bytes(middle);
    this.#payloadStart = utf8Bytes(end);
  }

  /** Appends everything that stands before the first span. @param trace the `trace` header as JSON */
  begin(out: ByteWriter, sentAtMs: number, trace: string, spanCount: number): void {
    out.reserve(trace.length * 3 + this.#tail.length + this.#payloadStart.length + 80);
    out.raw(this.#start);
    out.ascii(this.#isoTime(sentAtMs));
    out.raw(TRACE);
    out.utf8(trace);
    out.raw(this.#tail);
    out.integer(spanCount);
    out.raw(this.#payloadStart);
  }

  /** Many envelopes leave within one millisecond. */
  #isoTime(ms: number): string {
    if (ms !== this.#lastMs) {
      this.#lastMs = ms;
      this.#lastIsoTime = new Date(ms).toISOString();
    }
    return this.#lastIsoTime;
  }

  /** Appends everything that stands behind the last span. */
  end(out: ByteWriter): void {
    out.reserve(3);
    out.ascii(']}\n');
  }
}

const TRACE = /* @__PURE__ */ asciiBytes('","trace":');

function utf8Bytes(text: string): Uint8Array {
  const out = new ByteWriter(text.length * 3);
  out.utf8(text);
  return out.toBytes();
}

/** Bytes of a payload beside its spans; generous. */
export const PAYLOAD_FRAME_BYTES = 128;
