import { malformed } from './refusal.ts';

/** A JSON object whose members are not checked yet. */
export type JsonObject = Record<string, unknown>;

/** Whether a parsed value is a JSON object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string with content, or undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Parses a JSON object from UTF-8, refusing all else with `what` as its name. */
export function parseJsonObject(bytes: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw malformed(`${what} is not JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw malformed(`${what} is not a JSON object`);
  return value;
}

/** An id of so many hex digits in lower case; all zeros is invalid in every tracing protocol. */
export function parseHexId(value: unknown, digits: number, what: string): string {
  if (typeof value !== 'string' || value.length !== digits || !/^[0-9a-f]+$/i.test(value) || /^0+$/.test(value)) {
    throw malformed(`${what} is not an id of ${digits} hex digits: ${JSON.stringify(value) ?? 'missing'}`);
  }
  return value.toLowerCase();
}
