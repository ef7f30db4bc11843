import {
  BROWSER_WEB_VITAL_INP_INPUT_DELAY,
  BROWSER_WEB_VITAL_INP_INTERACTION_TYPE,
  BROWSER_WEB_VITAL_INP_PRESENTATION_DELAY,
  BROWSER_WEB_VITAL_INP_PROCESSING_DURATION,
  BROWSER_WEB_VITAL_INP_TARGET,
} from '@sentry/conventions/attributes';
import type { Attributes } from '@spanstream/core';
import { describeElement } from './describe-element.ts';

/** What was done, with which element, and where the time went: until the handlers, in them, until the next paint. */
export function inputAttributes({ name, target, startTime, duration, processingStart, processingEnd }: PerformanceEventTiming): Attributes {
  return {
    [BROWSER_WEB_VITAL_INP_TARGET]: describeElement(target),
    [BROWSER_WEB_VITAL_INP_INTERACTION_TYPE]: name.startsWith('key') ? 'keyboard' : 'pointer',
    [BROWSER_WEB_VITAL_INP_INPUT_DELAY]: processingStart - startTime,
    [BROWSER_WEB_VITAL_INP_PROCESSING_DURATION]: processingEnd - processingStart,
    [BROWSER_WEB_VITAL_INP_PRESENTATION_DELAY]: Math.max(0, startTime + duration - processingEnd),
  };
}
