import type { PlainValue } from './final-span.ts';

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SURROGATE = /[\ud800-\udfff]/;

/** The value, its texts well-formed. */
export function wellFormedValue(value: PlainValue): PlainValue {
  if (typeof value === 'string') return wellFormed(value);
  return Array.isArray(value) && typeof value[0] === 'string' ? (value as string[]).map(wellFormed) : value;
}

/** Lone surrogates would leave as escapes, which receivers refuse. */
export function wellFormed(text: string): string {
  return SURROGATE.test(text) ? text.replace(LONE_SURROGATE, '\ufffd') : text;
}
