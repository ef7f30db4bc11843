import type { DynamicSamplingContext } from '../trace/dynamic-sampling-context.ts';

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

  constructor(facts: EnvelopeFacts) {
    const dsn = facts.dsn === undefined ? '' : `,"dsn":${JSON.stringify(facts.dsn)}`;
    const settings = facts.ingestSettings === undefined ? '' : `,"ingest_settings":${JSON.stringify(facts.ingestSettings)}`;
    this.#tail = `,"sdk":${JSON.stringify(facts.sdk)}${dsn}}\n`;
    this.#payloadStart = `{"version":2${settings},"items":[`;
  }

  /** Appends everything that stands before the first span. */
  begin(out: string[], sentAtMs: number, trace: DynamicSamplingContext, spanCount: number): void {
    out.push(`{"sent_at":"${new Date(sentAtMs).toISOString()}","trace":`, JSON.stringify(trace), this.#tail);
    out.push(`{"type":"span","item_count":${spanCount},"content_type":"application/vnd.sentry.items.span.v2+json"}\n`, this.#payloadStart);
  }

  /** Appends everything that stands behind the last span. */
  end(out: string[]): void {
    out.push(']}\n');
  }
}

/** Bytes of a payload beside its spans; generous. */
export const PAYLOAD_FRAME_BYTES = 128;
