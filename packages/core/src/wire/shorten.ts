import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import { cutUtf8, utf8Length } from '../span/text.ts';
import { maxQuotedBytes } from './byte-writer.ts';
import type { SpanParts } from './constants.ts';

const MAX_LISTED_KEYS = 16;
const MAX_LISTED_KEY_BYTES = 256;
/** What the list of what was cut takes without its keys. */
const LIST_BYTES = 64;
/** A name that is cut keeps so many bytes at least. */
const MIN_NAME_BYTES = 64;
const TRUNCATED = 'spanstream.truncated';
const REMOVED = Symbol('removed') as unknown as AttributeValue;

/** The span with its longest attributes cut or left out until it is shorter by that many bytes; then its links go, then its name's end (R18). */
export function shortenParts(parts: SpanParts, excessBytes: number): SpanParts {
  const attributes = parts.attributes.slice();
  const cut: string[] = [];
  let remaining = excessBytes + LIST_BYTES;
  for (const [at, bytes] of indexesBySize(attributes)) {
    if (remaining <= 0) break;
    const key = attributes[at] as string;
    if (key === TRUNCATED) continue;
    const value = attributes[at + 1] as AttributeValue;
    if (cut.length < MAX_LISTED_KEYS) remaining += listedBytes(key);
    // What is escaped takes more than its own bytes, so a text that is cut by what is too much as sent loses enough.
    const shorter = typeof value === 'string' && bytes > remaining * 2 ? cutUtf8(value, utf8Length(value) - remaining) : undefined;
    attributes[at + 1] = shorter ?? REMOVED;
    remaining -= shorter === undefined ? bytes : remaining;
    cut.push(key);
  }
  const kept = attributes.filter((_, i) => attributes[i - (i % 2) + 1] !== REMOVED);
  const { spanId, parentSpanId, segment, isSegment, startMs, endMs, status, omitted } = parts;
  const links = remaining > 0 ? undefined : parts.links;
  if (links !== parts.links) cut.push('links');
  const name = remaining > 0 ? cutUtf8(parts.name, Math.max(MIN_NAME_BYTES, utf8Length(parts.name) - remaining)) : parts.name;
  return { spanId, parentSpanId, segment, isSegment, startMs, endMs, name, status, omitted, attributes: withTruncated(kept, cut), links };
}

/** The attributes with these keys in the list of what was cut. */
export function withTruncated(attributes: AttributeList, cut: readonly string[]): AttributeList {
  const at = indexOf(attributes, TRUNCATED);
  const before = at < 0 ? undefined : attributes[at + 1];
  const listed = [...(Array.isArray(before) ? (before as string[]) : []), ...cut.map((key) => cutUtf8(key, MAX_LISTED_KEY_BYTES))];
  const keys = [...new Set(listed)].slice(0, MAX_LISTED_KEYS);
  return at < 0 ? [...attributes, TRUNCATED, keys] : [...attributes.slice(0, at + 1), keys, ...attributes.slice(at + 2)];
}

function listedBytes(key: string): number {
  return maxQuotedBytes(cutUtf8(key, MAX_LISTED_KEY_BYTES)) + 1;
}

/** Places of the attributes with the bytes they are sure to take, longest first. */
function indexesBySize(attributes: AttributeList): [at: number, bytes: number][] {
  const sizes: [number, number][] = [];
  for (let i = 0; i < attributes.length; i += 2) sizes.push([i, bytesOf(attributes[i + 1]!)]);
  return sizes.sort((a, b) => b[1] - a[1]);
}

/** Never more than what is sent: what is taken for gone must be gone. */
function bytesOf(value: AttributeValue): number {
  if (typeof value === 'string') return utf8Length(value);
  if (typeof value !== 'object') return 0;
  if ('unit' in value) return bytesOf(value.value);
  return value.reduce<number>((bytes, element) => bytes + (typeof element === 'string' ? utf8Length(element) + 3 : 2), 0);
}
