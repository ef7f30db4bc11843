import { isJsonObject, type JsonObject, parseJsonObject } from './json-shape.ts';
import { otlpType } from './otlp-schema.ts';
import { malformed } from './refusal.ts';

/** The two encodings of OTLP/HTTP. */
export type OtlpEncoding = 'json' | 'protobuf';

/** An export request in the shape of OTLP's JSON mapping: ids in hex, 64-bit numbers as texts. */
export function decodeOtlpRequest(body: Uint8Array, encoding: OtlpEncoding): JsonObject {
  if (encoding === 'json') return parseJsonObject(body, 'the OTLP request');
  const type = otlpType('ExportTraceServiceRequest');
  let message;
  try {
    message = type.decode(body);
  } catch (error) {
    throw malformed(
      `the OTLP request is not an ExportTraceServiceRequest in protobuf: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return hexIds(type.toObject(message, { longs: String, bytes: Array })) as JsonObject;
}

/** A partial success, or the empty answer when nothing was rejected. */
export function encodeOtlpResponse(encoding: OtlpEncoding, rejected?: { count: number; reason: string }): Uint8Array {
  const answer = rejected === undefined ? {} : { partialSuccess: { rejectedSpans: rejected.count, errorMessage: rejected.reason } };
  if (encoding === 'protobuf') return encode('ExportTraceServiceResponse', answer);
  // The JSON mapping writes 64-bit numbers as texts.
  return Buffer.from(
    JSON.stringify(
      rejected === undefined ? {} : { partialSuccess: { rejectedSpans: String(rejected.count), errorMessage: rejected.reason } },
    ),
  );
}

/** A refusal as OTLP wants it: `google.rpc.Status` in the request's encoding; 3 is INVALID_ARGUMENT. */
export function encodeOtlpStatus(encoding: OtlpEncoding, message: string): Uint8Array {
  const status = { code: 3, message };
  return encoding === 'protobuf' ? encode('Status', status) : Buffer.from(JSON.stringify(status));
}

function encode(name: 'ExportTraceServiceResponse' | 'Status', content: JsonObject): Uint8Array {
  const type = otlpType(name);
  return type.encode(type.fromObject(content)).finish();
}

const ID_FIELDS = new Set(['traceId', 'spanId', 'parentSpanId']);

/** Rewrites ids from bytes to hex and byte values to base64, as the JSON mapping has them. */
function hexIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hexIds);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (ID_FIELDS.has(key)) return [key, Buffer.from(member as number[]).toString('hex')];
      if (key === 'bytesValue') return [key, Buffer.from(member as number[]).toString('base64')];
      return [key, hexIds(member)];
    }),
  );
}
