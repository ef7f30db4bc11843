import type { AttributeList, AttributeValue } from '../span/attributes.ts';
import type { SpanLink } from '../span/span-data.ts';
import { ByteWriter, maxQuotedBytes } from './byte-writer.ts';
import { SAMPLE_RATE } from './constants.ts';

/** A list's bytes, for those that never change. */
export function listBytes(list: AttributeList): Uint8Array {
  const out = new ByteWriter(
    list.reduce<number>((sum, _, i) => sum + (i % 2 === 0 ? maxAttributeBytes(list[i] as string, list[i + 1] as AttributeValue) : 0), 16),
  );
  writeList(out, list);
  return out.toBytes();
}

/** Each attribute followed by a comma. */
export function writeList(out: ByteWriter, list: AttributeList): void {
  for (let i = 0; i < list.length; i += 2) {
    writeAttribute(out, list[i] as string, list[i + 1] as AttributeValue);
    out.ascii(',');
  }
}

/** Name, type and value as wire.md has them. */
export function writeAttribute(out: ByteWriter, key: string, value: AttributeValue): void {
  out.quoted(key);
  if (typeof value !== 'object') {
    writeValue(out, key, value);
    out.ascii('}');
  } else if ('unit' in value) {
    writeValue(out, key, value.value);
    out.ascii(',"unit":');
    out.quoted(value.unit);
    out.ascii('}');
  } else {
    out.ascii(':{"type":"array","value":[');
    value.forEach((element, i) => {
      if (i > 0) out.ascii(',');
      if (typeof element === 'string') out.quoted(element);
      else out.ascii(String(element));
    });
    out.ascii(']}');
  }
}

function writeValue(out: ByteWriter, key: string, value: string | number | boolean): void {
  if (typeof value === 'string') {
    out.ascii(':{"type":"string","value":');
    out.quoted(value);
  } else if (typeof value === 'boolean') {
    out.ascii(value ? ':{"type":"boolean","value":true' : ':{"type":"boolean","value":false');
  } else if (Number.isSafeInteger(value) && key !== SAMPLE_RATE) {
    out.ascii(':{"type":"integer","value":');
    if (value >= 0) out.integer(value);
    else out.ascii(String(value));
  } else {
    out.ascii(':{"type":"double","value":');
    out.ascii(String(value));
  }
}

/** The member `links` with a comma in front. */
export function writeLinks(out: ByteWriter, links: readonly SpanLink[]): void {
  out.ascii(',"links":[');
  links.forEach(({ context, attributes = {} }, i) => {
    out.ascii(`${i > 0 ? ',' : ''}{"trace_id":"${context.traceId}","span_id":"${context.spanId}"`);
    if (context.sampled !== undefined) out.ascii(`,"sampled":${context.sampled}`);
    const keys = Object.keys(attributes);
    if (keys.length > 0) {
      out.ascii(',"attributes":{');
      writeList(
        out,
        keys.flatMap((key) => [key, attributes[key] as AttributeValue]),
      );
      out.length--; // its last comma
      out.ascii('}');
    }
    out.ascii('}');
  });
  out.ascii(']');
}

/** What `writeAttribute` writes at most. */
export function maxAttributeBytes(key: string, value: AttributeValue): number {
  const name = maxQuotedBytes(key) + 40;
  if (typeof value === 'string') return name + maxQuotedBytes(value);
  if (typeof value !== 'object') return name + 25;
  if ('unit' in value) return name + maxQuotedBytes(value.unit) + maxQuotedBytes(String(value.value)) + 16;
  let bytes = name;
  for (const element of value) bytes += typeof element === 'string' ? maxQuotedBytes(element) + 1 : 26;
  return bytes;
}
