import type { Attributes as ApiAttributes, Exception, TimeInput } from '@opentelemetry/api';
import { EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE, EXCEPTION_TYPE, SENTRY_OP } from '@sentry/conventions/attributes';
import { toAttributes } from './attribute-values.ts';
import type { ReadableFace } from './readable-face.ts';
import { toEpochMs } from './time-input.ts';

/** The name of a recorded exception's event, as OpenTelemetry's conventions have it. */
export const EXCEPTION = 'exception';
/** The `sentry.op` of an event. */
const EVENT = 'event';

/** What happened at one point of a span. */
export interface SpanEvent {
  readonly name: string;
  readonly attributes: ApiAttributes | undefined;
  readonly time: TimeInput | undefined;
  readonly isError?: boolean;
}

/** Records the event as a span without duration below its span: it leaves at once, and the parent keeps nothing (R9). */
export function recordEvent(face: ReadableFace, event: SpanEvent): void {
  const { bridge } = face;
  try {
    startAndEnd(face, event);
  } catch (error) {
    bridge.current.fault('OpenTelemetry addEvent', error);
  }
}

function startAndEnd(face: ReadableFace, { name, attributes, time, isError }: SpanEvent): void {
  const { bridge, span, tracer } = face;
  if (!('startMs' in span)) return;
  const startTime = toEpochMs(time, tracer.clock) ?? tracer.clock.now();
  const given = { [SENTRY_OP]: EVENT, ...toAttributes(attributes) };
  const outer = { ...tracer.rootContext, scope: span.scope as typeof tracer.rootContext.scope };
  const options = { name, startTime, attributes: given, parentSpan: span, active: false };
  if (bridge.isTapped) bridge.births.set(options, { by: undefined, kind: 0, outer });
  const { span: event } = tracer.begin(options, outer);
  if (isError) event.setStatus('error');
  event.end(startTime);
  if (bridge.isTapped) face.keepEvent(name, toAttributes(attributes), startTime);
}

/** What an exception's event says; undefined when there is nothing to tell. */
export function toExceptionAttributes(exception: Exception): ApiAttributes | undefined {
  if (typeof exception === 'string') return { [EXCEPTION_MESSAGE]: exception };
  if (typeof exception !== 'object' || exception === null) return undefined;
  try {
    const { code, name, message, stack } = exception;
    const type = code ? String(code) : name;
    if (!type && !message) return undefined;
    return {
      ...(type && { [EXCEPTION_TYPE]: type }),
      ...(message && { [EXCEPTION_MESSAGE]: message }),
      ...(stack && { [EXCEPTION_STACKTRACE]: stack }),
    };
  } catch {
    return { [EXCEPTION_TYPE]: 'unknown' }; // hostile getters, but an exception all the same
  }
}
