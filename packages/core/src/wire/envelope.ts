import { utf8Length } from '../span/text.ts';
import type { ByteWriter } from './byte-writer.ts';

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
  readonly #tail: string;
  readonly #payloadStart: string;
  #lastMs = NaN;
  #lastIsoTime = '';

  constructor(facts: EnvelopeFacts) {
    const dsn = facts.dsn === undefined ? '' : `,"dsn":${JSON.stringify(facts.dsn)}`;
    const settings = facts.ingestSettings === undefined ? '' : `,"ingest_settings":${JSON.stringify(facts.ingestSettings)}`;
    this.#tail = `,"sdk":${JSON.stringify(facts.sdk)}${dsn}}\n`;
    this.#payloadStart = `{"version":2${settings},"items":[`;
  }

  /** Appends everything that stands before the first span. @param trace the `trace` header as JSON */
  begin(out: ByteWriter, sentAtMs: number, trace: string, spanCount: number): void {
    const container = `{"type":"span","item_count":${spanCount},"content_type":"application/vnd.sentry.items.span.v2+json"}\n`;
    const text = `{"sent_at":"${this.#isoTime(sentAtMs)}","trace":${trace}${this.#tail}${container}${this.#payloadStart}`;
    out.reserve(utf8Length(text));
    out.utf8(text);
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

/** Bytes of a payload beside its spans; generous. */
export const PAYLOAD_FRAME_BYTES = 128;
