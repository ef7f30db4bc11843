import { SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import type { AnySpan, Attributes, IntegrationClient } from '@spanstream/core';
import { getPageRoot } from './page-root.ts';

/** Something that the browser has measured; times as in performance entries. */
export interface Measured {
  readonly name: string;
  readonly op: string;
  readonly origin: string;
  readonly startTime: number;
  readonly duration: number;
  readonly attributes?: Attributes;
}

/** Ms since the epoch of a performance entry's time, on the clock of the spans. */
export const toEpoch = ({ current }: IntegrationClient, entryMs: number): number => current.tracer.clock.offsetMs + entryMs;

/** Records it, unless told otherwise as a child of the page load or navigation that is going on or was the last. */
export function recordMeasured(
  client: IntegrationClient,
  { name, op, origin, startTime, duration, attributes }: Measured,
  parentSpan: AnySpan | undefined = getPageRoot()?.span,
): void {
  const startMs = toEpoch(client, startTime);
  client.current.tracer
    .begin({
      name,
      ...(parentSpan && { parentSpan }),
      active: false,
      startTime: startMs,
      attributes: { [SENTRY_OP]: op, [SENTRY_ORIGIN]: `auto.${origin}.browser`, ...attributes },
    })
    .span.end(startMs + duration);
}
