import type { Attributes as ApiAttributes } from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '@spanstream/core';

/** The attributes as ours; the object itself where nothing in it has to change. */
export function toAttributes(attributes: ApiAttributes | undefined): Attributes | undefined {
  if (attributes === undefined || attributes === null) return undefined;
  for (const key in attributes) if (key === '' || !isPlain(attributes[key])) return convert(attributes);
  return attributes as Attributes;
}

/** The value as ours; undefined: OpenTelemetry says that there is none, which removes nothing. */
export function toAttributeValue(value: unknown): AttributeValue | undefined {
  if (isPlain(value)) return value as AttributeValue;
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    const present: unknown[] = value.filter((element) => element !== null && element !== undefined);
    const type = typeof present[0];
    if (present.every((element) => typeof element === type && isPlain(element))) return present as AttributeValue;
  }
  return typeof value === 'object' ? toText(value) : (value as AttributeValue);
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

/** Maps and mixed lists, which the protocol has no form for, leave as JSON. */
function toText(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a cycle or a hostile getter: nothing that could be told
  }
}
