import type { Attributes as ApiAttributes } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '@spanstream/core';

/** The attributes as ours; the object itself where nothing in it has to change. */
export function toAttributes(attributes: ApiAttributes | undefined): Attributes | undefined {
  if (attributes === undefined || attributes === null) return undefined;
  try {
    for (const key in attributes) if (key === '' || !isPlain(attributes[key])) return convert(attributes);
    return attributes as Attributes;
  } catch {
    return undefined; // a hostile getter or a revoked proxy: there are no attributes to be had
  }
}

/** The value as ours; undefined: OpenTelemetry says that there is none, which removes nothing. Maps and mixed lists leave as JSON. */
export function toAttributeValue(value: unknown): AttributeValue | undefined {
  if (isPlain(value)) return value as AttributeValue;
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return value as AttributeValue;
  try {
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

function convert(attributes: ApiAttributes): Attributes {
  const converted: Attributes = {};
  for (const key of Object.keys(attributes)) {
    const value = toAttributeValue(attributes[key]);
    if (value !== undefined && key !== '') converted[key] = value;
  }
  return converted;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
