import type { IntegrationClient } from '@spanstream/core';
import { guarded } from './guarded.ts';

interface ObserveOptions {
  readonly type: string;
  readonly durationThreshold?: number;
}

/** Hears of performance entries, of those before the start too; undefined where the runtime has none of that type. */
export function observe<E extends PerformanceEntry>(
  client: IntegrationClient,
  options: ObserveOptions,
  onEntries: (entries: E[]) => void,
): PerformanceObserver | undefined {
  return guarded(client, 'PerformanceObserver', () => {
    if (!PerformanceObserver.supportedEntryTypes.includes(options.type)) throw new Error(`no entries of type ${options.type}`);
    const handle = guarded(client, options.type, onEntries);
    const observer = new PerformanceObserver((list) => handle(list.getEntries() as E[]));
    observer.observe({ ...options, buffered: true });
    return observer;
  })();
}
