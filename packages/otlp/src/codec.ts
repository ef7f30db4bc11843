import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { OtlpProtocol } from './endpoint.ts';
import type { OtlpSpan } from './otlp-span.ts';

/** What the receiver says of a request that it took. */
export interface PartialSuccess {
  readonly rejectedSpans: number;
  readonly message: string;
}

/** One encoding of OTLP. */
export interface Codec {
  readonly contentType: string;
  /** How texts are written into spans. */
  readonly write: (text: string) => string;
  /** A whole request. */
  encode(spans: OtlpSpan[]): Uint8Array;
  /** Whole requests as one. */
  join(requests: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
  /** What an answer's body says; nothing for what cannot be read. */
  readAnswer(body: Uint8Array): PartialSuccess;
}

/** The codec of the protocol. */
export function codecOf(protocol: OtlpProtocol): Codec {
  return protocol === 'json' ? jsonCodec : protobufCodec;
}

/** protobuf: a message behind a message is their merge, lists joined: https://protobuf.dev/programming-guides/encoding/#last-one-wins */
const protobufCodec: Codec = {
  contentType: 'application/x-protobuf',
  write: (text) => text,
  encode: (spans) => ProtobufTraceSerializer.serializeRequest(spans)!,
  join: (requests) => concat(requests),
  readAnswer: (body) => toPartialSuccess(ProtobufTraceSerializer.deserializeResponse(body)),
};

const JSON_HEAD = '{"resourceSpans":[';
const JSON_TAIL = ']}';
const COMMA = Uint8Array.of(0x2c);
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SURROGATE = /[\ud800-\udfff]/;
/** A whole number beyond 64 bits is a double; the serialiser of JSON takes it for an integer, and receivers refuse the request. */
const HUGE_INTEGER = /"intValue":(-?(?:\d{19,}|[\d.]+e\+\d+))/g;
const INT64_END = 2 ** 63;

const jsonCodec: Codec = {
  contentType: 'application/json',
  // They would leave as escapes, which receivers refuse.
  write: (text) => (SURROGATE.test(text) ? text.replace(LONE_SURROGATE, '\ufffd') : text),
  encode(spans) {
    const bytes = JsonTraceSerializer.serializeRequest(spans)!;
    return spans.some(hasHugeInteger) ? withDoubles(bytes) : bytes;
  },
  join(requests) {
    const inner = requests.flatMap((bytes, i) => [
      ...(i === 0 ? [] : [COMMA]),
      bytes.subarray(JSON_HEAD.length, bytes.length - JSON_TAIL.length),
    ]);
    const [head, tail] = [JSON_HEAD, JSON_TAIL].map((text) => new TextEncoder().encode(text));
    return concat([head!, ...inner, tail!]);
  },
  readAnswer: (body) => toPartialSuccess(body.length === 0 ? {} : JSON.parse(new TextDecoder().decode(body))),
};

function hasHugeInteger({ attributes, links }: OtlpSpan): boolean {
  const isHuge = (value: unknown): boolean =>
    typeof value === 'number' ? Math.abs(value) >= INT64_END && value !== -INT64_END : Array.isArray(value) && value.some(isHuge);
  return Object.values(attributes).some(isHuge) || links.some((link) => Object.values(link.attributes ?? {}).some(isHuge));
}

function withDoubles(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes).replace(HUGE_INTEGER, (found, digits: string) => {
    const value = Number(digits);
    return value >= INT64_END || value < -INT64_END ? `"doubleValue":${digits}` : found;
  });
  return new TextEncoder().encode(text);
}

function toPartialSuccess(answer: unknown): PartialSuccess {
  const { partialSuccess } = (answer ?? {}) as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } };
  const { rejectedSpans, errorMessage } = partialSuccess ?? {};
  const rejected = Number(rejectedSpans ?? 0); // JSON has 64-bit numbers as texts
  return { rejectedSpans: rejected > 0 ? Math.floor(rejected) : 0, message: typeof errorMessage === 'string' ? errorMessage : '' };
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
