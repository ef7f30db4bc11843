import { quote } from '../wire/text-encoder.ts';

/** As JSON with whole characters only: `JSON.stringify` would write a lone surrogate as its escape, which servers refuse. */
export function toJsonText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(toJsonText).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${quote(key)}:${toJsonText(member)}`).join()}}`;
}
