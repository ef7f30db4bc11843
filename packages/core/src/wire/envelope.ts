import { asciiBytes, ByteWriter } from './byte-writer.ts';

/** What the envelopes of one client have in common. */
export interface EnvelopeFacts {
  readonly sdk: { readonly name: string; readonly version: string };
  /** Only with a tunnel: it must know where to forward to (without the secret). */
  readonly dsn: string | undefined;
  /** Browsers only: what the server may infer from the request (wire.md). */
  readonly ingestSettings: { readonly infer_ip: 'never' | 'auto'; readonly infer_user_agent: 'auto' } | undefined;
}

/** Writes envelopes of one span container each. Constant parts are made once. */
export class EnvelopeWriter {
  readonly #tail: Uint8Array;
  readonly #payloadStart: Uint8Array;
  #lastMs = NaN;
  #lastIsoTime = '';

  constructor(facts: EnvelopeFacts) {
    const dsn = facts.dsn === undefined ? '' : `,"dsn":${JSON.stringify(facts.dsn)}`;
    const settings = facts.ingestSettings === undefined ? '' : `,"ingest_settings":${JSON.stringify(facts.ingestSettings)}`;
    this.#tail = utf8Bytes(`,"sdk":${JSON.stringify(facts.sdk)}${dsn}}\n{"type":"span","item_count":`);
    this.#payloadStart = utf8Bytes(`,"content_type":"application/vnd.sentry.items.span.v2+json"}\n{"version":2${settings},"items":[`);
  }

  /** Appends everything that stands before the first span. @param trace the `trace` header as JSON */
  begin(out: ByteWriter, sentAtMs: number, trace: string, spanCount: number): void {
    out.reserve(trace.length * 3 + this.#tail.length + this.#payloadStart.length + 80);
    out.raw(SENT_AT);
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

const SENT_AT = asciiBytes('{"sent_at":"');
const TRACE = asciiBytes('","trace":');

function utf8Bytes(text: string): Uint8Array {
  const out = new ByteWriter(text.length * 3);
  out.utf8(text);
  return out.toBytes();
}

/** Bytes of a payload beside its spans; generous. */
export const PAYLOAD_FRAME_BYTES = 128;
