import { type AttributeList, indexOf } from '../span/attributes.ts';
import { NAME_SOURCE, type Segment } from '../span/segment.ts';
import type { FinishedSpan } from '../span/span-json.ts';

export const HOST = 'server.address';
export const SEGMENT_ID = 'sentry.segment.id';
export const SEGMENT_NAME = 'sentry.segment.name';
const SPAN_SOURCE = 'sentry.span.source';
export const SAMPLE_RATE = 'sentry.sample_rate';

/** The attributes that are the same on every span of a client, and those on every top-level span. */
export interface ConstantAttributes {
  readonly every: AttributeList;
  readonly segment: AttributeList;
}

/** A finished span with the attributes that it leaves with. */
export interface SpanParts extends FinishedSpan {
  readonly attributes: AttributeList;
  /** Constants that a hook took away. */
  readonly omitted?: ReadonlySet<string> | undefined;
}

/** Where a top-level span's name and decision come from. */
export function decisionAttributes(segment: Segment): AttributeList {
  const list: AttributeList = [NAME_SOURCE, segment.source, SPAN_SOURCE, segment.source];
  if (segment.sampleRate !== undefined) list.push(SAMPLE_RATE, segment.sampleRate);
  return list;
}

/** The names that a span may not use without becoming an exception; the host is none, because servers' spans always do. */
export function replaceableNames(constants: ConstantAttributes): Set<string> {
  const names = [...constants.every, ...constants.segment].filter((name, i) => i % 2 === 0 && name !== HOST) as string[];
  return new Set([...names, SEGMENT_ID, SEGMENT_NAME, SPAN_SOURCE, SAMPLE_RATE]);
}

/** The span's attributes with the constants that it does not replace, in the order in which they are sent. */
export function withConstants(span: SpanParts, constants: ConstantAttributes): AttributeList {
  // Where a top-level span's name comes from is the segment's to say.
  const list = span.isSegment ? without(span.attributes, NAME_SOURCE).slice() : span.attributes.slice();
  const more = constantsOf(span, constants);
  for (let i = 0; i < more.length; i += 2) {
    const key = more[i] as string;
    if (indexOf(list, key) < 0 && span.omitted?.has(key) !== true) list.push(key, more[i + 1]!);
  }
  return list;
}

/** The inverse of `withConstants` after a hook had the attributes: what it left alone is constant again. */
export function withoutConstants(
  span: SpanParts,
  constants: ConstantAttributes,
  after: AttributeList,
): Pick<SpanParts, 'attributes' | 'omitted'> {
  const before = constantsOf(span, constants);
  const attributes: AttributeList = [];
  const omitted = new Set<string>();
  // Also one that the span had replaced: taken away by a hook it must not come back as the constant.
  for (let i = 0; i < before.length; i += 2) if (indexOf(after, before[i] as string) < 0) omitted.add(before[i] as string);
  for (let i = 0; i < after.length; i += 2) {
    const key = after[i] as string;
    const at = indexOf(before, key);
    const isConstant = at >= 0 && before[at + 1] === after[i + 1] && indexOf(span.attributes, key) < 0;
    if (!isConstant) attributes.push(key, after[i + 1]!);
  }
  return { attributes, omitted: omitted.size === 0 ? undefined : omitted };
}

function constantsOf({ isSegment, segment }: SpanParts, constants: ConstantAttributes): AttributeList {
  const own = isSegment ? [...constants.segment, ...decisionAttributes(segment)] : [];
  return [...constants.every, ...own, SEGMENT_ID, segment.spanId, SEGMENT_NAME, segment.name];
}

/** The list less one name. */
export function without(list: AttributeList, key: string): AttributeList {
  const at = indexOf(list, key);
  return at < 0 ? list : [...list.slice(0, at), ...list.slice(at + 2)];
}
