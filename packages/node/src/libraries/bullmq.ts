import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_MESSAGE_ID,
  MESSAGING_MESSAGE_RECEIVE_LATENCY,
  MESSAGING_MESSAGE_RETRY_COUNT,
} from '@sentry/conventions/attributes';
import type { Attributes, Carrier, Integration } from '@spanstream/core';
import { hookChannel, type Library } from '../instrument/library.ts';
import { type Destination, messageContext, messageHeaders, processSpan, publishSpan } from '../instrument/queue-span.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

/** What is looked at of a job and of its options. */
interface Job {
  readonly id?: unknown;
  readonly timestamp?: unknown;
  readonly processedOn?: unknown;
  readonly attemptsMade?: unknown;
  readonly opts?: JobOptions;
}

interface JobOptions {
  readonly telemetry?: { readonly metadata?: unknown; readonly omitContext?: unknown };
}

const VERSIONS = '>=5.0.0 <7';

/** BullMQ. */
export const bullmq: Library = {
  integration: 'Bullmq',
  packages: { bullmq: VERSIONS },
  hooks: ['cjs', 'esm'].flatMap((build) => [
    hookOf(build, 'queue', 'Queue', 'add'),
    hookOf(build, 'queue', 'Queue', 'addBulk'),
    hookOf(build, 'worker', 'Worker', 'callProcessJob'),
  ]),
};

function hookOf(build: string, file: string, className: string, methodName: string): Library['hooks'][number] {
  return {
    channelName: methodName,
    module: { name: 'bullmq', versionRange: VERSIONS, filePath: `dist/${build}/classes/${file}.js` },
    functionQuery: { className, methodName, kind: 'Async' },
  };
}

/**
 * Gives each call that adds jobs, and each job that is worked on, a span. A job takes its trace along where BullMQ keeps what
 * telemetry says of it, so the worker's span is in the trace of whoever added it.
 */
export function bullmqIntegration(): Integration {
  return {
    name: bullmq.integration,
    setup(client) {
      const { current } = client;
      const teardowns = [
        traceChannel<CallMessage>(client, hookChannel('bullmq', 'add'), {
          start: ({ self }) => publishSpan(destinationOf(self)),
          started: (span, { arguments: args }) => (args[2] = withTrace(args[2], messageHeaders(current, span))),
          finish: (span, { result }) => span.setAttribute(MESSAGING_MESSAGE_ID, idOf(result)),
        }),
        traceChannel<CallMessage>(client, hookChannel('bullmq', 'addBulk'), {
          start: ({ self, arguments: [jobs] }) =>
            publishSpan(destinationOf(self), { [MESSAGING_BATCH_MESSAGE_COUNT]: Array.isArray(jobs) ? jobs.length : undefined }),
          started: (span, { arguments: args }) => {
            if (!Array.isArray(args[0])) return;
            const headers = messageHeaders(current, span);
            args[0] = args[0].map((job: Job) => ({ ...job, opts: withTrace(job.opts, headers) }));
          },
        }),
        traceChannel<CallMessage>(client, hookChannel('bullmq', 'callProcessJob'), {
          context: ({ arguments: [job] }) => messageContext(current, carrierOf(job as Job)),
          start: ({ self, arguments: [job] }) => processSpan(destinationOf(self), jobAttributes(job as Job)),
        }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function destinationOf(queue: unknown): Destination {
  const { name } = (queue ?? {}) as { readonly name?: unknown };
  return { system: 'bullmq', name: typeof name === 'string' ? name : '' };
}

/** The application's own telemetry, and its wish that a job takes nothing along, go before. */
function withTrace(options: unknown, headers: Record<string, string>): unknown {
  const given = (options ?? {}) as JobOptions;
  const { metadata, omitContext } = given.telemetry ?? {};
  if (metadata !== undefined || omitContext === true) return options;
  return { ...given, telemetry: { ...given.telemetry, metadata: JSON.stringify(headers) } };
}

function carrierOf({ opts }: Job): Carrier | undefined {
  const metadata = opts?.telemetry?.metadata;
  if (typeof metadata !== 'string' || !metadata.startsWith('{')) return undefined;
  try {
    return JSON.parse(metadata) as Carrier;
  } catch {
    return undefined; // somebody else’s
  }
}

function jobAttributes({ id, timestamp, processedOn, attemptsMade }: Job): Attributes {
  const isTimed = typeof timestamp === 'number' && typeof processedOn === 'number';
  return {
    [MESSAGING_MESSAGE_ID]: typeof id === 'string' ? id : undefined,
    [MESSAGING_MESSAGE_RECEIVE_LATENCY]: isTimed ? processedOn - timestamp : undefined,
    [MESSAGING_MESSAGE_RETRY_COUNT]: typeof attemptsMade === 'number' ? attemptsMade : undefined,
  };
}

function idOf(job: unknown): string | undefined {
  const { id } = (job ?? {}) as Job;
  return typeof id === 'string' ? id : undefined;
}
