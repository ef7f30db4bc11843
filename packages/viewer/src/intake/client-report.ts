import { isJsonObject, parseJsonObject, textOf } from './json-shape.ts';
import type { EnvelopeItem } from './parse-envelope.ts';
import { malformed } from './refusal.ts';

/** One line of a client report: what an SDK dropped and why. */
export interface DiscardedEvents {
  readonly reason: string;
  readonly category: string;
  readonly quantity: number;
}

/** Reads what an SDK says it dropped. */
export function readClientReport(item: EnvelopeItem): DiscardedEvents[] {
  const report = parseJsonObject(item.payload, 'the client report');
  const discarded = report['discarded_events'] ?? [];
  if (!Array.isArray(discarded)) throw malformed('discarded_events of the client report are not an array');
  return discarded.map((entry: unknown, index) => {
    const place = `entry ${index + 1} of discarded_events`;
    if (!isJsonObject(entry)) throw malformed(`${place} is not an object`);
    const reason = textOf(entry['reason']);
    const category = textOf(entry['category']);
    const quantity = entry['quantity'];
    if (reason === undefined || category === undefined) throw malformed(`${place} has no reason or no category`);
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity) || quantity < 0) throw malformed(`${place} has no quantity`);
    return { reason, category, quantity };
  });
}
