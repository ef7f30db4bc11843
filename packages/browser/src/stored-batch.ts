import type { Batch } from '@spanstream/core';

/** An envelope from the store, as delivery sees it. */
export interface StoredBatch extends Batch {
  /** When it was first stored. */
  readonly atMs: number;
}

/** @param onEnd hears when it was delivered, lost or stored again */
export function createStoredBatch(text: string, spanCount: number, atMs: number, onEnd: (wasAccepted: boolean) => void): StoredBatch {
  return {
    category: /^.*\n\{"type":"transaction"\}/.test(text) ? 'transaction' : 'span',
    traceId: /"trace_id":"(\w+)/.exec(text)?.[1] ?? '',
    spanCount,
    atMs,
    retainedBytes: text.length,
    encode: () => text,
    halve: () => undefined,
    // Which spans they are is in the text alone: nobody who still runs can ask about them.
    forEachSpanId: () => undefined,
    hasSpan: () => false,
    dispose: onEnd,
  };
}
