import type { Integration } from '@spanstream/core';
import { detachChannel } from '../instrument/detach-channel.ts';
import { endWithResult } from '../instrument/end-with-promise.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { batchSpan, commandSpan, noteHit, type RedisBatch, type RedisCommand } from '../instrument/redis-command.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

const CLIENT = '@redis/client';
const VERSIONS = '>=1.0.0 <7';
/** From 5.12 it publishes channels of its own. */
const HOOKED = '>=1.0.0 <5.12.0';

/** node-redis. */
export const redis: Library = {
  integration: 'Redis',
  packages: { [CLIENT]: VERSIONS, redis: '>=4.0.0 <7' },
  publishes: '>=5.12.0',
  hooks: [
    {
      channelName: 'command',
      // All commands of all interfaces come by here.
      module: { name: CLIENT, versionRange: HOOKED, filePath: 'dist/lib/client/commands-queue.js' },
      functionQuery: { methodName: 'addCommand', kind: 'Sync' },
    },
    {
      channelName: 'connect',
      module: { name: CLIENT, versionRange: VERSIONS, filePath: 'dist/lib/client/socket.js' },
      functionQuery: { methodName: 'connect', kind: 'Sync' },
    },
  ],
};

/** Gives each command of `redis` a span: as a cache where it is used as one, else as a database. */
export function redisIntegration(): Integration {
  return {
    name: redis.integration,
    setup(client) {
      const { sendDefaultPii } = client.settings;
      const teardowns = [
        traceChannel<RedisCommand & { readonly result?: unknown }>(client, 'node-redis:command', {
          start: ({ args, ...command }) => commandSpan('redis', { ...command, args: args.slice(1) }, sendDefaultPii),
          finish: (span, message) => 'error' in message || noteHit(span, message.result),
        }),
        traceChannel<RedisBatch>(client, 'node-redis:batch', { start: (batch) => batchSpan('redis', batch) }),
        traceChannel<CallMessage>(client, hookChannel(CLIENT, 'command'), {
          start: ({ arguments: [words] }) => {
            const [command, ...args] = words as [unknown, ...unknown[]];
            return commandSpan('redis', { command: String(command), args }, sendDefaultPii);
          },
          keepsOpen: (span, message) => endWithResult(span, message, (value) => noteHit(span, value)),
        }),
        detachChannel(client, hookChannel(CLIENT, 'connect')),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}
