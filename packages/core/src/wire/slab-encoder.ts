import { ByteWriter } from './byte-writer.ts';
import { EnvelopeWriter } from './envelope.ts';
import { type Slab, SlabPool } from './slab-pool.ts';
import type { EncoderFacts, SpanEncoder, WaitingSpans } from './span-encoder.ts';
import { SpanItems } from './span-item.ts';

/** The envelope's header lines; grows if need be. */
const HEADER_BYTES = 2048;

/** Keeps spans as bytes in arrays that are used again, for servers: what waits costs no collection anything. */
export function createSlabEncoder({ constants, envelope, maxIdleBytes, reusesOutputs }: EncoderFacts): SpanEncoder {
  const pool = new SlabPool(maxIdleBytes, reusesOutputs);
  const items = new SpanItems(constants, pool);
  const envelopes = new EnvelopeWriter(envelope);
  const writeSpans = (out: ByteWriter, spans: WaitingSpans): void => {
    let isFirst = true;
    spans.forEach((slab, at, segment) => {
      if (!isFirst) out.ascii(',');
      isFirst = false;
      items.expand(out, slab as Slab, at, segment);
    });
  };
  return {
    constants,
    items,
    encode(spans, sentAtMs, trace) {
      const out = new ByteWriter(pool.takeOutput(spans.wireBytes + HEADER_BYTES));
      envelopes.begin(out, sentAtMs, trace, spans.spanCount);
      writeSpans(out, spans);
      envelopes.end(out);
      return out.bytes.subarray(0, out.length);
    },
    payloadBytes(spans) {
      const out = new ByteWriter(spans.wireBytes);
      writeSpans(out, spans);
      return out.length;
    },
    recycle: (encoded) => pool.giveBackOutput(new Uint8Array((encoded as Uint8Array<ArrayBuffer>).buffer)),
  };
}
