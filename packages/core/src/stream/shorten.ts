import type { AttributeList, AttributeValue } from '../span/attributes.ts';
import { cutUtf8, utf8Length } from '../span/text.ts';
import type { SpanParts } from '../wire/constants.ts';

const MAX_LISTED_KEYS = 16;
/** What the list of shortened attributes itself may take. */
const LIST_BYTES = 5000;
const TRUNCATED = 'spanstream.truncated';

/** The span with its longest attributes cut or left out until it is shorter by that many bytes (R18). */
export function shortenParts(parts: SpanParts, excessBytes: number): SpanParts {
  const attributes = parts.attributes.slice();
  const cut: string[] = [];
  let remaining = excessBytes + LIST_BYTES;
  const bySize = indexesBySize(attributes);
  for (const [at, bytes] of bySize) {
    if (remaining <= 0) break;
    const key = attributes[at] as string;
    if (key === TRUNCATED) continue;
    const value = attributes[at + 1] as AttributeValue;
    // JSON may double or sextuple what is escaped, so a cut text is cut by what is too much as sent, or goes.
    const shorter = typeof value === 'string' && bytes > remaining * 2 ? cutUtf8(value, utf8Length(value) - remaining) : undefined;
    attributes[at + 1] = (shorter ?? REMOVED) as AttributeValue;
    remaining -= shorter === undefined ? bytes : remaining;
    if (cut.length < MAX_LISTED_KEYS) cut.push(cutUtf8(key, 256));
  }
  const kept = attributes.filter((_, i) => attributes[i - (i % 2) + 1] !== REMOVED);
  const { spanId, parentSpanId, segment, isSegment, startMs, endMs, name, status, omitted } = parts;
  return { spanId, parentSpanId, segment, isSegment, startMs, endMs, name, status, omitted, attributes: withTruncated(kept, cut), links: remaining > 0 ? undefined : parts.links };
}

const REMOVED = Symbol('removed') as unknown as AttributeValue;

function indexesBySize(attributes: AttributeList): [at: number, bytes: number][] {
  const sizes: [number, number][] = [];
  for (let i = 0; i < attributes.length; i += 2) sizes.push([i, utf8Length(JSON.stringify(attributes[i])) + utf8Length(JSON.stringify(attributes[i + 1])) + 40]);
  return sizes.sort((a, b) => b[1] - a[1]);
}

function withTruncated(attributes: AttributeList, cut: string[]): AttributeList {
  const at = attributes.indexOf(TRUNCATED);
  if (at < 0) return [...attributes, TRUNCATED, cut];
  const listed = attributes[at + 1] as readonly string[];
  const list = attributes.slice();
  list[at + 1] = [...new Set([...listed, ...cut])].slice(0, MAX_LISTED_KEYS);
  return list;
}
