import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Codec, concat, toPartialSuccess } from './codec.ts';
import { OtlpSpan } from './otlp-span.ts';

const HEAD = '{"resourceSpans":[';
const TAIL = ']}';
const COMMA = Uint8Array.of(0x2c);
/** A whole number beyond 64 bits is a double; the serialiser takes it for an integer, for which receivers refuse the request. */
const HUGE_INTEGER = /"intValue":(-?(?:\d{19,}|[\d.]+e\+\d+))/g;
const INT64_END = 2 ** 63;

/** What a request is divided by. */
interface JsonRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[] }[];
}

/** JSON, by the serialiser of `@opentelemetry/otlp-transformer`. */
export function createJsonCodec(): Codec {
  const [head, tail] = [HEAD, TAIL].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  return {
    contentType: 'application/json',
    encode(spans) {
      const bytes = JsonTraceSerializer.serializeRequest(spans.map((span) => new OtlpSpan(span)))!;
      return spans.some(({ list, span }) => hasHuge(list) || span.links?.some(({ attributes }) => hasHuge(attributes)))
        ? withDoubles(bytes)
        : bytes;
    },
    join(requests) {
      const inner = requests.flatMap((bytes, i) => [...(i === 0 ? [] : [COMMA]), bytes.subarray(head.length, bytes.length - tail.length)]);
      return concat([head, ...inner, tail]);
    },
    divide(request) {
      const { resourceSpans } = JSON.parse(new TextDecoder().decode(request)) as JsonRequest;
      const divided = resourceSpans.flatMap(({ scopeSpans, ...resource }) =>
        scopeSpans.flatMap(({ spans, ...scope }) => spans.map((span) => ({ ...resource, scopeSpans: [{ ...scope, spans: [span] }] }))),
      );
      return divided.map((one) => new TextEncoder().encode(JSON.stringify({ resourceSpans: [one] })));
    },
    readAnswer: (body) => toPartialSuccess(JSON.parse(new TextDecoder().decode(body))),
  };
}

function hasHuge(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) >= INT64_END;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasHuge);
}

/** In texts quotes are escaped, so the expression finds keys only. */
function withDoubles(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes).replace(HUGE_INTEGER, (found, digits: string) => {
    const value = Number(digits);
    return value >= INT64_END || value < -INT64_END ? `"doubleValue":${digits}` : found;
  });
  return new TextEncoder().encode(text);
}
