import { type JsonObject, parseJsonObject, textOf } from './json-shape.ts';
import { malformed } from './refusal.ts';

/** One item of an envelope; the payload is not read yet. */
export interface EnvelopeItem {
  readonly type: string;
  readonly header: JsonObject;
  readonly payload: Uint8Array;
}

/** An envelope cut into its parts. */
export interface Envelope {
  readonly header: JsonObject;
  readonly items: readonly EnvelopeItem[];
}

const NEWLINE = 10;

/**
 * Cuts an envelope into header and items: lines of JSON, a payload being one line or `length` bytes.
 * https://develop.sentry.dev/sdk/data-model/envelopes/
 */
export function parseEnvelope(body: Uint8Array): Envelope {
  if (body.length === 0) throw malformed('the envelope is empty');
  const headerEnd = lineEnd(body, 0);
  const header = parseJsonObject(body.subarray(0, headerEnd), 'the envelope header');
  const items: EnvelopeItem[] = [];
  let offset = headerEnd + 1;
  while (offset < body.length) {
    const itemHeaderEnd = lineEnd(body, offset);
    if (itemHeaderEnd === offset) {
      offset++;
      continue;
    }
    const place = `the header of item ${items.length + 1}`;
    const itemHeader = parseJsonObject(body.subarray(offset, itemHeaderEnd), place);
    const type = textOf(itemHeader['type']);
    if (type === undefined) throw malformed(`${place} has no type`);
    const start = Math.min(itemHeaderEnd + 1, body.length);
    const end = payloadEnd(body, start, itemHeader['length'], `item ${items.length + 1}`);
    items.push({ type, header: itemHeader, payload: body.subarray(start, end) });
    offset = end + 1;
  }
  return { header, items };
}

function lineEnd(body: Uint8Array, from: number): number {
  const found = body.indexOf(NEWLINE, from);
  return found === -1 ? body.length : found;
}

function payloadEnd(body: Uint8Array, start: number, length: unknown, place: string): number {
  if (length === undefined || length === null) return lineEnd(body, start);
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
    throw malformed(`the length of ${place} is not a count of bytes`);
  const end = start + length;
  if (end > body.length) throw malformed(`${place} is shorter than its length of ${length} bytes`);
  if (end < body.length && body[end] !== NEWLINE) throw malformed(`${place} is longer than its length of ${length} bytes`);
  return end;
}
