import type { Batch } from '../wire/batch.ts';
import { SpanBatch } from './span-batch.ts';

/**
 * The same spans in batches of about so many bytes at most, for when only some can still leave: top-level spans and
 * errors stand in the first ones. What is already text stays as it is, behind them.
 * @param firstBytes of each trace's first batch
 */
export function urgentFirst(batches: readonly Batch[], maxBytes: number, firstBytes = maxBytes): Batch[] {
  const traces = new Map<string, SpanBatch[]>();
  const others: Batch[] = [];
  for (const batch of batches) {
    if (!(batch instanceof SpanBatch)) others.push(batch);
    else if (traces.get(batch.traceId)?.push(batch) === undefined) traces.set(batch.traceId, [batch]);
  }
  const parts = [...traces.values()].flatMap((ofTrace) => SpanBatch.regroup(ofTrace, maxBytes, firstBytes));
  return [...parts.sort((a, b) => Number(b.isUrgent) - Number(a.isUrgent)), ...others];
}
