import type { Integration } from '@spanstream/core';
import { describeElement } from './describe-element.ts';
import { inputAttributes } from './input-attributes.ts';
import { observe } from './observe.ts';
import { recordMeasured } from './page-span.ts';

/** Options of `interactionsIntegration`. */
export interface InteractionsOptions {
  /** Interactions shorter than this, in ms from the input to the next paint, are left out; default 40. Browsers know none below 16. */
  readonly minDurationMs?: number;
}

/** What the user does and how long the page takes to show the effect, as spans below the page load or navigation. */
export function interactionsIntegration({ minDurationMs = 40 }: InteractionsOptions = {}): Integration {
  return {
    name: 'Interactions',
    setup(client) {
      const observer = observe(client, { type: 'event', durationThreshold: minDurationMs }, (entries: PerformanceEventTiming[]) => {
        const interactions = new Map<number, PerformanceEventTiming[]>();
        for (const entry of entries) {
          const { interactionId } = entry;
          if (interactionId) interactions.set(interactionId, [...(interactions.get(interactionId) ?? []), entry]);
        }
        for (const events of interactions.values()) {
          const { name: type, startTime, target, duration } = events.reduce((a, b) => (b.duration > a.duration ? b : a));
          if (duration < minDurationMs) continue;
          const kind = type.startsWith('key') ? 'press' : /drag/.test(type) ? 'drag' : 'click';
          const attributes = inputAttributes(events, startTime, duration);
          const name = describeElement(target) ?? kind;
          recordMeasured(client, { name, op: `ui.interaction.${kind}`, origin: 'ui', startTime, duration, attributes });
        }
      });
      return () => observer?.disconnect();
    },
  };
}
