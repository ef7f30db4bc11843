import type { FinalSpan } from './final-span.ts';

/** What the receiver says of a request that it took. */
export interface PartialSuccess {
  readonly rejectedSpans: number;
  readonly message: string;
}

/** One encoding of OTLP. */
export interface Codec {
  readonly contentType: string;
  /** A whole request. */
  encode(spans: readonly FinalSpan[]): Uint8Array;
  /** Whole requests as one. */
  join(requests: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
  /** A whole request as one for each of its spans, when it is too large for the receiver. */
  divide(request: Uint8Array): Uint8Array[];
  /** What an answer's body says. @throws Error when it cannot be read */
  readAnswer(body: Uint8Array): PartialSuccess;
}

/** Reads the message of both encodings. */
export function toPartialSuccess(answer: unknown): PartialSuccess {
  const { partialSuccess } = (answer ?? {}) as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } };
  const { rejectedSpans, errorMessage } = partialSuccess ?? {};
  const rejected = Number(rejectedSpans ?? 0); // JSON has 64-bit numbers as texts
  return { rejectedSpans: rejected > 0 ? Math.floor(rejected) : 0, message: typeof errorMessage === 'string' ? errorMessage : '' };
}

/** The parts as one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
