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
      const observer = observe(client.current, { type: 'event', durationThreshold: minDurationMs }, (entries: PerformanceEventTiming[]) => {
        // One interaction makes several events, such as pointerdown, pointerup and click: the longest one counts.
        const longest = new Map<number, PerformanceEventTiming>();
        for (const entry of entries) {
          const { interactionId, duration } = entry;
          if (interactionId && duration >= minDurationMs && duration > (longest.get(interactionId)?.duration ?? 0))
            longest.set(interactionId, entry);
        }
        for (const entry of longest.values()) {
          const kind = /^key/.test(entry.name) ? 'press' : /drag/.test(entry.name) ? 'drag' : 'click';
          const { startTime, duration } = entry;
          const name = describeElement(entry.target) ?? kind;
          recordMeasured(client, {
            name,
            op: `ui.interaction.${kind}`,
            origin: 'ui',
            startTime,
            duration,
            attributes: inputAttributes(entry),
          });
        }
      });
      return () => observer?.disconnect();
    },
  };
}
