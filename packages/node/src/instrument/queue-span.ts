import {
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_SYSTEM,
  SENTRY_OP,
  SENTRY_ORIGIN,
  SENTRY_SEGMENT_NAME_SOURCE,
} from '@sentry/conventions/attributes';
import {
  type AnySpan,
  type Attributes,
  type Carrier,
  type Context,
  type Current,
  parseIncoming,
  type StartSpanOptions,
} from '@spanstream/core';

/** A queue, topic or exchange. */
export interface Destination {
  readonly system: string;
  readonly name: string;
}

/** The span of handing messages over; there is none without a parent. */
export function publishSpan(destination: Destination, attributes: Attributes = {}): StartSpanOptions {
  return { ...queueSpan('publish', destination, attributes), onlyIfParent: true };
}

/** The span of dealing with what came; the topmost one of its service. */
export function processSpan(destination: Destination, attributes: Attributes = {}): StartSpanOptions {
  return queueSpan('process', destination, { [SENTRY_SEGMENT_NAME_SOURCE]: 'task', ...attributes });
}

/** Where a message is dealt with: in the trace that it brings along, in a scope of its own. */
export function messageContext({ tracer, incoming }: Current, carrier: Carrier | undefined): Context {
  return tracer.contextFromOutside(carrier === undefined ? tracer.newTrace() : parseIncoming(carrier, incoming));
}

/** What a message takes along, so that the trace goes on where it is dealt with. */
export function messageHeaders({ tracer, headers }: Current, span: AnySpan): Record<string, string> {
  return headers.create(tracer.context, span);
}

function queueSpan(operation: 'publish' | 'process', { system, name }: Destination, attributes: Attributes): StartSpanOptions {
  return {
    name: `${operation} ${name}`,
    attributes: {
      [SENTRY_OP]: `queue.${operation}`,
      [SENTRY_ORIGIN]: `auto.queue.${system}`,
      [MESSAGING_SYSTEM]: system,
      [MESSAGING_DESTINATION_NAME]: name,
      [MESSAGING_OPERATION_NAME]: operation,
      ...attributes,
    },
  };
}
