import {
  BROWSER_WEB_VITAL_INP_INPUT_DELAY,
  BROWSER_WEB_VITAL_INP_INTERACTION_TYPE,
  BROWSER_WEB_VITAL_INP_PRESENTATION_DELAY,
  BROWSER_WEB_VITAL_INP_PROCESSING_DURATION,
  BROWSER_WEB_VITAL_INP_TARGET,
} from '@sentry/conventions/attributes';
import type { Attributes } from '@spanstream/core';
import { describeElement } from './describe-element.ts';

/**
 * What was done, with which element, and where the time went: until the handlers, in them, until the next paint. One input
 * makes several events, such as pointerdown, pointerup and click.
 */
export function inputAttributes(events: readonly PerformanceEventTiming[], startTime: number, duration: number): Attributes {
  const processingStart = Math.min(...events.map((event) => event.processingStart));
  const processingEnd = Math.max(...events.map((event) => event.processingEnd));
  return {
    [BROWSER_WEB_VITAL_INP_TARGET]: describeElement(events.find(({ target }) => target)?.target),
    [BROWSER_WEB_VITAL_INP_INTERACTION_TYPE]: events[0]?.name.startsWith('key') ? 'keyboard' : 'pointer',
    [BROWSER_WEB_VITAL_INP_INPUT_DELAY]: Math.max(0, processingStart - startTime),
    [BROWSER_WEB_VITAL_INP_PROCESSING_DURATION]: processingEnd - processingStart,
    [BROWSER_WEB_VITAL_INP_PRESENTATION_DELAY]: Math.max(0, startTime + duration - processingEnd),
  };
}
