import { ByteWriter } from './byte-writer.ts';
import { EnvelopeWriter } from './envelope.ts';
import { SlabPool } from './slab-pool.ts';
import type { EncoderFacts, SpanEncoder } from './span-encoder.ts';
import { SpanItems } from './span-item.ts';

/** The envelope's header lines; grows if need be. */
const HEADER_BYTES = 2048;
/** What the names that records refer to may take, of what may lie idle. */
const WORDS_SHARE = 1 / 4;

/** Keeps spans as bytes in arrays that are used again, for servers: what waits costs no collection anything. */
export function createSlabEncoder({ constants, envelope, maxIdleBytes, reusesOutputs }: EncoderFacts): SpanEncoder {
  const pool = new SlabPool(maxIdleBytes, reusesOutputs);
  const items = new SpanItems(constants, pool, maxIdleBytes * WORDS_SHARE);
  const envelopes = new EnvelopeWriter(envelope);
  return {
    constants,
    items,
    encode(spans, sentAtMs, trace) {
      const out = new ByteWriter(pool.takeOutput(spans.wireBytes + HEADER_BYTES));
      envelopes.begin(out, sentAtMs, trace, spans.spanCount);
      items.expandAll(out, spans);
      envelopes.end(out);
      return out.bytes.subarray(0, out.length);
    },
    payloadBytes(spans) {
      const out = new ByteWriter(spans.wireBytes);
      items.expandAll(out, spans);
      return out.length;
    },
    recycle: (encoded) => pool.giveBackOutput(new Uint8Array((encoded as Uint8Array<ArrayBuffer>).buffer)),
  };
}
