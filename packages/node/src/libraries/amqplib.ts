import { MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY } from '@sentry/conventions/attributes';
import type { Carrier, Integration } from '@spanstream/core';
import { detachChannel } from '../instrument/detach-channel.ts';
import { endWithResult } from '../instrument/end-with-promise.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type Destination, messageContext, messageHeaders, processSpan, publishSpan } from '../instrument/queue-span.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

interface Message {
  readonly fields?: { readonly exchange?: unknown; readonly routingKey?: unknown };
  readonly properties?: { readonly headers?: Carrier };
}

interface PublishOptions {
  readonly headers?: Readonly<Record<string, unknown>>;
}

const VERSIONS = '>=0.9.0 <3';
const OURS = ['sentry-trace', 'traceparent'];

/** amqplib, in front of RabbitMQ. */
export const amqplib: Library = {
  integration: 'Amqplib',
  packages: { amqplib: VERSIONS },
  hooks: [
    ...['lib/channel_model.js', 'lib/callback_model.js'].map((filePath) => ({
      channelName: 'publish',
      // `sendToQueue` and the channels that confirm come by here too.
      module: { name: 'amqplib', versionRange: VERSIONS, filePath },
      functionQuery: { className: 'Channel', methodName: 'publish', kind: 'Sync' as const },
    })),
    {
      channelName: 'dispatch',
      module: { name: 'amqplib', versionRange: VERSIONS, filePath: 'lib/channel.js' },
      functionQuery: { className: 'BaseChannel', methodName: 'dispatchMessage', kind: 'Sync' },
    },
    {
      channelName: 'connect',
      module: { name: 'amqplib', versionRange: VERSIONS, filePath: 'lib/connect.js' },
      functionQuery: { functionName: 'connect', kind: 'Sync' },
    },
  ],
};

/**
 * Gives each message that is published, and each that a consumer is given, a span. A message takes its trace along in its
 * headers, so the consumer's span is in the trace of whoever published it; it ends with the promise that the consumer returns.
 */
export function amqplibIntegration(): Integration {
  return {
    name: amqplib.integration,
    setup(client) {
      const { current } = client;
      const teardowns = [
        traceChannel<CallMessage>(client, hookChannel('amqplib', 'publish'), {
          start: ({ arguments: [exchange, routingKey] }) => publishSpan(destinationOf(exchange, routingKey), attributesOf(routingKey)),
          started: (span, { arguments: args }) => {
            const options = (args[3] ?? {}) as PublishOptions;
            if (OURS.some((name) => options.headers?.[name] !== undefined)) return;
            args[3] = { ...options, headers: { ...options.headers, ...messageHeaders(current, span) } };
          },
        }),
        traceChannel<CallMessage>(client, hookChannel('amqplib', 'dispatch'), {
          context: ({ arguments: [, message] }) => messageContext(current, (message as Message | null)?.properties?.headers),
          start: ({ arguments: [fields, message] }) => {
            // A consumer that is cancelled is given none.
            if (typeof message !== 'object' || message === null) return undefined;
            const { exchange, routingKey } = (fields ?? {}) as NonNullable<Message['fields']>;
            return processSpan(destinationOf(exchange, routingKey), attributesOf(routingKey));
          },
          keepsOpen: (span, message) => endWithResult(span, message),
        }),
        detachChannel(client, hookChannel('amqplib', 'connect')),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

/** The default exchange hands each message to the queue that its key names. */
function destinationOf(exchange: unknown, routingKey: unknown): Destination {
  const name = typeof exchange === 'string' && exchange !== '' ? exchange : routingKey;
  return { system: 'rabbitmq', name: typeof name === 'string' ? name : '' };
}

function attributesOf(routingKey: unknown): Record<string, string | undefined> {
  return { [MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY]: typeof routingKey === 'string' ? routingKey : undefined };
}
