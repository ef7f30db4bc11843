import type { Attributes, AttributeValue } from '../span-record.ts';
import { isJsonObject } from './json-shape.ts';
import { malformed } from './refusal.ts';

type Scalar = string | number | boolean;

/** Attributes that could be read, and what was left out the way the real server leaves it out. */
export interface ReadAttributes {
  readonly attributes: Attributes;
  readonly notes: readonly string[];
}

/** Reads `{key: {type, value, unit?}}`. A value that belies its type is dropped with a note; a nested or mixed array refuses. */
export function readWireAttributes(source: unknown, place: string): ReadAttributes {
  if (source === undefined || source === null) return { attributes: {}, notes: [] };
  if (!isJsonObject(source)) throw malformed(`attributes of ${place} are not an object`);
  const notes: string[] = [];
  const entries: [string, AttributeValue][] = [];
  for (const [key, typed] of Object.entries(source)) {
    if (typed === null) continue;
    const value = readTyped(key, typed, place);
    if (value === undefined) notes.push(`attribute "${key}" does not hold what its type says; the real server drops it`);
    else entries.push([key, value]);
  }
  return { attributes: Object.fromEntries(entries), notes };
}

function readTyped(key: string, typed: unknown, place: string): AttributeValue | undefined {
  if (!isJsonObject(typed)) return undefined;
  const { type, value, unit } = typed;
  if (type === 'array') return readArray(key, value, place);
  const fits =
    (type === 'string' && typeof value === 'string') ||
    (type === 'boolean' && typeof value === 'boolean') ||
    (type === 'integer' && Number.isInteger(value)) ||
    (type === 'double' && typeof value === 'number');
  if (!fits) return undefined;
  return typeof unit === 'string' && unit !== '' ? { value: value as Scalar, unit } : (value as Scalar);
}

function readArray(key: string, value: unknown, place: string): AttributeValue {
  if (!Array.isArray(value)) throw malformed(`attribute "${key}" of ${place} has type array and holds none`);
  if (!isFlatOfOneType(value)) throw malformed(`array attribute "${key}" of ${place} is not flat and of one type`);
  return value;
}

/** Whether all elements are strings, all numbers or all booleans. */
export function isFlatOfOneType(value: readonly unknown[]): value is readonly string[] | readonly number[] | readonly boolean[] {
  const type = typeof value[0];
  return value.every((element) => typeof element === type && (type === 'string' || type === 'number' || type === 'boolean'));
}

/** Reads plain JSON as an attribute value: scalars, flat arrays and measured values as they are, all else as JSON text. */
export function toAttributeValue(value: unknown): AttributeValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value) && isFlatOfOneType(value)) return value;
  if (isJsonObject(value) && isScalar(value['value']) && typeof value['unit'] === 'string' && Object.keys(value).length === 2) {
    return { value: value['value'], unit: value['unit'] };
  }
  return JSON.stringify(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
