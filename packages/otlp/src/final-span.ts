import { SENTRY_STATUS_MESSAGE } from '@sentry/conventions/attributes';
import type { AttributeList, AttributeValue, SpanParts } from '@spanstream/core';

/** What an attribute of OTLP holds. */
export type PlainValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/** Name, value, name, value, … */
export type PlainList = (string | PlainValue)[];

/** Who sends, and what made the spans. */
export interface SpanOrigin {
  readonly resource: Readonly<Record<string, PlainValue>>;
  readonly scope: { readonly name: string; readonly version: string };
}

/** A finished span with all that it has beside its resource's attributes. */
export interface FinalSpan {
  readonly span: SpanParts;
  readonly list: PlainList;
  readonly origin: SpanOrigin;
}

export const UNSET = 0;
export const ERROR = 2;
export const SAMPLED = 1;
/** The last microsecond whose nanoseconds fit into 64 bits, in the year 2554. */
const MAX_US = 18_446_744_072_000_000;

/** The list with each value that has a unit as two: OTLP has no units, and a number that stays one can be charted. */
export function toPlain(list: AttributeList): PlainList {
  for (let i = 1; i < list.length; i += 2) if (hasUnit(list[i]!)) return splitUnits(list);
  return list as PlainList;
}

function splitUnits(list: AttributeList): PlainList {
  const plain: PlainList = [];
  for (let i = 0; i < list.length; i += 2) {
    const [key, value] = [list[i] as string, list[i + 1]!];
    if (!hasUnit(value)) plain.push(key, value as PlainValue);
    else {
      plain.push(key, value.value);
      if (!list.some((other, at) => at % 2 === 0 && other === `${key}.unit`)) plain.push(`${key}.unit`, value.unit);
    }
  }
  return plain;
}

function hasUnit(value: AttributeValue): value is Extract<AttributeValue, { unit: string }> {
  return typeof value === 'object' && 'unit' in value;
}

/** Microseconds, as envelopes have them: a double of today's milliseconds is exact to a quarter of one. */
export function toMicroseconds(ms: number): number {
  return Math.min(MAX_US, Math.round(ms * 1000));
}

/** The text of an error's status. */
export function statusMessage(list: PlainList): string | undefined {
  const at = list.findIndex((key, i) => i % 2 === 0 && key === SENTRY_STATUS_MESSAGE);
  const message = at < 0 ? undefined : list[at + 1];
  return typeof message === 'string' && message !== '' ? message : undefined;
}
