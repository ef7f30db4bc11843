import type { FunctionQuery } from '@apm-js-collab/code-transformer';
import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_DESTINATION_PARTITION_ID,
  MESSAGING_KAFKA_MESSAGE_TOMBSTONE,
  MESSAGING_KAFKA_OFFSET,
  MESSAGING_MESSAGE_RECEIVE_LATENCY,
} from '@sentry/conventions/attributes';
import { type Attributes, type Carrier, type Current, type Integration, parseIncoming, type SpanLink } from '@spanstream/core';
import { detachChannel } from '../instrument/detach-channel.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { onStart } from '../instrument/on-start.ts';
import { publishCalls } from '../instrument/publish-calls.ts';
import { type Destination, messageContext, messageHeaders, processSpan, publishSpan } from '../instrument/queue-span.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

/** What is looked at of a message, whether it goes or comes. */
interface Message {
  readonly value?: unknown;
  /** Text where it goes, bytes where it comes; several in an array. */
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly offset?: unknown;
  readonly timestamp?: unknown;
}

interface TopicMessages {
  readonly topic?: unknown;
  readonly messages?: unknown;
}

/** What `eachMessage` and `eachBatch` are given. */
interface Delivery {
  readonly topic?: unknown;
  readonly partition?: unknown;
  readonly message?: Message;
  readonly batch?: TopicMessages & { readonly partition?: unknown };
}

/** What `run` is given. */
type Handlers = Record<string, unknown>;

const VERSIONS = '>=1.16.0 <3';
const CARRIED = ['sentry-trace', 'traceparent', 'baggage', 'tracestate'];
const OURS = ['sentry-trace', 'traceparent'];

/** KafkaJS. */
export const kafkajs: Library = {
  integration: 'Kafkajs',
  packages: { kafkajs: VERSIONS },
  hooks: [
    // `send` and transactions come by here too.
    hookOf('src/producer/messageProducer.js', { expressionName: 'sendBatch', kind: 'Async' }, 'sendBatch'),
    hookOf('src/consumer/index.js', { expressionName: 'run', kind: 'Sync' }, 'run'),
    hookOf('src/network/connection.js', { className: 'Connection', methodName: 'connect', kind: 'Sync' }, 'connect'),
  ],
};

function hookOf(filePath: string, functionQuery: FunctionQuery, channelName: string): Library['hooks'][number] {
  return { channelName, module: { name: 'kafkajs', versionRange: VERSIONS, filePath }, functionQuery };
}

/**
 * Gives each call that sends messages, and each message or batch that a consumer is given, a span. A message takes its trace
 * along in its headers: the span of `eachMessage` is in the trace of whoever sent it, that of `eachBatch` has links to those
 * who sent its messages. A message that has such headers already is left alone.
 */
export function kafkajsIntegration(): Integration {
  return {
    name: kafkajs.integration,
    setup(client) {
      const { current } = client;
      const teardowns = [
        traceChannel<CallMessage>(client, hookChannel('kafkajs', 'sendBatch'), {
          start: ({ arguments: [request] }) => sendSpan(topicsOf(request)),
          started: (span, { arguments: args }) => (args[0] = withHeaders(args[0], messageHeaders(current, span))),
        }),
        detachChannel(client, hookChannel('kafkajs', 'connect')),
        detachChannel(client, hookChannel('kafkajs', 'run')),
        onStart(client, hookChannel('kafkajs', 'run'), ({ arguments: args }) => {
          args[0] = publishHandlers(args[0]);
        }),
        traceChannel<CallMessage>(client, hookChannel('kafkajs', 'eachMessage'), {
          context: ({ arguments: [delivery] }) => messageContext(current, carrierOf((delivery as Delivery).message)),
          start: ({ arguments: [delivery] }) => {
            const { topic, partition, message } = delivery as Delivery;
            return processSpan(destinationOf(topic), { ...partitionAttribute(partition), ...messageAttributes(message ?? {}) });
          },
        }),
        traceChannel<CallMessage>(client, hookChannel('kafkajs', 'eachBatch'), {
          context: () => messageContext(current, undefined),
          start: ({ arguments: [delivery] }) => {
            const { topic, partition, messages } = (delivery as Delivery).batch ?? {};
            const received = messagesOf(messages);
            return {
              ...processSpan(destinationOf(topic), { ...partitionAttribute(partition), [MESSAGING_BATCH_MESSAGE_COUNT]: received.length }),
              links: linksTo(current, received),
            };
          },
        }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

/** A consumer outlives the client that saw it start, so its handlers publish to channels as if they had been changed in the text. */
function publishHandlers(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const handlers = { ...given } as Handlers;
  for (const name of ['eachMessage', 'eachBatch']) {
    const handler = handlers[name];
    if (typeof handler === 'function') handlers[name] = publishCalls(handler as () => unknown, hookChannel('kafkajs', name));
  }
  return handlers;
}

function topicsOf(request: unknown): readonly TopicMessages[] {
  const { topicMessages } = (request ?? {}) as { readonly topicMessages?: unknown };
  return Array.isArray(topicMessages) ? (topicMessages as TopicMessages[]) : [];
}

/** One request may go to several topics; then there is none to name as the destination. */
function sendSpan(topics: readonly TopicMessages[]): ReturnType<typeof publishSpan> {
  const names = [...new Set(topics.map((entry) => destinationOf(entry?.topic).name))];
  const count = topics.reduce((sum, entry) => sum + messagesOf(entry?.messages).length, 0);
  return publishSpan(
    { system: 'kafka', name: names.join(', ') },
    {
      [MESSAGING_BATCH_MESSAGE_COUNT]: count > 1 ? count : undefined,
      ...(names.length > 1 && { [MESSAGING_DESTINATION_NAME]: undefined }),
    },
  );
}

/** What KafkaJS will refuse stays what it is. */
function withHeaders(request: unknown, headers: Record<string, string>): unknown {
  const topics = topicsOf(request);
  if (topics.length === 0) return request;
  const withTrace = (message: Message | null | undefined): typeof message =>
    typeof message !== 'object' || message === null || OURS.some((name) => message.headers?.[name] !== undefined)
      ? message
      : { ...message, headers: { ...message.headers, ...headers } };
  const topicMessages = topics.map((entry) =>
    Array.isArray(entry?.messages) ? { ...entry, messages: entry.messages.map(withTrace) } : entry,
  );
  return { ...(request as object), topicMessages };
}

function messagesOf(messages: unknown): readonly Message[] {
  return Array.isArray(messages) ? (messages as Message[]) : [];
}

function destinationOf(topic: unknown): Destination {
  return { system: 'kafka', name: typeof topic === 'string' ? topic : '' };
}

function carrierOf(message: Message | undefined): Carrier {
  return Object.fromEntries(CARRIED.map((name) => [name, textOf(message?.headers?.[name])]));
}

/** A header that came several times is an array. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join();
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : '';
}

/** Messages that were sent together were sent by one span. */
function linksTo({ incoming }: Current, messages: readonly Message[]): SpanLink[] {
  const links = new Map<string, SpanLink>();
  for (const message of messages) {
    const sender = OURS.map((name) => textOf(message.headers?.[name])).join();
    if (sender === ',' || links.has(sender)) continue;
    const { traceId, parentSpanId: spanId, sampled } = parseIncoming(carrierOf(message), incoming);
    if (spanId !== undefined) links.set(sender, { context: { traceId, spanId, ...(sampled !== undefined && { sampled }) } });
  }
  return [...links.values()];
}

function partitionAttribute(partition: unknown): Attributes {
  return { [MESSAGING_DESTINATION_PARTITION_ID]: typeof partition === 'number' ? String(partition) : undefined };
}

function messageAttributes({ value, offset, timestamp }: Message): Attributes {
  const sentAt = Number(timestamp);
  return {
    [MESSAGING_KAFKA_OFFSET]: typeof offset === 'string' ? Number(offset) : undefined,
    [MESSAGING_KAFKA_MESSAGE_TOMBSTONE]: value === null ? true : undefined,
    [MESSAGING_MESSAGE_RECEIVE_LATENCY]: sentAt > 0 ? Math.max(Date.now() - sentAt, 0) : undefined,
  };
}
