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

/** Type and value as wire.md has them. */
function writeAttribute(out: ByteWriter, key: string, value: AttributeValue): void {
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

/** What stands around the values of one name, by their type. */
interface Openings {
  /** A name that only an exception uses. */
  readonly isReserved: boolean;
  readonly string: Uint8Array;
  readonly integer: Uint8Array;
  /** The whole attribute and a comma, as the next two. */
  readonly true: Uint8Array;
  readonly false: Uint8Array;
}

/** Beyond this a program makes its attribute names up, and they must not fill memory. */
const MAX_OPENINGS = 2000;
const MAX_KEPT_KEY_LENGTH = 100;

/**
 * Writes attributes with the bytes from name to value kept by name and type: copying bytes is several times as fast as
 * reading a text character by character, and names are few in a healthy program.
 */
export class AttributeWriter {
  readonly #openings = new Map<string, Openings>();
  readonly #reserved: ReadonlySet<string>;

  /** @param reserved names that are not written */
  constructor(reserved: ReadonlySet<string>) {
    this.#reserved = reserved;
  }

  /** The attribute and a comma; false when its name is reserved. */
  write(out: ByteWriter, key: string, value: AttributeValue): boolean {
    const openings = this.#openings.get(key) ?? this.#keep(key);
    if (openings.isReserved) return false;
    if (typeof value === 'string') {
      out.raw(openings.string);
      out.quoted(value);
      out.close();
    } else if (typeof value === 'boolean') {
      out.raw(value ? openings.true : openings.false);
    } else if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      out.raw(openings.integer);
      out.integer(value);
      out.close();
    } else {
      writeAttribute(out, key, value);
      out.ascii(',');
    }
    return true;
  }

  #keep(key: string): Openings {
    const opening = (type: string, end = ''): Uint8Array => {
      const out = new ByteWriter(maxQuotedBytes(key) + 60);
      out.quoted(key);
      out.ascii(`:{"type":"${type}","value":${end}`);
      return out.toBytes();
    };
    const openings = {
      isReserved: this.#reserved.has(key),
      string: opening('string'),
      integer: opening('integer'),
      true: opening('boolean', 'true},'),
      false: opening('boolean', 'false},'),
    };
    if (this.#openings.size < MAX_OPENINGS && key.length < MAX_KEPT_KEY_LENGTH) this.#openings.set(key, openings);
    return openings;
  }
}
