import { cutUtf8, utf8Length } from './text.ts';

/** A value with a unit from the conventions, e.g. `{ value: 12, unit: 'millisecond' }`. */
export interface AttributeWithUnit {
  readonly value: string | number | boolean;
  readonly unit: string;
}

/** What an attribute may hold (R6). Everything else is dropped with one debug line. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[] | AttributeWithUnit;

/** Attributes by name; `undefined` removes one. */
export type Attributes = Record<string, AttributeValue | undefined>;

/** Name, value, name, value, …: smaller and faster than a Map for the handful of attributes that a span has. */
export type AttributeList = (string | AttributeValue)[];

/** The bounds of R6. */
export interface AttributeLimits {
  readonly maxAttributes: number;
  /** UTF-8 bytes of a string value, and of a name. */
  readonly maxStringBytes: number;
  readonly maxArrayLength: number;
  readonly maxLinks: number;
}

/** Told of what had to be changed: `cut` shortened or left out, `dropped` not an attribute value at all. */
export interface AttributeObserver {
  readonly limits: AttributeLimits;
  attributeCut(key: string): void;
  attributeDropped(key: string, value: unknown): void;
}

/** UTF-8 bytes of an attribute's name; longer ones are left out. */
const MAX_KEY_BYTES = 1024;

/** Sets, replaces or (with `undefined`) removes one attribute. Arrays are copied: their owner may go on changing them (R5). */
export function setAttribute(list: AttributeList, key: string, value: unknown, observer: AttributeObserver): void {
  const at = indexOf(list, key);
  if (value === undefined) {
    if (at >= 0) list.splice(at, 2);
    return;
  }
  if (at < 0 && (list.length >= observer.limits.maxAttributes * 2 || isLongKey(key))) return observer.attributeCut(key);
  const checked = checkValue(key, value, observer);
  if (checked === undefined) return;
  if (at >= 0) list[at + 1] = checked;
  else list.push(key, checked);
}

/** Sets each own enumerable attribute of the record. A getter that throws loses its own attribute only; what is no record has none. */
export function setAttributes(list: AttributeList, attributes: Attributes, observer: AttributeObserver): void {
  for (const key of keysOf(attributes)) setAttribute(list, key, read(attributes, key), observer);
}

/** The name as text; undefined for what has no text (R34). */
export function toKey(key: unknown): string | undefined {
  if (typeof key === 'string') return key;
  try {
    return String(key);
  } catch {
    return undefined; // a hostile `toString`
  }
}

function isLongKey(key: string): boolean {
  return key.length * 3 > MAX_KEY_BYTES && (key.length > MAX_KEY_BYTES || utf8Length(key) > MAX_KEY_BYTES);
}

function keysOf(attributes: unknown): string[] {
  if (typeof attributes !== 'object' || attributes === null) return [];
  try {
    return Object.keys(attributes);
  } catch {
    return []; // a hostile or revoked proxy
  }
}

/** What a getter that throws counts as: no attribute value, so that it is told and dropped. */
const UNREADABLE = Symbol('unreadable');

function read(attributes: Attributes, key: string): unknown {
  try {
    return attributes[key];
  } catch {
    return UNREADABLE;
  }
}

/** The attributes as an object of its own, arrays too; every name is an ordinary one, `__proto__` included (R34). */
export function toRecord(list: AttributeList): Record<string, AttributeValue> {
  const record: Record<string, AttributeValue> = {};
  for (let i = 0; i < list.length; i += 2) define(record, list[i] as string, copyValue(list[i + 1] as AttributeValue));
  return record;
}

function copyValue(value: AttributeValue): AttributeValue {
  if (typeof value !== 'object') return value;
  return 'unit' in value ? { ...value } : (value.slice() as unknown as AttributeValue);
}

/** Whether two attribute values are sent alike. */
export function isSameValue(a: unknown, b: AttributeValue): boolean {
  if (typeof b !== 'object' || typeof a !== 'object' || a === null) return a === b;
  if ('unit' in b) return 'unit' in a && 'value' in a && a.unit === b.unit && a.value === b.value;
  return Array.isArray(a) && a.length === b.length && b.every((element, i) => element === a[i]);
}

/** Adds a property under any name; plain assignment would call the `__proto__` setter. */
function define<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  else record[key] = value;
}

/** The place of the name in the list, or -1. */
export function indexOf(list: AttributeList, key: string): number {
  for (let i = 0; i < list.length; i += 2) if (list[i] === key) return i;
  return -1;
}

/** The value as it may be kept, shortened to the limits; `undefined` when it is no attribute value. */
export function checkValue(key: string, value: unknown, observer: AttributeObserver): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
      return checkString(key, value, observer);
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      break;
    case 'object':
      if (value !== null) {
        const checked = checkObject(key, value, observer);
        if (checked !== undefined) return checked;
      }
  }
  observer.attributeDropped(key, value);
  return undefined;
}

function checkString(key: string, value: string, observer: AttributeObserver): string {
  const max = observer.limits.maxStringBytes;
  // A UTF-16 unit takes at most three bytes, so short strings need no count.
  if (value.length * 3 <= max || (value.length <= max && utf8Length(value) <= max)) return value;
  observer.attributeCut(key);
  return cutUtf8(value, max);
}

function checkObject(key: string, value: object, observer: AttributeObserver): AttributeValue | undefined {
  try {
    if (Array.isArray(value)) return checkArray(key, value, observer);
    const { value: inner, unit } = value as { value: unknown; unit: unknown };
    if (typeof unit !== 'string' || !isPrimitive(inner)) return undefined;
    return { value: typeof inner === 'string' ? checkString(key, inner, observer) : inner, unit: checkString(key, unit, observer) };
  } catch {
    return undefined; // a hostile getter or a revoked proxy: the caller drops it with a debug line
  }
}

function isPrimitive(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function checkArray(key: string, value: readonly unknown[], observer: AttributeObserver): AttributeValue | undefined {
  const length = Math.min(value.length, observer.limits.maxArrayLength);
  const type = typeof value[0];
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) {
    const element = value[i];
    if (typeof element !== type || !isPrimitive(element)) return undefined;
    copy.push(typeof element === 'string' ? checkString(key, element, observer) : element);
  }
  if (length < value.length) observer.attributeCut(key);
  return copy as string[];
}
