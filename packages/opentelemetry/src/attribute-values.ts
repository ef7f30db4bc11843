import type { Attributes as ApiAttributes } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '@spanstream/core';

/** The attributes as ours; the object itself where nothing in it has to change. */
export function toAttributes(attributes: ApiAttributes | undefined): Attributes | undefined {
  if (attributes === undefined || attributes === null) return undefined;
  try {
    for (const key in attributes) if (key === '' || !isPlain(attributes[key])) return convert(attributes);
    return attributes as Attributes;
  } catch {
    return convert(attributes); // a getter that throws loses its own attribute only
  }
}

/**
 * The value as ours; undefined: OpenTelemetry says that there is none, which removes nothing. Maps and mixed lists leave as JSON,
 * bytes not at all: they stay what core refuses (R6).
 */
export function toAttributeValue(value: unknown): AttributeValue | undefined {
  if (isPlain(value)) return value as AttributeValue;
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return value as AttributeValue;
  try {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value as unknown as AttributeValue;
    return (Array.isArray(value) ? toList(value) : undefined) ?? JSON.stringify(value);
  } catch {
    return undefined; // a cycle or a hostile getter: nothing that could be told
  }
}

/** OpenTelemetry's lists may have holes, ours may not; undefined for a list of several types. */
function toList(value: readonly unknown[]): AttributeValue | undefined {
  const present = value.filter((element) => element !== null && element !== undefined);
  const type = typeof present[0];
  return present.every((element) => typeof element === type && isPlain(element)) ? (present as unknown as AttributeValue) : undefined;
}

/** Made from entries: assignment would take `__proto__`, an ordinary name, for the prototype. */
function convert(attributes: ApiAttributes): Attributes | undefined {
  try {
    const entries = Object.keys(attributes).map((key) => [key, read(attributes, key)] as const);
    return Object.fromEntries(entries.filter(([key, value]) => key !== '' && value !== undefined));
  } catch {
    return undefined; // a revoked proxy: there are no attributes to be had
  }
}

function read(attributes: ApiAttributes, key: string): AttributeValue | undefined {
  try {
    return toAttributeValue(attributes[key]);
  } catch {
    return undefined;
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
